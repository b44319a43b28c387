// Kiali's model of an experiment and a Prometheus become an assessment, and what Kiali does not say is told.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { assess } from '../../pkg/index.js'
import { assessKiali, fromKiali } from '../../pkg/kiali.js'
import { about, prometheus } from './support/prometheus.js'
import { counter, detail, nothing, ratio } from './support/kiali.js'

const now = '2026-01-01T10:20:00Z'
const WORLD = {
  'reviews-v2': { '5..': about(0.04), istio_requests_total: 10, milliseconds_sum: about(1500), tickets: 1 },
  'reviews-v3': { '5..': about(0.04), istio_requests_total: 10, milliseconds_sum: about(1200), tickets: 1 },
}
const errors = ratio('iter8_error_rate', counter('iter8_error_count', "istio_requests_total{response_code=~'5..'}"), counter('iter8_request_count', 'istio_requests_total'), 'lower')
const latency = ratio('iter8_mean_latency', counter('iter8_total_latency', 'istio_request_duration_milliseconds_sum'), counter('iter8_request_count', 'istio_requests_total'), 'lower')
const limits = [[errors, 'absolute', 0.05], [latency, 'relative', 1.2]]

async function asker(t, world = WORLD) {
  const { address, asked, end } = await prometheus(world)
  t.after(end)
  const ask = async ({ kind, metric, ...parameters }) => (await fetch(`${address}/api/v1/${kind === 'range' ? 'query_range' : 'query'}?${new URLSearchParams(parameters)}`)).json()
  return { ask, asked }
}

const codes = ({ notes }) => notes.map(note => note.code).filter(code => code.startsWith('kiali_'))

test('the model becomes the request that the controller would send', () => {
  const { experiment, notes } = fromKiali(detail(limits))
  assert.deepEqual(experiment.baseline, { id: 'reviews-v2', version_labels: { destination_workload: 'reviews-v2', destination_workload_namespace: 'bookinfo' } })
  assert.deepEqual(experiment.criteria, [
    { id: 'iter8_error_rate', metric_id: 'iter8_error_rate', is_reward: false, threshold: { threshold_type: 'absolute', value: 0.05 } },
    { id: 'iter8_mean_latency', metric_id: 'iter8_mean_latency', is_reward: false, threshold: { threshold_type: 'relative', value: 1.2 } },
  ])
  assert.deepEqual(experiment.metric_specs.counter_metrics.map(one => one.name), ['iter8_error_count', 'iter8_request_count', 'iter8_total_latency'])
  assert.deepEqual(experiment.traffic_control, { strategy: 'progressive', max_increment: 20 })
  assert.ok(experiment.metric_specs.ratio_metrics.every(one => !('zero_to_one' in one)))
  assert.deepEqual(notes.map(note => note.code), ['kiali_without_zero_to_one', 'kiali_without_zero_to_one', 'kiali_without_last_state'])
})

test('it assesses by what the host fetches, and says what Kiali does not', async t => {
  const { ask } = await asker(t)
  const { experiment, assessment } = await assessKiali(detail(limits), ask, { now })
  const { winner_assessment: winner } = assessment
  assert.deepEqual([winner.winning_version_found, winner.current_best_version], [true, 'reviews-v3'], winner.reason)
  assert.deepEqual(codes(assessment), ['kiali_without_zero_to_one', 'kiali_without_zero_to_one', 'kiali_without_last_state'])
  assert.equal(assessment.notes[0].where, 'criterias[0].metric')
  assert.equal(experiment.service_name, 'reviews')
})

for (const [what, type, isReward] of [['an absolute limit', 'absolute', false], ['a relative limit', 'relative', false], ['the reward', '', true], ['the reward with a limit', 'absolute', true]]) {
  test(`nobody wins while Kiali does not define the metric of ${what}`, async t => {
    const { ask, asked } = await asker(t)
    const { assessment } = await assessKiali(detail([...limits, [nothing('tickets'), type, 3, isReward]]), ask, { now })
    assert.equal(assessment.winner_assessment.winning_version_found, false)
    const [, , unknown] = assessment.candidate_assessments[0].criterion_assessments
    assert.deepEqual([unknown.metric_id, unknown.statistics.value, unknown.threshold_assessment], ['tickets', null, null])
    const note = assessment.notes.find(one => one.code === 'kiali_without_metric')
    assert.deepEqual([note.where, note.severity], ['criterias[2].metric', 'error'])
    assert.match(note.message, /so nobody is named the winner/)
    assert.ok(asked.every(query => !query.includes('tickets') && query !== 'vector(0)'), 'nothing is asked that Kiali does not define')
  })
}

test('a metric without definition that decides nothing stands in nobody\'s way', async t => {
  const { ask } = await asker(t)
  const { assessment } = await assessKiali(detail([...limits, [nothing('tickets'), '', 0]]), ask, { now })
  assert.equal(assessment.winner_assessment.winning_version_found, true)
  assert.match(assessment.notes.find(one => one.code === 'kiali_without_metric').message, /it decides nothing/)
})

test('what the host has of the metrics\' ConfigMap fills the gaps', async t => {
  const { ask } = await asker(t)
  const metrics = {
    counter_metrics: [
      { name: 'iter8_request_count', query_template: 'sum(increase(istio_requests_total[$interval])) by ($version_labels)' },
      { name: 'iter8_error_count', query_template: "sum(increase(istio_requests_total{response_code=~'5..'}[$interval])) by ($version_labels)" },
      { name: 'tickets', query_template: 'sum(increase(tickets[$interval])) by ($version_labels)', preferred_direction: 'lower' },
    ],
    ratio_metrics: [{ name: 'iter8_error_rate', numerator: 'iter8_error_count', denominator: 'iter8_request_count', preferred_direction: 'lower', zero_to_one: true }],
  }
  const { experiment, assessment } = await assessKiali(detail([[errors, 'absolute', 0.05], [nothing('tickets'), 'absolute', 5000]]), ask, { now, metrics })
  assert.deepEqual(codes(assessment), ['kiali_without_last_state'])
  assert.equal(experiment.metric_specs.ratio_metrics[0].zero_to_one, true)
  assert.equal(assessment.winner_assessment.winning_version_found, true, assessment.winner_assessment.reason)
  assert.equal(assessment.baseline_assessment.criterion_assessments[1].statistics.value, 1200)
})

test('without iter8_request_count among the denominators requests are unknown, and the rest is not', async t => {
  const { ask } = await asker(t)
  const perBucket = ratio('share', counter('fast', "istio_requests_total{response_code=~'5..'}"), counter('all', 'istio_requests_total'), 'lower')
  const { assessment } = await assessKiali(detail([[perBucket, 'absolute', 0.05]]), ask, { now })
  assert.deepEqual(codes(assessment), ['kiali_without_zero_to_one', 'kiali_without_request_count', 'kiali_without_last_state'])
  const [candidate] = assessment.candidate_assessments
  assert.equal(candidate.request_count, null)
  assert.ok(Math.abs(candidate.criterion_assessments[0].statistics.value - 0.004) < 0.002)
})

test('a counter that Kiali does not define as a criterion is known as one side of a ratio, in either order', async t => {
  const { ask } = await asker(t)
  const count = { ...counter('iter8_error_count', "istio_requests_total{response_code=~'5..'}"), preferred_direction: 'lower' }
  const known = { ...errors, numerator: count }
  for (const criteria of [[[nothing('iter8_error_count'), 'absolute', 1000], [known, 'absolute', 0.05]], [[known, 'absolute', 0.05], [nothing('iter8_error_count'), 'absolute', 1000]]]) {
    const { assessment } = await assessKiali(detail(criteria), ask, { now })
    assert.ok(!codes(assessment).includes('kiali_without_metric'))
    assert.equal(assessment.winner_assessment.winning_version_found, true, assessment.winner_assessment.reason)
  }
})

test('a side of a ratio that Kiali lost is unknown', async t => {
  const { ask } = await asker(t)
  const half = { ...errors, numerator: { name: '', query_template: '', preferred_direction: '', unit: '' } }
  const { assessment } = await assessKiali(detail([[half, 'absolute', 0.05]]), ask, { now })
  assert.equal(assessment.winner_assessment.winning_version_found, false)
  assert.equal(assessment.notes[0].where, 'criterias[0].metric.numerator')
})

test('a completed experiment is assessed as of its end, a version against itself keeps both places', async t => {
  const { ask } = await asker(t)
  const given = detail(limits, { phase: 'Completed', endTime: now, candidates: ['reviews-v2'] })
  const { experiment, assessment, now: then } = await assessKiali(given, ask)
  assert.equal(then, now)
  assert.deepEqual([experiment.baseline.id, experiment.candidates[0].id], ['baseline', 'candidate-0'])
  assert.equal(assessment.winner_assessment.current_best_version, 'candidate-0', assessment.winner_assessment.reason)
})

test('an experiment without criteria, and one that has just begun, are no errors', async t => {
  const { ask, asked } = await asker(t)
  for (const [criteria, at, code] of [[[], now, 'no_criteria'], [limits, '2026-01-01T10:00:05Z', 'nothing_asked_yet']]) {
    const { assessment } = await assessKiali({ ...detail(criteria), trafficControl: undefined }, ask, { now: at, metrics: null })
    assert.ok(assessment.notes.some(note => note.code === code), JSON.stringify(assessment.notes))
    assert.equal(assessment.winner_assessment.winning_version_found, false)
  }
  assert.deepEqual(asked, [])
})

test('services are told apart by services\' labels', () => {
  const { experiment } = fromKiali(detail(limits, { kind: 'Service' }))
  assert.deepEqual(experiment.candidates[0].version_labels, { destination_service_name: 'reviews-v3', destination_service_namespace: 'bookinfo' })
})

test('what Kiali gives of an experiment that has not begun, or does not serve at all, is named', () => {
  const fault = given => {
    try {
      fromKiali(given)
    } catch ({ name, path, message, errors }) {
      return [name, path, message, errors.length].join('|')
    }
  }
  assert.match(fault(detail(limits, { startTime: '0001-01-01T00:00:00Z' })), /^Iter8Error\|experimentItem\.startTime\|the experiment has not started: `0001-01-01T00:00:00Z`\|1$/)
  assert.match(fault(detail(limits, { candidates: [''] })), /^Iter8Error\|experimentItem\.candidates\[0\]\.name\|/)
  for (const [given, path] of [[null, 'experimentItem'], [{}, 'experimentItem'], [{ experimentItem: {} }, 'criterias'], [{ experimentItem: {}, criterias: [null] }, 'criterias[0].criteria'], ['x', 'experimentItem'], [{ experimentItem: {}, criterias: 7 }, 'criterias']]) {
    assert.equal(fault(given)?.split('|')[1], path, JSON.stringify(given))
  }
})

test('an `ask` that fails is no error, and `fromKiali` alone serves a host that has observations', async () => {
  const { assessment } = await assessKiali(detail(limits), () => Promise.reject(new Error('403 from the proxy')), { now })
  assert.ok(assessment.notes.some(note => note.message.includes('403 from the proxy')))
  assert.equal(assessment.winner_assessment.winning_version_found, false)
  const { experiment } = fromKiali(detail(limits))
  const counts = { iter8_request_count: 1000, iter8_error_count: 5, iter8_total_latency: 90000 }
  assert.equal(assess(experiment, { versions: { 'reviews-v2': counts, 'reviews-v3': counts } }, { now }).baseline_assessment.request_count, 1000)
})
