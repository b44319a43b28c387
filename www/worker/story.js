// A world -> its looks one by one, for the dashboard: a story that moves where no Prometheus is.
//
// The worker keeps the world under way, so that each step costs one look. Not here: the pace (the page's).

import { open } from './world.js'

let under

/** The next look of a story; `isNew` begins it again. */
export function story({ world, seed, isNew }) {
  if (isNew || !under) under = { run: open(world, seed, 'sequential'), looks: 0 }
  const { run } = under
  if (run.intervals >= INTERVALS_MAX) return { isOver: true }
  run.pass(world.peekEvery)
  return run.look(under.looks++)
}

/** The engine takes more; a story that took longer would tell no more. */
const INTERVALS_MAX = 600
