// A world, seeds -> what each run decided, through the package, on a thread for each processor.
//
// This module is also what runs in each thread. A run is looked at a hundred times and ever is what counts: the iterations
// at which something was first said. Not here: what should have been said.

import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

import { simulate } from '../../../pkg/index.js'

/** Threads that run worlds, until `end()`. */
export function trials() {
  const workers = Array.from({ length: availableParallelism() }, () => new Worker(fileURLToPath(import.meta.url)))
  return {
    /** The outcomes of `runs` runs of `world` with the seeds 1, 2, ...; the order is the seeds'. */
    async run(world, runs, options = {}) {
      const outcomes = []
      let next = 1
      await Promise.all(workers.map(async worker => {
        while (next <= runs) {
          const seed = next++
          outcomes[seed - 1] = await asked(worker, { world, options: { ...options, seed } })
        }
      }))
      return outcomes
    },
    end: () => Promise.all(workers.map(worker => worker.terminate())),
  }
}

function asked(worker, message) {
  return new Promise((resolve, reject) => {
    const settle = ({ outcome, fault }) => {
      worker.off('error', reject)
      if (fault) reject(new Error(fault))
      else resolve(outcome)
    }
    worker.once('message', settle)
    worker.once('error', reject)
    worker.postMessage(message)
  })
}

/** What a run ever said. `satisfied` and `violated`: the first iterations at which the last version's first criterion was
 * called so, or would have been at an alpha of 0.01. */
export function outcome(world, options) {
  const { iterations, summary, truth } = simulate(world, options)
  const first = { satisfied: null, violated: null, satisfiedAt1: null, violatedAt1: null }
  const mark = (name, iteration) => { first[name] ??= iteration }
  for (const { iteration, versions } of iterations) {
    const [criterion] = versions.at(-1).criteria
    if (criterion?.verdict === 'satisfied' || criterion?.verdict === 'violated') mark(criterion.verdict, iteration)
    if (criterion?.log_e_violated >= AT_1_PERCENT) mark('violatedAt1', iteration)
    else if (criterion?.log_e_satisfied >= AT_1_PERCENT) mark('satisfiedAt1', iteration)
  }
  return {
    ...first,
    looks: iterations.length - 1,
    winners: [...new Set(iterations.map(({ winner }) => winner).filter(Boolean))],
    winner: summary.winner,
    winnerAt: summary.first_winner_iteration,
    rolledBack: summary.rolled_back,
    truth,
  }
}

/** ln of the evidence that an error of 1 % asks for, with one candidate. */
const AT_1_PERCENT = Math.log(1 / 0.01)

if (!isMainThread) {
  parentPort.on('message', ({ world, options }) => {
    try {
      parentPort.postMessage({ outcome: outcome(world, options) })
    } catch (error) {
      parentPort.postMessage({ fault: error.stack })
    }
  })
}
