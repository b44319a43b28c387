// A ready world -> its looks one by one, for the dashboard: a story that moves where no Prometheus is.
//
// The engine simulates the whole of it at once; each step hands over one of its assessments, with the experiment as a caller
// would have sent it. Not here: the pace (the page's).

import { simulate } from '../pkg/index.js'

let known
let trajectory

/** Look number `at` (from 0) of a story; `{ isOver: true }` behind its end. */
export function story({ world, seed, at }) {
  const asked = JSON.stringify([world, seed])
  if (asked !== known) {
    trajectory = simulate(world, { seed, assessments: true })
    known = asked
  }
  // The first call of the engine has no data yet: there is nothing to look at.
  const iteration = trajectory.iterations[at + 1]
  if (!iteration) return { isOver: true }
  const { assessment } = iteration
  const before = trajectory.iterations[at].assessment
  return { now: `${assessment.timestamp}Z`, experiment: experimentOf(world, before.last_state, at + 1), assessment, asked: [] }
}

/** What the engine makes of a world: the experiment that is assessed in it. */
export function experimentOf(world, lastState = {}, iteration = 0) {
  const [baseline, ...candidates] = world.versions.map(({ id }) => ({ id }))
  const ratio = (name, numerator, direction, isProportion) =>
    ({ name, numerator, denominator: 'iter8_request_count', preferred_direction: direction, zero_to_one: isProportion })
  return {
    name: world.name,
    start_time: '2026-01-01T00:00:00Z',
    iteration_number: iteration,
    service_name: world.name,
    baseline,
    candidates,
    metric_specs: {
      counter_metrics: COUNTERS.map(name => ({ name })),
      ratio_metrics: [
        { ...ratio('iter8_mean_latency', 'iter8_total_latency', 'lower', false), units: 'ms' },
        ratio('iter8_error_rate', 'iter8_error_count', 'lower', true),
        ratio('le_500_ms_latency_percentile', 'le_500_ms_latency_request_count', 'higher', true),
        ratio('mean_books_purchased', 'books_purchased_total', 'higher', false),
        ratio('conversion_rate', 'conversion_count', 'higher', true),
      ],
    },
    criteria: world.criteria,
    traffic_control: { strategy: 'progressive', max_increment: world.max_increment },
    last_state: lastState,
  }
}

const COUNTERS = ['iter8_request_count', 'iter8_total_latency', 'iter8_error_count', 'le_500_ms_latency_request_count', 'books_purchased_total', 'conversion_count']
