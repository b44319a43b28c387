// The curves of beliefs are the engine's own: what they say of a limit is what the engine says.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { assess } from '../../../pkg/index.js'
import { belief, betaCdf, curve } from '../../../www/chart/belief.js'

// The share of a curve below `limit`, by a fine grid.
function below({ density }, limit, [from, to]) {
  let [left, all] = [0, 0]
  const steps = 400_000
  for (let step = 0; step < steps; step++) {
    const at = from + ((to - from) * (step + 0.5)) / steps
    all += density(at)
    if (at <= limit) left += density(at)
  }
  return left / all
}

function assessed({ numerator, requests, isProportion, limit, method, kind }) {
  const experiment = {
    start_time: '2026-01-01T00:00:00Z', service_name: 'shop', baseline: { id: 'v1' }, candidates: [],
    metric_specs: { counter_metrics: [{ name: 'iter8_request_count' }, { name: 'events', ...(kind ? { kind } : {}) }],
      ratio_metrics: [{ name: 'rate', numerator: 'events', denominator: 'iter8_request_count', preferred_direction: 'lower', zero_to_one: isProportion }] },
    criteria: [{ id: 'rate', metric_id: 'rate', threshold: { type: 'absolute', value: limit } }],
  }
  const found = assess(experiment, { versions: { v1: { iter8_request_count: requests, events: numerator } } }, { now: '2026-01-01T01:00:00Z', method })
  const { statistics, threshold_assessment: threshold, evidence } = found.baseline_assessment.criterion_assessments[0]
  const { lower, upper } = statistics.ratio_statistics.credible_interval
  return { one: { value: statistics.value, lower, upper }, kept: threshold.probability_of_satisfying_threshold, intervals: evidence?.intervals }
}

const even = (total, count) => Array.from({ length: count }, (_, at) => Math.floor((total * (at + 1)) / count) - Math.floor((total * at) / count))

for (const [name, given, range, tolerance] of [
  ['few errors', { numerator: even(9, 20), requests: even(1500, 20), isProportion: true, limit: 0.008 }, [0, 0.05], 1e-4],
  ['scattered errors', { numerator: [9, 0, 0, 8, 0, 0, 11, 0], requests: even(900, 8), isProportion: true, limit: 0.04 }, [0, 0.3], 1e-4],
  ['nearly all', { numerator: even(970, 5), requests: even(1000, 5), isProportion: true, limit: 0.97 }, [0.8, 1], 1e-4],
  ['few errors by v1', { numerator: even(9, 20), requests: even(1500, 20), isProportion: true, limit: 0.008, method: 'v1' }, [0, 0.05], 1e-3],
  ['a mean', { numerator: [360, 400, 350, 420, 390, 371], requests: [10, 10, 10, 10, 10, 10], isProportion: false, limit: 38.5 }, [-100, 180], 2e-3],
  ['a count', { numerator: even(50, 10), requests: even(1000, 10), isProportion: false, kind: 'count', limit: 0.055 }, [0, 0.2], 5e-3],
]) {
  test(`what is drawn of ${name} is what the engine believes`, () => {
    const { one, kept, intervals } = assessed(given)
    const found = belief(one, { kind: given.isProportion ? 'proportion' : 'mean', method: given.method ?? 'sequential', intervals })
    const drawn = below(found, given.limit, range)
    assert.ok(Math.abs(drawn - kept) < tolerance, `${drawn} is drawn, the engine says ${kept}`)
    assert.ok(Math.abs(below(found, one.upper, range) - below(found, one.lower, range) - 0.95) < 5e-3)
  })
}

test('the Beta distribution is right by hand', () => {
  assert.ok(Math.abs(betaCdf(0.3, 1, 1) - 0.3) < 1e-10)
  assert.ok(Math.abs(betaCdf(0.5, 2, 3) - 0.6875) < 1e-10)
  // x = sin(theta)^2 of Beta(1/2, 1/2) is 2 theta/pi.
  assert.ok(Math.abs(betaCdf(0.25, 0.5, 0.5) - 1 / 3) < 1e-10)
})

test('curves stay finite at the ends and for huge counts', () => {
  for (const [one, kind] of [[{ value: 0, lower: 1e-6, upper: 0.002 }, 'proportion'], [{ value: 1, lower: 0.99, upper: 0.99999 }, 'proportion'], [{ value: 0.1, lower: 0.0999999, upper: 0.1000001 }, 'proportion'], [{ value: 0, lower: 1e-9, upper: 0.01 }, 'mean'], [{ value: 5, lower: 4, upper: 9 }, 'quantile'], [{ value: -3, lower: -4, upper: -2 }, 'mean']]) {
    const points = curve(belief(one, { kind, method: 'sequential', intervals: 5 }), one, [one.lower - 1e-3, one.upper + 1e-3])
    assert.ok(points.length > 20 && points.every(([at, height]) => Number.isFinite(at) && height >= 0 && height <= 1), `${kind} ${JSON.stringify(one)}`)
    assert.ok(points.some(([, height]) => height > 0.9))
  }
})
