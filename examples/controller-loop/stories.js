// The experiments of iter8's tutorials: services, criteria, pace; and what v1.0.0 made of the same, where it was recorded.
//
// Recorded with v1.0.0's own code in such a loop over a simulated clock: 30 runs each, 15 with `last_state` pruned.

const REVIEWS = { service: 'reviews', requestsPerSecond: 10, iterations: 8, intervalSeconds: 15, maxIncrement: 20, criteria: [{ metric: 'iter8_mean_latency', threshold: ['absolute', 200] }] }
const V2 = { name: 'reviews-v2', latencyMs: 33 }
const V3 = { name: 'reviews-v3', latencyMs: 36 }

const PRODUCTPAGE = {
  service: 'productpage',
  requestsPerSecond: 10,
  iterations: 10,
  intervalSeconds: 20,
  maxIncrement: 10,
  criteria: [
    { metric: 'iter8_mean_latency', threshold: ['relative', 1.6] },
    { metric: 'iter8_error_rate', threshold: ['absolute', 0.05] },
    { metric: 'le_500_ms_latency_percentile', threshold: ['absolute', 0.95] },
    { metric: 'mean_books_purchased', isReward: true },
  ],
}
const SHOP = [
  { name: 'productpage-v1', latencyMs: 33, sells: [0, 5] },
  // Sells most, and holds up every fifth request for a second.
  { name: 'productpage-v2', latencyMs: 50, delay: [0.2, 1000], sells: [30, 50], isBad: true },
  { name: 'productpage-v3', latencyMs: 36, sells: [10, 20] },
]
const ABN = { ...PRODUCTPAGE, title: 'A/B/n', versions: SHOP, right: 'candidate-1' }

/** `right` is who should win; `undefined`: nobody, since the controller ends the experiment by itself. */
export const STORIES = {
  performance: { ...REVIEWS, title: 'performance (baseline as its own candidate)', versions: [V2], baseline: V2.name, candidates: [V2.name], right: 'candidate-0', v1: { echoed: { winner: 'candidate-0', first: 'not recorded' } } },
  conformance: { ...REVIEWS, title: 'conformance (no candidate: the controller aborts)', versions: [V2], right: undefined },
  canary: { ...REVIEWS, title: 'canary, good', versions: [V2, V3], right: 'candidate-0', v1: { echoed: { winner: 'candidate-0 30/30', first: '2' } } },
  canary_bad: { ...REVIEWS, title: 'canary, 5 s late', versions: [V3, { name: 'reviews-v4', latencyMs: 36, delay: [1, 5000], isBad: true }], right: 'baseline', v1: { echoed: { winner: 'baseline 30/30', first: '2', bad: '2.5 %' } } },
  abn: { ...ABN, title: 'A/B/n, progressive', v1: { echoed: { winner: 'candidate-1 30/30', first: '1 (16), 2 (13), 3 (1)', bad: '2.1 %', reward: '8.94' }, pruned: { winner: 'candidate-1 15/15', first: '1 (9), 2 (6)', bad: '2.1 %', reward: '4.43' } } },
  abn_top_2: { ...ABN, title: 'A/B/n, top_2', strategy: 'top_2', v1: { echoed: { winner: 'candidate-1 30/30', first: '1 (29), 2 (1)', bad: '2.9 %', reward: '8.53' } } },
  abn_uniform: { ...ABN, title: 'A/B/n, uniform', strategy: 'uniform', v1: { echoed: { winner: 'candidate-1 30/30', first: '1 (29), 2 (1)', bad: '29.4 %', reward: '17.17' } } },
}

for (const [name, story] of Object.entries(STORIES)) {
  const [baseline, ...candidates] = story.versions.map(version => version.name)
  STORIES[name] = { name, baseline, candidates, ...story, metrics: metrics() }
}

/** All metrics that the controller knows: it sends them with every request. */
function metrics() {
  const grouped = selector => `sum(increase(${selector}[$interval])) by ($version_labels)`
  const mesh = (name, more = '') => grouped(`${name}{${more}reporter='source',job='kubernetes-pods'}`)
  const counter = (name, query_template, preferred_direction) => ({ name, query_template, ...(preferred_direction && { preferred_direction }) })
  const ratio = (name, numerator, denominator, preferred_direction, zero_to_one) => ({ name, numerator, denominator, preferred_direction, ...(zero_to_one && { zero_to_one }) })
  return {
    counter_metrics: [
      counter('iter8_request_count', mesh('istio_requests_total')),
      counter('iter8_total_latency', mesh('istio_request_duration_milliseconds_sum')),
      counter('iter8_error_count', mesh('istio_requests_total', "response_code=~'5..',"), 'lower'),
      counter('books_purchased_total', grouped('number_of_books_purchased_total')),
      counter('le_500_ms_latency_request_count', mesh('istio_request_duration_milliseconds_bucket', "le='500',")),
      counter('le_inf_latency_request_count', mesh('istio_request_duration_milliseconds_bucket', "le='+Inf',")),
    ],
    ratio_metrics: [
      ratio('iter8_mean_latency', 'iter8_total_latency', 'iter8_request_count', 'lower'),
      ratio('iter8_error_rate', 'iter8_error_count', 'iter8_request_count', 'lower', true),
      ratio('mean_books_purchased', 'books_purchased_total', 'iter8_request_count', 'higher'),
      ratio('le_500_ms_latency_percentile', 'le_500_ms_latency_request_count', 'le_inf_latency_request_count', 'higher', true),
    ],
  }
}
