// A world -> how often each method declares wrongly in it, and when it decides: many experiments, look by look.
//
// Both methods see worlds of the same seeds. Between batches the worker hears whether it is cancelled. Not here: drawing.

import { open, rightWinners } from './world.js'

/** For each method: the share of experiments that had named a wrong winner by each look, and any winner. */
export async function race({ world, runs, seed }, report, isCancelled) {
  const right = rightWinners(world)
  const looks = Math.floor(world.intervals / world.peekEvery)
  const found = Object.fromEntries(METHODS.map(method => [method, { wrong: new Array(looks).fill(0), any: new Array(looks).fill(0), first: [] }]))
  for (let run = 0; run < runs; run++) {
    for (const method of METHODS) one({ world, seed: seed + run, method, looks, right, found: found[method] })
    report({ done: run + 1, of: runs, found, right, looks })
    // Messages come in between two tasks only.
    await new Promise(resolve => setTimeout(resolve))
    if (isCancelled()) return { done: run + 1, of: runs, found, right, looks, isCancelled: true }
  }
  return { done: runs, of: runs, found, right, looks }
}

function one({ world, seed, method, looks, right, found }) {
  const run = open(world, seed, method)
  let [wrongAt, anyAt] = [looks, looks]
  for (let look = 0; look < looks && wrongAt === looks; look++) {
    run.pass(world.peekEvery)
    const { winner_assessment: winner } = run.look(look).assessment
    if (!winner.winning_version_found) continue
    anyAt = Math.min(anyAt, look)
    // The first winner ends an experiment in practice: what it would say later changes nothing any more.
    if (!right.includes(winner.current_best_version)) wrongAt = look
    break
  }
  if (anyAt < looks) found.first.push(anyAt + 1)
  for (let look = anyAt; look < looks; look++) found.any[look]++
  for (let look = wrongAt; look < looks; look++) found.wrong[look]++
}

const METHODS = ['v1', 'sequential']
