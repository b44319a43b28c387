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
async function ask({ query, time }) {
  try {
    const parameters = new URLSearchParams({ query, time: String(time) })
    const reply = await fetch(`${prometheus}/api/v1/query?${parameters}`, { signal: AbortSignal.timeout(10_000) })
    return await reply.json()
  } catch (error) {
    return { error: error.cause?.message ?? error.message }
  }
}

const answers = await Promise.all(queries(experiment, { now }).map(ask))
const observations = observe(experiment, answers, { now })
console.log(JSON.stringify(assess(experiment, observations, { now }), null, 2))
