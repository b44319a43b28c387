// A world of true rates and a seed -> an experiment in it that can be looked at, interval after interval.
//
// Each interval's requests are drawn, split as the last look recommends or evenly, and handed to the engine as a host hands
// over what Prometheus counted. Not here: how often it is run, what is drawn of it.

import { assess } from '../pkg/index.js'
import { draws } from './draws.js'

/** A world under way; `method` assesses it. */
export function open(world, seed, method) {
  const chance = draws(seed)
  const columns = world.versions.map(() => ({ iter8_request_count: [], errors: [], latency_sum: [], conversions: [] }))
  const experiment = experimentOf(world, method)
  const ids = world.versions.map(({ id }) => id)
  let split = ids.map((_, index) => (world.isEven || ids.length === 1 ? 100 / ids.length : index === 0 ? 100 - (ids.length - 1) * START : START))
  let lastState = {}
  let intervals = 0
  return {
    get intervals() {
      return intervals
    },
    /** Lets `count` intervals pass. */
    pass(count) {
      for (let i = 0; i < count; i++, intervals++) serve({ world, columns, split, chance, at: intervals / world.intervals })
    },
    /** Assesses what has been counted so far; traffic follows it from now on. */
    look(looks) {
      const now = new Date(STARTED + intervals * world.seconds * 1000).toISOString()
      const asked = { ...experiment, iteration_number: looks, last_state: lastState }
      const observations = { versions: Object.fromEntries(ids.map((id, index) => [id, columns[index]])) }
      const assessment = assess(asked, observations, { now, seed: looks })
      lastState = assessment.last_state
      if (!world.isEven) split = ids.map(id => assessment.traffic_split_recommendation.progressive[id])
      return { now, experiment: asked, assessment, asked: [], observations }
    },
  }
}

/** Which versions may rightly be named: those that keep the limits and earn most; none where several are alike. */
export function rightWinners(world) {
  const [baseline, ...candidates] = world.versions
  const keeps = version => version.errorRate <= world.errorLimit && version.latency <= world.latencyLimit
  if (!world.hasReward) {
    const good = candidates.filter(keeps)
    return (good.length ? good : keeps(baseline) ? [baseline] : []).map(({ id }) => id)
  }
  const able = world.versions.filter(keeps)
  const best = Math.max(...able.map(({ conversionRate }) => conversionRate))
  const first = able.filter(({ conversionRate }) => conversionRate === best)
  return first.length === 1 ? [first[0].id] : []
}

function serve({ world, columns, split, chance, at }) {
  // By the end, all error rates and times are `1 + drift` times what they were.
  const factor = 1 + world.drift * at
  world.versions.forEach((version, index) => {
    const requests = chance.binomial(Math.round(world.requestsPerSecond * world.seconds), split[index] / 100)
    const errors = chance.binomial(requests, Math.min(version.errorRate * factor, 1))
    const column = columns[index]
    column.iter8_request_count.push(requests)
    column.errors.push(errors)
    column.latency_sum.push((chance.gamma(requests * SHAPE) / SHAPE) * version.latency * factor)
    column.conversions.push(chance.binomial(requests - errors, version.conversionRate))
  })
}

function experimentOf(world, method) {
  const [baseline, ...candidates] = world.versions.map(({ id }) => ({ id }))
  const ratio = (name, numerator, direction, isProportion) =>
    ({ name, numerator, denominator: 'iter8_request_count', preferred_direction: direction, zero_to_one: isProportion })
  return {
    name: world.name,
    start_time: new Date(STARTED).toISOString(),
    service_name: world.name,
    baseline,
    candidates,
    metric_specs: {
      counter_metrics: ['iter8_request_count', 'errors', 'latency_sum', 'conversions'].map(name => ({ name })),
      ratio_metrics: [ratio('error_rate', 'errors', 'lower', true), ratio('latency_ms', 'latency_sum', 'lower', false), ratio('conversion_rate', 'conversions', 'higher', true)],
    },
    criteria: [
      { id: 'error_rate', metric_id: 'error_rate', threshold: { type: 'absolute', value: world.errorLimit } },
      { id: 'latency_ms', metric_id: 'latency_ms', threshold: { type: 'absolute', value: world.latencyLimit } },
      ...(world.hasReward ? [{ id: 'conversion_rate', metric_id: 'conversion_rate', is_reward: true }] : []),
    ],
    traffic_control: { max_increment: 10, strategy: 'progressive' },
    method,
  }
}

/** Percent of traffic that each candidate starts with. */
const START = 5
/** Times vary by half their mean, as of a quick web page. */
const SHAPE = 4
const STARTED = Date.UTC(2026, 0, 1)
