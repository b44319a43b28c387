// Flagger's webhooks -> assessments, and what they say -> the status codes that Flagger reads.
//
//     node bridge.js EXPERIMENT.json [http://iter8-analytics.iter8:8080] [port 8090]
//
// Flagger sends a body of its own (`name`, `namespace`, `phase`) and reads the status code alone, so somebody has to turn the one
// into an experiment and the reply into the other. Each call of `/rollout` asks for an assessment, by which the gauges that
// Flagger's metric templates read are kept fresh. Not here: storage; a restart starts the experiment anew.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { argv } from 'node:process'

const [, , file, analytics = 'http://iter8-analytics.iter8:8080', port = '8090'] = argv
const template = readFileSync(file, 'utf8')
/** Canary -> what is known of its experiment. */
const experiments = new Map()

const HOOKS = {
  // Before traffic goes to the canary: the experiment starts here.
  '/pre-rollout': async canary => {
    begin(canary)
    return [200, 'the experiment has started']
  },
  // At each step, before the metric checks.
  '/rollout': async canary => {
    const { candidate_assessments: [candidate], winner_assessment: winner } = await assess(canary)
    return candidate.rollback ? [409, winner.reason] : [200, winner.reason]
  },
  '/confirm-promotion': async canary => {
    const { winner_assessment: winner } = await assess(canary)
    const isShown = winner.winning_version_found && winner.current_best_version === 'canary'
    return isShown ? [200, winner.reason] : [409, winner.reason]
  },
  // Here 200 means: take it back.
  '/rollback': async canary => {
    const { candidate_assessments: [candidate], winner_assessment: winner } = await assess(canary)
    const isOut = candidate.rollback || (winner.winning_version_found && winner.current_best_version === 'primary')
    return isOut ? [200, winner.reason] : [409, winner.reason]
  },
  '/post-rollout': async canary => {
    experiments.delete(key(canary))
    return [200, 'the experiment has ended']
  },
}

async function assess(canary) {
  const known = experiments.get(key(canary)) ?? begin(canary)
  const filled = template.replace(/\{\{\s*(name|namespace|start_time)\s*\}\}/g, (_, field) => ({ ...canary, start_time: known.startTime })[field])
  const body = JSON.stringify({ ...JSON.parse(filled), last_state: known.lastState })
  const reply = await fetch(`${analytics}/assessment`, { method: 'POST', body, signal: AbortSignal.timeout(12_000) })
  const text = await reply.text()
  if (!reply.ok) throw new Error(`iter8-analytics answers ${reply.status}: ${text}`)
  const assessment = JSON.parse(text)
  known.lastState = assessment.last_state
  return assessment
}

function begin(canary) {
  const known = experiments.get(key(canary)) ?? { startTime: new Date().toISOString(), lastState: {} }
  experiments.set(key(canary), known)
  return known
}

const key = ({ name, namespace }) => `${namespace}/${name}`

createServer(async (request, response) => {
  let text = ''
  for await (const part of request) text += part
  const [status, words] = await answer(new URL(request.url, 'http://x').pathname, text).catch(error => [502, error.message])
  response.writeHead(status, { 'content-type': 'text/plain' }).end(`${words}\n`)
}).listen(Number(port), () => console.log(`listening at ${port}`))

async function answer(path, text) {
  const hook = HOOKS[path]
  if (!hook) return [404, `no such hook; there are ${Object.keys(HOOKS).join(', ')}`]
  let canary
  try {
    canary = JSON.parse(text)
  } catch {
    canary = undefined
  }
  // Names of Kubernetes are safe in JSON and in labels; anything else is nobody's.
  if (![canary?.name, canary?.namespace].every(one => typeof one === 'string' && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(one))) return [400, 'Flagger sends name and namespace']
  return hook(canary)
}
