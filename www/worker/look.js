// An experiment and where its metrics are -> one look: the assessment, with what was asked and answered.
//
// It asks Prometheus as the server does, first for totals, then for intervals. A backend that fails is no error: the
// assessment says what is missing, and `trouble` says why the browser could not reach it. Not here: when to look.

import { assess, observe, queries } from '../pkg/index.js'

/** One look. `backend` is undefined where the experiment brings its observations. */
export async function look({ experiment, backend, now, follow }) {
  if (!backend) return { now, experiment, assessment: assess(experiment, null, { now: experiment.now ?? now }), asked: [] }
  const asked = []
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const next = queries(experiment, { now, answers: asked.map(({ answer }) => answer) })
    if (next.length === 0) break
    asked.push(...(await Promise.all(next.map(async query => ({ query, ...(await ask(backend, query)) })))))
  }
  const assessment = assess(experiment, observe(experiment, asked.map(({ answer }) => answer), { now }), { now })
  // The demo's traffic follows what its server assesses: the same engine, the same experiment, the same instant.
  if (follow) await fetch(follow, { method: 'POST', body: JSON.stringify({ ...experiment, now }) }).catch(() => {})
  const unreached = asked.filter(({ isUnreached }) => isUnreached)
  return { now, experiment, assessment, asked, trouble: unreached.length ? whyUnreached(backend, unreached[0].answer.error) : undefined }
}

async function ask(backend, { metric: _, kind, ...parameters }) {
  const address = `${backend.replace(/\/+$/, '')}/api/v1/${kind === 'range' ? 'query_range' : 'query'}?${new URLSearchParams(parameters)}`
  const waited = AbortSignal.timeout(PATIENCE_MS)
  try {
    const reply = await fetch(address, { signal: waited, credentials: 'omit' })
    const body = await reply.json().catch(() => ({ error: `HTTP ${reply.status}, and the body is no JSON` }))
    return { answer: body }
  } catch (error) {
    const message = waited.aborted ? `no answer within ${PATIENCE_MS / 1000} s` : error.message
    return { answer: { error: message }, isUnreached: !waited.aborted }
  }
}

// A browser does not tell scripts why a fetch failed: what can be known is told from the addresses.
function whyUnreached(backend, message) {
  const isMixed = self.location.protocol === 'https:' && backend.startsWith('http:') && !/^http:\/\/(localhost|127\.|\[::1\])/.test(backend)
  return { kind: isMixed ? 'mixed content' : 'unreached', backend, origin: self.location.origin, message }
}

/** Totals, intervals, and one more for what a later version of the engine may ask. */
const ROUNDS_MAX = 3
const PATIENCE_MS = 10_000
