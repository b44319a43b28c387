// Calls from the page -> replies, beside the page's own thread: looks at a Prometheus, steps of a story, simulations.
//
// One message a call, `{ id, call, given }`, and one or more back: `{ id, progress }`, then `{ id, result }` or `{ id, error }`.
// Not here: what is drawn, when the next look is due.

import init, * as engine from '../pkg/index.js'
import { look } from './look.js'
import { race } from './race.js'
import { story } from './story.js'

const cancelled = new Set()
const CALLS = {
  look,
  race,
  story,
  wait: milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds)),
  /** The experiments of resources; undefined by an engine that does not know them. */
  resources: documents => engine.fromResource?.(documents),
}
const ready = init()

addEventListener('message', async ({ data: { id, call, given } }) => {
  if (call === 'cancel') return cancelled.add(given)
  const report = progress => postMessage({ id, progress })
  try {
    await ready
    const result = await CALLS[call](given, report, () => cancelled.has(id))
    postMessage({ id, result })
  } catch ({ message, path, errors, code }) {
    postMessage({ id, error: { message, path, errors, code } })
  } finally {
    cancelled.delete(id)
  }
})
