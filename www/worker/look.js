// An experiment and where its metrics are -> one look: the assessment, with what was asked and answered.
//
// It asks Prometheus as the server does, first for totals, then for intervals. A backend that fails is no error: the
// assessment says what is missing, and `trouble` says what happened on the way. Not here: when to look.

import { assess, observe, queries } from '../pkg/index.js'

/** One look. `backend` is undefined where the experiment brings its observations. */
export async function look({ experiment, backend, now, follow }) {
  if (!backend) {
    const then = experiment.now ?? now
    return { now: then, experiment, assessment: assess(experiment, null, { now: then }), asked: [] }
  }
  const asked = []
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const next = queries(experiment, { now, answers: asked.map(({ answer }) => answer) })
    if (next.length === 0) break
    asked.push(...(await Promise.all(next.map(async query => ({ query, ...(await ask(backend, query)) })))))
  }
  const assessment = assess(experiment, observe(experiment, asked.map(({ answer }) => answer), { now }), { now })
  // The demo's traffic follows what its server assesses: the same engine, the same experiment, the same instant.
  if (follow) await fetch(follow, { method: 'POST', body: JSON.stringify({ ...experiment, now }) }).catch(() => {})
  const failed = asked.find(({ failure }) => failure)
  return { now, experiment, assessment, asked, trouble: failed && whyFailed(backend, failed) }
}

async function ask(backend, { metric: _, kind, ...parameters }) {
  const address = `${backend.replace(/\/+$/, '')}/api/v1/${kind === 'range' ? 'query_range' : 'query'}?${new URLSearchParams(parameters)}`
  const waited = AbortSignal.timeout(PATIENCE_MS)
  try {
    const reply = await fetch(address, { signal: waited, credentials: 'omit' })
    const body = await reply.json().catch(error => {
      if (waited.aborted) throw error
    })
    if (body?.status === 'success') return { answer: body }
    if (body?.status === 'error') return { answer: body, failure: 'refused' }
    return { answer: { error: `HTTP ${reply.status}, and the body is no reply of Prometheus` }, failure: 'stranger' }
  } catch (error) {
    if (waited.aborted) return { answer: { error: `no answer within ${PATIENCE_MS / 1000} s` }, failure: 'slow' }
    return { answer: { error: error.message }, failure: 'unreached' }
  }
}

// A browser does not tell scripts why a fetch failed: what can be known is told from the addresses.
function whyFailed(backend, { failure, answer }) {
  const isMixed = failure === 'unreached' && self.location.protocol === 'https:' && backend.startsWith('http:') && !/^http:\/\/(localhost|127\.|\[::1\])/.test(backend)
  return { kind: isMixed ? 'mixed content' : failure, backend, origin: self.location.origin, message: String(answer.error) }
}

/** Totals, intervals, and one more for what a later version of the engine may ask. */
const ROUNDS_MAX = 3
const PATIENCE_MS = 10_000
