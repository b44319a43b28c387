// The engine's ready worlds, as the playground's sliders start from them, with what each shows; and why peeking fools.
//
// A world's true values are what nobody knows in an experiment of one's own; here they are known, so that one sees whether a
// verdict is right. INVARIANT: tests/js/page/worlds.test.js holds each world against the engine's own of that name. Not here:
// what happens in a world (the engine's `simulate`).

const errors = value => ({ id: 'errors', metric_id: 'iter8_error_rate', threshold: { type: 'absolute', value } })
const latency = (type, value) => ({ id: 'iter8_mean_latency', metric_id: 'iter8_mean_latency', threshold: { type, value } })
const relativeErrors = value => ({ id: 'errors', metric_id: 'iter8_error_rate', threshold: { type: 'relative', value } })
/** What is earned, where it is conversions. */
export const CONVERSIONS = { id: 'conversions', metric_id: 'conversion_rate', is_reward: true }
/** The same, where it is books. */
export const BOOKS = { id: 'mean_books_purchased', metric_id: 'mean_books_purchased', is_reward: true }
const SHOP_LIMITS = [latency('relative', 1.6), { ...errors(0.05), id: 'iter8_error_rate' }]

const v1 = page('productpage-v1', 33, { books: [0, 5] })
const v2 = page('productpage-v2', 50, { books: [30, 50] }, { delay_probability: 0.2, delay_ms: 1000 })
const v3 = page('productpage-v3', 36, { books: [10, 20] })
const alike = [page('v1', 50, { error_rate: 0.01, conversion_rate: 0.1 }), page('v2', 50, { error_rate: 0.01, conversion_rate: 0.1 })]
const unsold = (rate, times) => ['v1', 'v2'].map(id => page(id, times?.mean ?? 50, { error_rate: rate }, times))

/** By their names in links; those of the engine's ready worlds are its names. */
export const STORIES = {
  peeking: {
    short: 'Why peeking fools you',
    title: 'Why peeking fools you',
    tells: 'Both versions are the same, so that every winner is a false one. The more often one looks, the more often chance looks like a winner, unless the statistics allow for it.',
    world: world({ versions: alike, criteria: [errors(0.05), CONVERSIONS], requests_per_second: 20, interval_seconds: 30, iterations: 41, split: [50, 50] }),
  },
  abn: {
    short: 'A/B/n',
    title: 'A/B/n: three versions of a bookshop’s page',
    tells: 'v2 sells most but keeps one visitor in five waiting for a second; v3 sells more than v1 and is quick. Which one should win?',
    world: world({ versions: [v1, v2, v3], criteria: [...SHOP_LIMITS, { id: 'le_500_ms_latency_percentile', metric_id: 'le_500_ms_latency_percentile', threshold: { type: 'absolute', value: 0.95 } }, BOOKS], interval_seconds: 20, iterations: 10, max_increment: 10 }),
  },
  ab: {
    short: 'A/B',
    title: 'A/B: does the new page sell more?',
    tells: 'v3 sells 15 books a visit, v1 only 2 or 3; both are quick and sound.',
    world: world({ versions: [v1, v3], criteria: [...SHOP_LIMITS, BOOKS], interval_seconds: 20, iterations: 10, max_increment: 10 }),
  },
  canary: {
    short: 'Canary',
    title: 'Canary: is the new version fit to take over?',
    tells: 'v3 is about as quick as v2. It may take over once it is shown to keep the limit.',
    world: world({ versions: [page('reviews-v2', 33), page('reviews-v3', 36)], criteria: [latency('absolute', 200)], interval_seconds: 15, iterations: 8, max_increment: 20 }),
  },
  canary_bad: {
    short: 'Broken canary',
    title: 'Canary: a broken version',
    tells: 'Every request to v4 takes five seconds more. How many people have to wait before that is known?',
    world: world({ versions: [page('reviews-v3', 36), page('reviews-v4', 36, {}, { delay_probability: 1, delay_ms: 5000 })], criteria: [latency('absolute', 200)], interval_seconds: 10, iterations: 100, max_increment: 2 }),
  },
  conformance: {
    short: 'Conformance',
    title: 'Conformance: does one version keep its limit?',
    tells: 'A single version, held to a limit on its mean latency.',
    world: world({ versions: [page('reviews-v2', 33)], criteria: [latency('absolute', 200)], interval_seconds: 15, iterations: 8, max_increment: 20 }),
  },
  aa: {
    short: 'A/A',
    title: 'A/A: two equal versions, and traffic that follows',
    tells: 'Nobody should win. The split follows the beliefs, as in a real experiment.',
    world: world({ versions: alike, criteria: [errors(0.05), CONVERSIONS], requests_per_second: 20, interval_seconds: 30, iterations: 100, max_increment: 10 }),
  },
  drift: {
    short: 'Drift',
    title: 'Drift: rates fall for all while traffic moves',
    tells: 'Both versions are the same and get better together. Whoever compares sums sees a difference that is only one of time.',
    world: world({ versions: unsold(0.04), criteria: [relativeErrors(1)], requests_per_second: 20, interval_seconds: 30, iterations: 51, max_increment: 2, drift: [[0, 1], [50, 0.25]] }),
  },
  incident: {
    short: 'Incident',
    title: 'Incident: everything fails ten times as often for a while',
    tells: 'Both versions are the same, and an outage hits both from the 20th to the 30th interval.',
    world: world({ versions: unsold(0.01), criteria: [relativeErrors(1.5)], requests_per_second: 20, interval_seconds: 30, iterations: 51, max_increment: 2, incident: { from: 20, to: 30, factor: 10 } }),
  },
  overdispersion: {
    short: 'Errors in bursts',
    title: 'Errors that come in bursts',
    tells: 'Both versions are the same; requests of one interval fail together, so that there is less news in them than their number says.',
    world: world({ versions: unsold(0.01), criteria: [relativeErrors(1)], requests_per_second: 20, interval_seconds: 50, iterations: 100, icc: 0.01, split: [50, 50] }),
  },
  heavy_tails: {
    short: 'Heavy tails',
    title: 'Heavy tails: a few requests take very long',
    tells: 'Both versions are the same; single requests that take for ever move the mean.',
    world: world({ versions: unsold(0, { mean: 100, distribution: 'lognormal', sigma: 1.5 }), criteria: [{ ...latency('relative', 1), id: 'latency' }], requests_per_second: 20, interval_seconds: 30, iterations: 100, split: [50, 50] }),
  },
  abn_many: {
    short: 'Ten candidates',
    title: 'Ten candidates, one of which is better',
    tells: 'The more candidates, the more chances for chance. v10 converts 15 %, all others 10 %.',
    world: world({ versions: Array.from({ length: 11 }, (_, index) => page(`v${index}`, 50, { error_rate: 0.01, conversion_rate: index === 10 ? 0.15 : 0.1 })), criteria: [errors(0.05), CONVERSIONS], requests_per_second: 100, interval_seconds: 30, iterations: 100, max_increment: 10 }),
    runs: 20,
  },
}

/** Those that are buttons; the others are in a list. */
export const FIRST = ['peeking', 'abn', 'ab', 'canary', 'canary_bad', 'conformance']
/** Those that the dashboard offers: why peeking fools shows in many experiments, not in one. */
export const WATCHED = FIRST.filter(key => key !== 'peeking')

function page(id, mean, rates = {}, times = {}) {
  return { id, error_rate: 0, conversion_rate: 0, books: [0, 0], ...rates, latency_ms: { mean, delay_probability: 0, delay_ms: 0, ...times } }
}

function world(says) {
  return { requests_per_second: 10, drift: [], icc: 0, ...says }
}
