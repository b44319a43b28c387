// Assesses in a worker, so that a large experiment never holds up the page:
//
//     const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
//     worker.postMessage({ id: 1, experiment, observations, now })
//     worker.onmessage = ({ data }) => { data.id; data.assessment ?? data.error }

import init, { assess } from 'iter8-analytics'

const ready = init()

addEventListener('message', async ({ data: { id, experiment, observations, now } }) => {
  try {
    await ready
    postMessage({ id, assessment: assess(experiment, observations, { now }) })
  } catch ({ message, path }) {
    postMessage({ id, error: { message, path } })
  }
})
