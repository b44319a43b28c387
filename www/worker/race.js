// A world -> what each method decided in it, call by call, in many experiments: the engine's own `simulate`.
//
// Both methods see worlds of the same seeds. Between two experiments the worker hears whether it is cancelled. Not here: who
// looked when, and what was wrong (app/tally.js).

import { simulate } from '../pkg/index.js'

/** Reports `{ truth, experiments }` every so often: of each experiment what either method decided; gives what is left. */
export async function race({ world, runs, seed, alpha }, report, isCancelled) {
  let experiments = []
  let truth
  let reported = performance.now()
  for (let run = 0; run < runs && !isCancelled(); run++) {
    const both = METHODS.map(method => simulate(world, { seed: seed + run, method, alpha: method === 'sequential' ? alpha : undefined }))
    truth = both[0].truth
    experiments.push(Object.fromEntries(both.map(found => [found.method, decided(found)])))
    if (performance.now() - reported > REPORT_MS) {
      report({ truth, experiments })
      experiments = []
      reported = performance.now()
    }
    // Messages come in between two tasks only.
    await new Promise(resolve => setTimeout(resolve))
  }
  return { truth, experiments }
}

// Small: hundreds of them cross over to the page.
function decided({ iterations, truth, summary }) {
  return {
    winners: iterations.map(({ winner }) => winner),
    isWronglyRolledBack: summary.rolled_back.some(id => !truth.violating.includes(id)),
    violatingShare: summary.violating_share,
  }
}

const METHODS = ['v1', 'sequential']
const REPORT_MS = 100
