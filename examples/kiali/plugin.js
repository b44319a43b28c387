// A page of Kiali's: its model of an experiment and its Prometheus become an assessment, anew at each refresh.
//
//     index.html?namespace=bookinfo&experiment=reviews-v3-rollout&prometheus=http://localhost:9090&refresh=15
//
// Kiali has no route that passes PromQL on, so the page asks Prometheus itself; inside a console that has such a route,
// `ask` is the one function to change.

import 'iter8-analytics/component'
import { assessKiali } from 'iter8-analytics/kiali'

const { namespace, experiment: name, prometheus, refresh = '15' } = Object.fromEntries(new URLSearchParams(location.search))
const shown = document.querySelector('iter8-assessment')

async function ask({ metric, kind, ...parameters }) {
  const path = kind === 'range' ? 'query_range' : 'query'
  const reply = await fetch(`${prometheus}/api/v1/${path}?${new URLSearchParams(parameters)}`, { signal: AbortSignal.timeout(10_000) })
  return reply.json()
}

async function look() {
  const reply = await fetch(`api/iter8/namespaces/${encodeURIComponent(namespace)}/experiments/${encodeURIComponent(name)}`)
  if (!reply.ok) throw new Error(`Kiali answers ${reply.status} to the question for ${namespace}/${name}`)
  const detail = await reply.json()
  const { experiment, assessment } = await assessKiali(detail, ask)
  Object.assign(shown, { experiment, assessment })
  document.querySelector('#name').textContent = `${name}: ${detail.experimentItem.phase}`
  const lines = assessment.notes.map(({ severity, message }) => Object.assign(document.createElement('li'), { textContent: message, className: severity }))
  document.querySelector('#notes').replaceChildren(...lines)
}

for (;;) {
  let fault = ''
  try {
    await look()
  } catch (error) {
    fault = error.path ? `${error.path}: ${error.message}` : error.message
  }
  document.querySelector('#fault').textContent = fault
  await new Promise(resolve => setTimeout(resolve, Number(refresh) * 1000))
}
