// Assesses an experiment by what a Prometheus knows of it:
//
//     node assess.js EXPERIMENT.json http://localhost:9090

import { readFileSync } from 'node:fs'
import { argv } from 'node:process'

import { assess, observe, queries } from 'iter8-analytics'

const [, , file, prometheus] = argv
const experiment = JSON.parse(readFileSync(file, 'utf8'))
const now = new Date().toISOString()

// A backend that fails is an answer too: the assessment says what is missing.
async function ask({ metric, kind, ...parameters }) {
  try {
    const path = kind === 'range' ? 'query_range' : 'query'
    const url = `${prometheus}/api/v1/${path}?${new URLSearchParams(parameters)}`
    const reply = await fetch(url, { signal: AbortSignal.timeout(10_000) })
    return await reply.json()
  } catch (error) {
    return { error: error.cause?.message ?? error.message }
  }
}

// The totals first, and how often Prometheus scrapes; then what that makes possible to ask, the intervals.
const answers = []
for (let next; (next = queries(experiment, { now, answers })).length > 0; ) {
  answers.push(...(await Promise.all(next.map(ask))))
}
const observations = observe(experiment, answers, { now })
console.log(JSON.stringify(assess(experiment, observations, { now }), null, 2))
