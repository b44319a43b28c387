// Calls -> promises of a worker's replies, with progress and cancelling; long ones shared among several workers.
//
// Not here: what is computed (worker/).

let first

/** What `name` makes of `given` in the page's own worker. */
export const call = (name, given, options) => (first ??= engine()).call(name, given, options)

/** A race of many experiments, by as many workers as the machine has room for; `onProgress` gets all experiments so far. */
export async function race({ world, runs, seed, alpha }, { onProgress, signal }) {
  const count = Math.max(1, Math.min(WORKERS_MAX, (navigator.hardwareConcurrency ?? 2) - 1, runs))
  const engines = Array.from({ length: count }, engine)
  const found = { of: runs, truth: undefined, experiments: [] }
  const take = ({ truth, experiments }) => {
    found.truth ??= truth
    found.experiments.push(...experiments)
    if (experiments.length) onProgress(found)
  }
  try {
    await Promise.all(engines.map(({ call }, index) => {
      const [from, to] = [index, index + 1].map(at => Math.round((runs * at) / count))
      return call('race', { world, runs: to - from, seed: seed + from, alpha }, { onProgress: take, signal }).then(take)
    }))
    return found
  } finally {
    for (const { end } of engines) end()
  }
}

function engine() {
  let last = 0
  const waiting = new Map()
  const worker = new Worker(new URL('../worker/worker.js', import.meta.url), { type: 'module' })
  worker.addEventListener('message', ({ data: { id, result, error, progress } }) => {
    const waits = waiting.get(id)
    if (progress) return waits?.onProgress?.(progress)
    waiting.delete(id)
    if (error) waits?.reject(Object.assign(new Error(error.message), error))
    else waits?.resolve(result)
  })
  // A worker that cannot start says so here alone; the next call starts another one.
  worker.addEventListener('error', ({ message }) => {
    for (const { reject } of waiting.values()) reject(new Error(`the engine could not be started: ${message ?? 'its files are missing'}`))
    waiting.clear()
    worker.terminate()
    if (first?.worker === worker) first = undefined
  })
  return { worker, end: () => worker.terminate(), call: ask }

  function ask(name, given, { onProgress, signal } = {}) {
    const id = ++last
    signal?.addEventListener('abort', () => worker.postMessage({ call: 'cancel', given: id }))
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject, onProgress })
      worker.postMessage({ id, call: name, given })
    })
  }
}

const WORKERS_MAX = 4
