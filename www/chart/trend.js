// Finished experiments and a metric -> the description of its chart: winners over time, each beside the baseline it beat.
//
// A dot for each winner with its interval, joined to the last one of the same service; the baselines grey. Not here: how a
// description is drawn (marks.js, plot.js), where values come from (app/finished.js).

import { amount, clip, number } from '../pkg/component/words.js'
import { extent, ticks } from './scale.js'

/** The chart of one metric; undefined where no finished experiment has a value of it. `services` give the colours. */
export function trend(finished, id, services) {
  const shown = finished.flatMap(one => {
    const at = Date.parse(one.ended)
    const [before, after] = [one.baseline.values.get(id), one.winner?.values.get(id)]
    const isKnown = Number.isFinite(at) && [before, after].some(found => found && found.value !== null)
    return isKnown ? [{ ...one, at: at / 1000, before, after }] : []
  })
  if (shown.length === 0) return undefined
  const metric = shown.at(-1).metrics.get(id)
  const limits = new Set(shown.map(one => one.metrics.get(id)?.limit).map(limit => (limit && !limit.isRelative ? limit.value : undefined)))
  const limit = limits.size === 1 ? [...limits][0] : undefined
  const all = shown.flatMap(({ before, after }) => [before?.value, after?.value, after?.lower, after?.upper])
  const own = extent(all, 0.15)
  const whole = extent([...all, limit], 0.15)
  // A limit far away would press all that happened into one line.
  const isNear = whole[1] - whole[0] < FAR * (own[1] - own[0])
  const y = isNear ? whole : own
  const layers = []
  if (limit !== undefined && isNear) layers.push({ kind: 'rule', at: limit, text: 'limit' })
  for (const { at, before } of shown) if (typeof before?.value === 'number') layers.push({ kind: 'dot', x: at, y: before.value, index: 0 })
  const labels = []
  for (const [index, service] of services.entries()) {
    const won = shown.filter(one => one.service === service && typeof one.after?.value === 'number')
    if (won.length === 0) continue
    layers.push({ kind: 'line', points: won.map(({ at, after }) => [at, after.value]), index: index + 1 })
    for (const { at, after } of won) {
      if (after.lower !== null && after.upper !== null) layers.push({ kind: 'line', points: [[at, after.lower], [at, after.upper]], index: index + 1 })
      layers.push({ kind: 'dot', x: at, y: after.value, index: index + 1 })
    }
    labels.push({ y: won.at(-1).after.value, text: `${services.length > 1 ? `${clip(service, 12)}: ` : ''}${clip(won.at(-1).winner.name)}`, index: index + 1 })
  }
  if (labels.length <= LABELS_MAX) layers.push({ kind: 'labels', labels })
  const text = value => amount(value, metric)
  const words = shown.slice(-SAID_MAX).map(({ name, ended, winner, baseline, before, after }) => `${ended.slice(0, 10)} ${name}: ${winner ? `${winner.name} ${text(after?.value)}, ` : ''}${baseline.name} ${text(before?.value)}`).join('; ')
  return { ...time(shown), y, yTicks: ticks(y, 4).map(at => ({ at, text: text(at) })), layers, words, caption: caption(shown, services, text) + (limit !== undefined && !isNear ? ` The limit, ${text(limit)}, is far outside.` : '') }
}

// From the first winner's value to the last one's, of each service.
function caption(shown, services, text) {
  const said = services.flatMap(service => {
    const won = shown.filter(one => one.service === service && typeof one.after?.value === 'number')
    if (won.length < 2) return []
    const [first, last] = [won[0], won.at(-1)]
    return [`${clip(service, 40) || 'No service named'}: from ${text(first.after.value)} (${clip(first.winner.name)}) to ${text(last.after.value)} (${clip(last.winner.name)}) over ${number(won.length)} winners.`]
  })
  return `${said.slice(0, SERVICES_SAID).join(' ')} Winners in colour with their 95 % intervals, baselines grey.`.trim()
}

function time(shown) {
  const all = shown.map(({ at }) => at)
  const [from, to] = [Math.min(...all), Math.max(...all)]
  const room = Math.max((to - from) * 0.06, 1800)
  // The last winner's name stands beside its dot.
  const x = [from - room, to + 4 * room]
  const step = STEPS.find(size => (x[1] - x[0]) / size <= TICKS_MAX)
  if (step === undefined) return { x, xTicks: monthTicks(x) }
  const xTicks = []
  for (let at = Math.ceil(x[0] / step) * step; at <= x[1]; at += step) xTicks.push({ at, text: instant(at, step < DAY ? { hour: '2-digit', minute: '2-digit' } : { day: 'numeric', month: 'short' }) })
  return { x, xTicks }
}

// Beginnings of months or years.
function monthTicks([from, to]) {
  const month = 30.44 * DAY
  const step = MONTHS.find(count => (to - from) / month / count <= TICKS_MAX) ?? Math.ceil((to - from) / month / TICKS_MAX / 12) * 12
  const first = new Date(from * 1000)
  const found = []
  for (let count = first.getUTCFullYear() * 12 + Math.ceil((first.getUTCMonth() + 1) / step) * step; ; count += step) {
    const at = Date.UTC(Math.floor(count / 12), count % 12) / 1000
    if (!(at <= to)) return found
    found.push({ at, text: instant(at, { month: 'short', year: 'numeric' }) })
  }
}

const instant = (seconds, options) => new Date(seconds * 1000).toLocaleString('en-GB', { ...options, timeZone: 'UTC' })

const DAY = 86_400
/** Between two words of the time axis, in seconds. */
const STEPS = [600, 1800, 3600, 3 * 3600, 6 * 3600, DAY, 2 * DAY, 7 * DAY]
const MONTHS = [1, 2, 3, 6, 12]
const TICKS_MAX = 6
/** Times the room that the values take. */
const FAR = 4
const LABELS_MAX = 6
const SAID_MAX = 20
const SERVICES_SAID = 3
