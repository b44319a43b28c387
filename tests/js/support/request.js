// The request of benches/support/request.rs: an experiment of a given size with its observations.

export function request(versions, metrics) {
  const ids = Array.from({ length: versions }, (_, index) => `v${index}`)
  const counters = Array.from({ length: metrics }, (_, index) => `counter_${index}`)
  const isProportion = index => index % 2 === 0
  const ratio = (counter, index) => ({
    name: `ratio_${index}`,
    numerator: counter,
    denominator: 'iter8_request_count',
    preferred_direction: index + 1 === metrics ? 'higher' : 'lower',
    zero_to_one: isProportion(index),
  })
  const criterion = (_, index) => {
    const named = { id: `c${index}`, metric_id: `ratio_${index}` }
    if (index + 1 === metrics) return { ...named, is_reward: true }
    const type = index % 4 < 2 ? 'relative' : 'absolute'
    return { ...named, threshold: { type, value: type === 'relative' ? 1.1 : isProportion(index) ? 0.06 : 160 } }
  }
  const observed = version => {
    const requests = 1000 + 37 * version
    const each = index => (isProportion(index) ? 0.05 : 150)
    const total = (counter, index) => [counter, Math.floor(requests * each(index) * (1 + 0.01 * (version % 7)))]
    return { iter8_request_count: requests, ...Object.fromEntries(counters.map(total)) }
  }
  return {
    start_time: '2026-03-01T10:00:00Z',
    service_name: 'shop',
    iteration_number: 3,
    method: 'v1',
    baseline: { id: ids[0] },
    candidates: ids.slice(1).map(id => ({ id })),
    metric_specs: {
      counter_metrics: ['iter8_request_count', ...counters].map(name => ({ name })),
      ratio_metrics: counters.map(ratio),
    },
    criteria: counters.map(criterion),
    observations: { versions: Object.fromEntries(ids.map((id, index) => [id, observed(index)])) },
  }
}
