// What the playground's sliders set: each with its words, its range, and how it reads and writes a world.
//
// A value is shown `per` times as large: shares as percents. Not here: sliders as elements (controls.js), the address
// (settings.js).

import { duration } from '../chart/scale.js'
import { number } from '../pkg/component/words.js'
import { BOOKS, CONVERSIONS } from './stories.js'

const earns = metric => world => world.criteria.some(({ metric_id: id }) => id === metric)
const isHeldUp = world => world.versions.some(({ latency_ms: times }) => times.delay_probability > 0 || times.delay_ms > 0)
const always = () => true

/** The sliders of each version: `get(version)`, `set(version, value)`. */
export const VERSION_KNOBS = [
  { key: 'e', label: 'True error rate, %', min: 0, max: 20, step: 0.1, per: 100, fits: always, get: one => one.error_rate, set: (one, value) => (one.error_rate = value) },
  { key: 'l', label: 'True mean latency, ms', min: 5, max: 1000, step: 1, fits: always, get: one => one.latency_ms.mean, set: (one, value) => (one.latency_ms.mean = value) },
  { key: 'h', label: 'Requests held up, %', min: 0, max: 100, step: 1, per: 100, fits: isHeldUp, get: one => one.latency_ms.delay_probability, set: (one, value) => (one.latency_ms.delay_probability = value) },
  { key: 'm', label: 'Held up for, ms', min: 0, max: 5000, step: 100, fits: isHeldUp, get: one => one.latency_ms.delay_ms, set: (one, value) => (one.latency_ms.delay_ms = value) },
  { key: 'c', label: 'True conversion rate, %', min: 0, max: 30, step: 0.1, per: 100, fits: earns(CONVERSIONS.metric_id), get: one => one.conversion_rate, set: (one, value) => (one.conversion_rate = value) },
  { key: 'b', label: 'Books bought, mean', min: 0, max: 50, step: 0.5, fits: earns(BOOKS.metric_id), get: one => (one.books[0] + one.books[1]) / 2, set: (one, value) => (one.books = around(value, one.books)) },
]

/** The sliders of the experiment: `get(world)`, `set(world, value)`; `text` says what a value amounts to. */
export const WORLD_KNOBS = [
  { key: 'rps', label: 'Traffic, requests a second', min: 1, max: 200, step: 1, fits: always, get: world => world.requests_per_second, set: (world, value) => (world.requests_per_second = value) },
  { key: 'sec', label: 'Interval between two assessments, s', min: 5, max: 120, step: 5, fits: always, get: world => world.interval_seconds, set: (world, value) => (world.interval_seconds = Math.round(value)) },
  { key: 'n', label: 'Sample size', min: 5, max: 200, step: 1, fits: always, get: intervalsOf, set: setIntervals, text: sizeWords },
  { key: 'inc', label: 'A share grows by at most, %', min: 1, max: 50, step: 1, fits: world => world.max_increment !== undefined && !world.split, get: world => world.max_increment, set: (world, value) => (world.max_increment = value) },
  { key: 'drift', label: 'Drift of errors and times by the end, %', min: -90, max: 100, step: 5, per: 100, fits: always, get: driftOf, set: setDrift },
  { key: 'icc', label: 'How much requests of an interval fail together, %', min: 0, max: 10, step: 0.1, per: 100, fits: always, get: world => world.icc, set: (world, value) => (world.icc = value) },
  { key: 'hit', label: 'Factor of the incident', min: 1, max: 20, step: 1, fits: world => world.incident !== undefined, get: world => world.incident.factor, set: (world, value) => (world.incident.factor = value) },
]

/** The slider of a criterion's limit. */
export function limitKnob({ id, metric_id: metric, threshold }, index) {
  const base = { key: `lim${index}`, get: world => world.criteria[index].threshold.value, set: (world, value) => (world.criteria[index].threshold.value = value) }
  if (threshold.type === 'relative') return { ...base, label: `Limit of ${id}, × the baseline’s`, min: 0.5, max: 5, step: 0.05 }
  if (metric === 'iter8_mean_latency') return { ...base, label: `Limit of ${id}, ms`, min: 10, max: 1000, step: 10 }
  return { ...base, label: `Limit of ${id}, %`, min: 0.5, max: 100, step: 0.5, per: 100 }
}

/** The criteria that have a limit, with their places. */
export const limitsOf = world => world.criteria.map((criterion, index) => [criterion, index]).filter(([{ threshold }]) => threshold)

/** Switches, by their names in links. */
export const SWITCHES = [
  { key: 'reward', label: 'One criterion is the reward', get: world => world.criteria.some(({ is_reward: is }) => is), set: setReward },
  { key: 'even', label: 'Split evenly, whatever is recommended', get: world => Boolean(world.split), set: (world, is) => (is ? even(world) : delete world.split) },
]

/** One version more, like the last. */
export function addVersion(world) {
  const taken = world.versions.map(({ id }) => id)
  let at = world.versions.length + 1
  while (taken.includes(`v${at}`)) at++
  world.versions.push({ ...structuredClone(world.versions.at(-1)), id: `v${at}` })
  if (world.split) even(world)
}

/** Without the last version. */
export function removeVersion(world) {
  world.versions.pop()
  if (world.split) even(world)
}

function even(world) {
  world.split = world.versions.map(() => 100 / world.versions.length)
}

// The first call of the engine has no data yet.
function intervalsOf(world) {
  return world.iterations - 1
}

function setIntervals(world, count) {
  const drift = driftOf(world)
  world.iterations = Math.round(count) + 1
  setDrift(world, drift)
}

function driftOf(world) {
  return world.drift.length ? world.drift.at(-1)[1] - 1 : 0
}

function setDrift(world, drift) {
  world.drift = drift === 0 ? [] : [[0, 1], [intervalsOf(world), 1 + drift]]
}

function setReward(world, is) {
  world.criteria = world.criteria.filter(({ is_reward: isReward }) => !isReward)
  if (is) world.criteria.push(world.versions.some(({ books }) => books[1] > 0) ? BOOKS : CONVERSIONS)
}

function sizeWords(world) {
  const seconds = intervalsOf(world) * world.interval_seconds
  return `${number(world.requests_per_second * seconds)} requests in ${duration(seconds)}`
}

// Whole numbers around a mean, about as far apart as they were.
function around(mean, [least, most]) {
  const half = Math.min((most - least) / 2, mean)
  const from = Math.round(mean - half)
  return [from, Math.round(2 * mean) - from]
}
