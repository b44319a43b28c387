// Experiments by chance through the package and through the server: each number is the same to the last bit.
//
// Their values have all digits that a double has, and the number of versions is now one, now more than go through exact sets of who
// keeps limits. Not here: whether the numbers are right (`cases`), the bytes of JSON text, which the server writes its own way.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { assess } from '../../pkg/index.js'
import { request } from './support/request.js'
import { server } from './support/server.js'

test('by chance, replies are the native ones to the last bit', async t => {
  const address = await server(t, [])
  const random = generator(20_260_301n)
  for (let round = 0; round < ROUNDS; round++) {
    const experiment = draw(random)
    const body = JSON.stringify(experiment)
    const answer = await fetch(`${address}/assessment`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const natively = await answer.json()
    assert.equal(answer.status, 200, JSON.stringify(natively).slice(0, 500))
    assert.deepEqual(assess(experiment, null, { now: natively.timestamp }), natively, `round ${round}: ${body}`)
  }
})

test('numbers in words have the native digits too where two texts are equally near', async t => {
  const address = await server(t, [])
  for (const [count, text] of [[1000000000000000.25, '1000000000000000.2'], [1000000000000000.75, '1000000000000000.8']]) {
    const experiment = request(2, 1)
    for (const observed of Object.values(experiment.observations.versions)) observed.counter_0 = count
    const answer = await fetch(`${address}/assessment`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(experiment) })
    const natively = await answer.json()
    assert.ok(natively.notes.some(({ message }) => message.includes(`${text}, more than anybody can count`)), JSON.stringify(natively.notes))
    assert.deepEqual(assess(experiment, null, { now: natively.timestamp }), natively)
  }
})

/** Uniform numbers of 53 bits (Knuth's MMIX generator). */
function generator(seed) {
  let state = seed
  return () => {
    state = BigInt.asUintN(64, state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n)
    return Number(state >> 11n) / 2 ** 53
  }
}

function draw(random) {
  const whole = (from, to) => from + Math.floor(random() * (to - from + 1))
  const one = list => list[whole(0, list.length - 1)]
  const ids = Array.from({ length: random() < 0.1 ? whole(11, 16) : whole(1, 8) }, (_, index) => `v${index}`)
  const metrics = Array.from({ length: whole(1, 5) }, (_, index) => {
    const isProportion = random() < 0.5
    const mean = isProportion ? 0.5 * Math.exp(-whole(0, 9) / 1.5) : Math.exp(8 * random())
    return { counter: `counter_${index}`, isProportion, mean }
  })
  const observed = requestsMax => {
    const requests = Math.floor(requestsMax ** random() * one([0, 1, 1, 1, 10]))
    const sum = ({ isProportion, mean }) => {
      const about = requests * mean * Math.exp(random() / 2 - 0.25)
      return isProportion ? Math.min(requests, Math.floor(about + random())) : about
    }
    return { iter8_request_count: requests, ...Object.fromEntries(metrics.map(metric => [metric.counter, sum(metric)])) }
  }
  const intervals = one([0, 0, 1, 2, 5, 30])
  const observations = () => {
    if (intervals === 0) return observed(1e6)
    const each = Array.from({ length: intervals }, () => observed(1e4))
    return Object.fromEntries(Object.keys(each[0]).map(name => [name, each.map(interval => interval[name])]))
  }
  const threshold = isProportion => {
    if (random() < 0.2) return {}
    if (random() < 0.5) return { threshold: { type: 'relative', value: one([0.3, 0.9, 1, 1.05, 1.3, 3]) } }
    return { threshold: { type: 'absolute', value: one(isProportion ? [0.01, 0.05, 0.3] : [10, 150, 400]) } }
  }
  const rewarded = random() < 0.6 ? metrics.length - 1 : undefined
  return {
    start_time: '2026-03-01T10:00:00Z',
    service_name: 'shop',
    iteration_number: 3,
    method: one(['sequential', 'sequential', 'sequential', 'v1']),
    baseline: { id: ids[0] },
    candidates: ids.slice(1).map(id => ({ id })),
    metric_specs: {
      counter_metrics: ['iter8_request_count', ...metrics.map(metric => metric.counter)].map(name => ({ name })),
      ratio_metrics: metrics.map(({ counter, isProportion }, index) => ({
        name: `ratio_${index}`,
        numerator: counter,
        denominator: 'iter8_request_count',
        zero_to_one: isProportion,
        preferred_direction: one(['higher', 'lower', 'lower']),
      })),
    },
    criteria: metrics.map(({ isProportion }, index) => ({
      id: `c${index}`,
      metric_id: `ratio_${index}`,
      ...threshold(isProportion),
      ...(index === rewarded && { is_reward: true }),
    })),
    traffic_control: { max_increment: whole(1, 100), strategy: one(['progressive', 'top_2', 'uniform']) },
    observations: { versions: Object.fromEntries(ids.map(id => [id, observations()])) },
  }
}

const ROUNDS = process.env.LONG_TESTS ? 3_000 : 150
