// One experiment with its data: what every host must assess to the same bytes.

export const now = '2026-01-01T10:10:00Z'

export const experiment = {
  start_time: '2026-01-01T10:00:00Z',
  service_name: 'shop',
  baseline: { id: 'v1' },
  candidates: [{ id: 'v2' }],
  metric_specs: {
    counter_metrics: [{ name: 'iter8_request_count' }, { name: 'errors' }, { name: 'latency_sum' }],
    ratio_metrics: [
      { name: 'error_rate', numerator: 'errors', denominator: 'iter8_request_count', preferred_direction: 'lower', zero_to_one: true },
      { name: 'latency', numerator: 'latency_sum', denominator: 'iter8_request_count', preferred_direction: 'lower' },
    ],
  },
  criteria: [
    { id: 'errors', metric_id: 'error_rate', threshold: { type: 'absolute', value: 0.1 } },
    { id: 'latency', metric_id: 'latency', threshold: { type: 'relative', value: 1.1 } },
  ],
}

export const observations = {
  versions: {
    v1: { iter8_request_count: 1000, errors: 20, latency_sum: 120500.25 },
    v2: { iter8_request_count: 500, errors: 12, latency_sum: 61200.5 },
  },
}
