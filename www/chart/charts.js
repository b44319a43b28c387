// A session's history and the picked criterion -> the descriptions of the dashboard's four charts.
//
// Versions keep their colours everywhere: the baseline first and grey. Not here: how a description is drawn (plot.js).

import { amount, number } from '../pkg/component/words.js'
import { clock, duration, extent, thin, ticks, timeTicks } from './scale.js'

/** Evidence for and against keeping the limit, against what is needed: the race. */
export function evidence(history, at, criterion) {
  const rows = thin(history.rows, POINTS)
  const found = rows.flatMap(row => row.versions.flatMap(version => [version.criteria[at]?.satisfied, version.criteria[at]?.violated]))
  const needed = history.rows.at(-1)?.versions.map(version => version.criteria[at]?.needed).find(value => value !== null && value !== undefined)
  if (needed === undefined) {
    return { ...blank(rows), words: 'There is no evidence to draw.', caption: criterion.limit ? 'No evidence yet: the first intervals are still open, or the limit is the baseline’s own.' : `${criterion.id} has no limit: there is nothing to show evidence for.` }
  }
  // What counts is the way up to the line; far below it a line tells nothing more.
  const [, top] = extent([...found, needed])
  const y = [-1.5 * needed, Math.min(Math.max(top, needed * 1.25), 6 * needed) * 1.12]
  const bounded = value => (value === null || value === undefined ? null : Math.min(Math.max(value, y[0]), y[1]))
  const layers = [{ kind: 'rule', at: needed, text: `shown: ${number(needed)}` }]
  const labels = []
  eachVersion(history, (version, index) => {
    const line = field => rows.map(row => [row.elapsed, bounded(row.versions[index]?.criteria[at]?.[field])])
    layers.push({ kind: 'line', points: line('satisfied'), index })
    layers.push({ kind: 'line', points: line('violated'), index, style: 'dashed' })
    const last = version.criteria[at]
    if (last?.satisfied !== null && last?.satisfied !== undefined) {
      const isAgainst = last.violated > last.satisfied
      labels.push({ y: bounded(isAgainst ? last.violated : last.satisfied), text: version.id, index, sign: isAgainst ? '✕' : '✓' })
    }
  })
  if (labels.length <= 6) layers.push({ kind: 'labels', labels })
  return { ...time(rows), y, yTicks: ticks(y, 4).map(tick => ({ at: tick, text: number(tick) })), layers, words: raceWords(history, at, needed), caption: 'Natural logarithm of the e-value, over time. Solid: for keeping the limit; dashed: for violating it. Over the line it is shown, however often one looks.' }
}

/** What no look has ruled out: it narrows. Undefined where there is no confidence sequence. */
export function sequence(history, at, criterion) {
  const rows = thin(history.rows, POINTS)
  const ends = row => row.versions.flatMap(({ criteria }) => [criteria[at]?.sequence_lower, criteria[at]?.sequence_upper])
  // The first looks rule out nearly nothing: the axis is that of the later half.
  const later = rows.slice(rows.length >> 1).flatMap(ends)
  const limit = criterion.limit?.value
  if (!later.some(end => end !== null && end !== undefined)) return undefined
  const y = extent([...later, limit], 0.15)
  const isRatio = criterion.limit?.isRelative
  const layers = []
  eachVersion(history, (_, index) => {
    const line = field => rows.map(row => [row.elapsed, clamp(row.versions[index]?.criteria[at]?.[field], y)])
    const known = ([, value]) => value !== null
    const [upper, lower] = [line('sequence_upper').filter(known), line('sequence_lower').filter(known)]
    if (upper.length === lower.length) layers.push({ kind: 'area', upper, lower, index, style: 'faint' })
    layers.push({ kind: 'line', points: line('sequence_upper'), index }, { kind: 'line', points: line('sequence_lower'), index })
  })
  if (limit !== undefined) layers.push({ kind: 'rule', at: limit, text: 'limit' })
  const text = value => (isRatio ? `${number(value)} ×` : amount(value, criterion))
  const words = (history.rows.at(-1)?.versions ?? []).map(({ id, criteria }) => `${id}: ${text(criteria[at]?.sequence_lower)} to ${text(criteria[at]?.sequence_upper)}`).join('; ')
  return { ...time(rows), y, yTicks: ticks(y, 4).map(tick => ({ at: tick, text: text(tick) })), layers, words, caption: `Values${isRatio ? ' (as multiples of the baseline’s)' : ''} that no look so far has ruled out; they hold at all looks together.` }
}

/** What is believed of each version, side by side. */
export function beliefs(history, at, criterion) {
  const found = (history.rows.at(-1)?.versions ?? []).map(version => version.criteria[at])
  const known = found.filter(one => one?.value !== null && one?.lower !== null && one?.upper !== null && one?.upper > one?.lower)
  if (known.length === 0) return { ...blank([]), x: [0, 1], words: 'Nothing is believed yet.', caption: 'Nothing is believed yet: there are no data.' }
  const x = extent(known.flatMap(({ lower, upper }) => [lower, upper]), 0.35)
  const layers = []
  const labels = []
  let top = 0
  const curves = found.map(one => (known.includes(one) ? bell(one, x, criterion.isProportion) : []))
  for (const curve of curves) for (const [, height] of curve) top = Math.max(top, height)
  curves.forEach((curve, index) => {
    if (curve.length === 0) return
    const scaled = curve.map(([value, height]) => [value, height / top])
    layers.push({ kind: 'area', upper: scaled, lower: scaled.map(([value]) => [value, 0]), index, style: 'faint' }, { kind: 'line', points: scaled, index })
    const peak = scaled.reduce((one, other) => (other[1] > one[1] ? other : one))
    labels.push({ x: Math.min(Math.max(peak[0], x[0] + (x[1] - x[0]) * 0.12), x[1] - (x[1] - x[0]) * 0.12), y: peak[1], text: history.rows.at(-1).versions[index].id, index })
  })
  if (labels.length <= 6) layers.push({ kind: 'labels', labels })
  const words = history.rows.at(-1).versions.map(({ id }, index) => `${id}: ${amount(found[index]?.value, criterion)}, 95 % between ${amount(found[index]?.lower, criterion)} and ${amount(found[index]?.upper, criterion)}`).join('; ')
  return { x, xTicks: ticks(x, 5).map(tick => ({ at: tick, text: amount(tick, criterion) })), y: [0, 1.15], yTicks: [], layers, words, caption: 'Where each version’s true value is likely to be: a curve of the value and the 95 % interval that the engine gives.' }
}

/** Percent of traffic for each version, stacked, with the moments of verdicts. */
export function traffic(history) {
  const rows = thin(history.rows, POINTS)
  const layers = []
  const below = rows.map(() => 0)
  const labels = []
  eachVersion(history, (version, index) => {
    const lower = rows.map((row, at) => [row.elapsed, below[at]])
    rows.forEach((row, at) => (below[at] += row.versions[index]?.split ?? 0))
    layers.push({ kind: 'area', upper: rows.map((row, at) => [row.elapsed, below[at]]), lower, index })
    if (version.split >= 8) labels.push({ y: (below.at(-1) ?? 0) - version.split / 2 - 4, text: `${version.id} ${version.split} %`, index })
  })
  moments(history.rows).forEach(({ elapsed, text }, row) => layers.push({ kind: 'rule', at: elapsed, text, isMoment: true, row }))
  layers.push({ kind: 'labels', labels: labels.map(label => ({ ...label, index: PLAIN })) })
  const words = (history.rows.at(-1)?.versions ?? []).map(({ id, split }) => `${id} ${split} %`).join(', ')
  return { ...time(rows), y: [0, 100], yTicks: [0, 50, 100].map(at => ({ at, text: `${at} %` })), layers, words: `Now: ${words}.` }
}

// The moments at which a winner was named, withdrawn, or a version rolled back: the last few.
function moments(rows) {
  const found = []
  rows.forEach((row, at) => {
    const before = rows[at - 1]
    if (!before) return
    if (row.winner && row.winner !== before.winner) found.push({ elapsed: row.elapsed, text: `${row.winner} wins` })
    row.versions.forEach((version, index) => {
      if (version.rollback && !before.versions[index]?.rollback) found.push({ elapsed: row.elapsed, text: `${version.id} rolled back` })
    })
  })
  return found.slice(-3)
}

// A bell with the interval's two half widths: skewed beliefs lean as they do.
function bell({ value, lower, upper }, [from, to], isProportion) {
  const middle = Math.min(Math.max(value, lower + (upper - lower) * 0.05), upper - (upper - lower) * 0.05)
  const [left, right] = [(middle - lower) / 1.96, (upper - middle) / 1.96]
  const height = 2 / (left + right)
  const points = []
  // Even places for the tails, and closer ones for the peak, however narrow that is beside the others.
  const places = [...Array.from({ length: 61 }, (_, step) => from + ((to - from) * step) / 60), ...Array.from({ length: 61 }, (_, step) => middle + ((step - 30) / 8) * (step < 30 ? left : right))]
  for (const at of places.sort((one, other) => one - other)) {
    if (at < from || at > to || (isProportion && (at < 0 || at > 1))) continue
    const away = (at - middle) / (at < middle ? left : right)
    points.push([at, height * Math.exp(-0.5 * away * away)])
  }
  return points
}

const eachVersion = (history, draw) => (history.rows.at(-1)?.versions ?? []).forEach(draw)

const clamp = (value, [from, to]) => (value === null || value === undefined ? null : Math.min(Math.max(value, from), to))

function time(rows) {
  const x = [rows[0]?.elapsed ?? 0, rows.at(-1)?.elapsed ?? 1]
  if (!(x[1] > x[0])) x[1] = x[0] + 1
  return { x, xTicks: timeTicks(x, 5).map(at => ({ at, text: x[1] - x[0] < CLOSE ? clock(at) : duration(at) })) }
}

const blank = rows => ({ ...time(rows), y: [0, 1], yTicks: [], xTicks: [], layers: [] })

function raceWords(history, at, needed) {
  return history.rows.at(-1).versions.filter(({ criteria }) => typeof criteria[at]?.satisfied === 'number')
    .map(({ id, criteria }) => `${id}: ${number(criteria[at].satisfied)} for, ${number(criteria[at].violated)} against, of ${number(needed)}`).join('; ')
}

/** Seconds; within less, minutes alone would repeat. */
const CLOSE = 600
/** A class of its own: words on coloured ground. */
const PLAIN = 'plain'
/** More points than this on a line cannot be told apart. */
const POINTS = 160
