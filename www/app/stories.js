// Ready worlds: what the tutorials compare, and why peeking fools.
//
// A world's true values are what nobody knows in an experiment of one's own; here they are known, so that one sees whether a
// verdict is right. Not here: drawing by chance (worker/world.js).

/** By their names in links. */
export const STORIES = {
  abn: {
    title: 'A/B/n: three versions of a product page',
    short: 'A/B/n',
    tells: 'v2 sells most but keeps people waiting; v3 sells more than v1 and is quick. Which one should win?',
    world: world({ versions: [version('v1', 1, 33, 6), version('v2', 1, 240, 18), version('v3', 1.2, 36, 14)], latencyLimit: 60, hasReward: true, requestsPerSecond: 20 }),
  },
  ab: {
    title: 'A/B: does the new page sell more?',
    short: 'A/B',
    tells: 'v2 converts 12 % of its visitors, v1 only 8 %; both are quick and sound.',
    world: world({ versions: [version('v1', 1, 33, 8), version('v2', 1, 36, 12)], hasReward: true, requestsPerSecond: 20 }),
  },
  canary: {
    title: 'Canary: is the new version fit to take over?',
    short: 'Canary',
    tells: 'v2 is as quick and sound as v1. It may take over once that is shown.',
    world: world({ versions: [version('v1', 1, 33, 0), version('v2', 1, 36, 0)] }),
  },
  canary_bad: {
    title: 'Canary: a broken version',
    short: 'Broken canary',
    tells: 'One in eight requests to v2 fails. How many people have to see that?',
    world: world({ versions: [version('v1', 1, 33, 0), version('v2', 12, 36, 0)] }),
  },
  conformance: {
    title: 'Conformance: does one version keep its limits?',
    short: 'Conformance',
    tells: 'A single version, held to its limits.',
    world: world({ versions: [version('v1', 1, 33, 0)] }),
  },
  peeking: {
    title: 'Why peeking fools you',
    short: 'Why peeking fools you',
    tells: 'Both versions are the same, so that every winner is a false one. The more often one looks, the more often chance looks like a winner, unless the statistics allow for it.',
    world: world({ versions: [version('v1', 1, 50, 10), version('v2', 1, 50, 10)], latencyLimit: 200, hasReward: true, isEven: true }),
  },
}

/** What the playground's controls set: the path in a world, its words, and what is allowed. */
export const CONTROLS = [
  { key: 'rps', of: 'requestsPerSecond', label: 'Requests a second', min: 1, max: 100, step: 1 },
  { key: 'n', of: 'intervals', label: 'Intervals of 30 s', min: 10, max: 120, step: 10 },
  { key: 'peek', of: 'peekEvery', label: 'A look every … intervals', min: 1, max: 30, step: 1 },
  { key: 'drift', of: 'drift', label: 'Drift of errors and times by the end, %', min: -50, max: 100, step: 10, per: 100 },
  { key: 'elim', of: 'errorLimit', label: 'Limit of the error rate, %', min: 0.5, max: 20, step: 0.5, per: 100 },
  { key: 'llim', of: 'latencyLimit', label: 'Limit of the mean latency, ms', min: 10, max: 500, step: 10 },
]

/** The controls of each version. */
export const VERSION_CONTROLS = [
  { key: 'e', of: 'errorRate', label: 'True error rate, %', min: 0, max: 20, step: 0.1, per: 100 },
  { key: 'l', of: 'latency', label: 'True mean latency, ms', min: 5, max: 500, step: 1 },
  { key: 'c', of: 'conversionRate', label: 'True conversion rate, %', min: 0, max: 30, step: 0.1, per: 100 },
]

function version(id, errorPercent, latency, conversionPercent) {
  return { id, errorRate: errorPercent / 100, latency, conversionRate: conversionPercent / 100 }
}

function world(changes) {
  return { name: 'shop', errorLimit: 0.05, latencyLimit: 100, hasReward: false, requestsPerSecond: 10, seconds: 30, intervals: 40, peekEvery: 1, drift: 0, isEven: false, ...changes }
}
