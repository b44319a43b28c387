// A session's history and the picked criterion -> the descriptions of the dashboard's charts.
//
// Versions keep their colours everywhere: the baseline first and grey. Of very many the likeliest winners are drawn, and the
// caption says so. Not here: how a description is drawn (marks.js, plot.js).

import { SIGNS, amount, chance, clip, limitValue, number } from '../pkg/component/words.js'
import { belief, curve } from './belief.js'
import { clock, duration, extent, thin, ticks, timeTicks } from './scale.js'

/** Evidence for and against keeping the limit, against what is needed: the race. */
export function evidence(history, at, criterion) {
  const rows = seen(history)
  const places = drawnOf(history)
  const found = rows.flatMap(row => places.flatMap(place => [row.versions[place]?.criteria[at]?.satisfied, row.versions[place]?.criteria[at]?.violated]))
  const needed = history.rows.at(-1)?.versions.map(version => version.criteria[at]?.needed).find(value => value !== null && value !== undefined)
  if (needed === undefined) {
    return { ...blank(rows), words: 'There is no evidence to draw.', caption: criterion.limit ? 'No evidence yet: the first intervals are still open, or the limit is the baseline’s own.' : `${clip(criterion.id)} has no limit: there is nothing to show evidence for.` }
  }
  // What counts is the way up to the line: where evidence is overwhelming an arrow says so, and how much there is.
  const [bottom, top] = extent([...found, needed], 0)
  const y = [Math.max(Math.min(bottom, -needed), -3 * needed), Math.min(Math.max(top, needed * 1.25), 6 * needed)].map(end => end * 1.12)
  const layers = []
  const entries = [{ y: needed, name: `shown: ${number(needed)}`, look: 'rule' }]
  const arrows = []
  eachVersion(history, (version, index) => {
    const line = field => rows.map(row => [row.elapsed, row.versions[index]?.criteria[at]?.[field] ?? null])
    for (const [field, look] of [['satisfied', 'line'], ['violated', 'dashed']]) {
      const { points, left } = within(line(field), y)
      layers.push({ kind: 'line', points, index, look })
      for (const [x, value] of left) arrows.push({ kind: 'arrow', x, y: value, isUp: value === y[1], index })
    }
    // Where it was shown for the first time.
    for (const field of ['satisfied', 'violated']) {
      const first = rows.findIndex(row => row.versions[index]?.criteria[at]?.[field] >= needed)
      if (first > 0) layers.push({ kind: 'dot', x: rows[first].elapsed, y: clamp(rows[first].versions[index].criteria[at][field], y), index })
    }
    const last = version.criteria[at]
    if (last?.satisfied !== null && last?.satisfied !== undefined) {
      const most = Math.max(last.satisfied, last.violated)
      entries.push({ y: clamp(most, y), before: `${SIGNS[last.verdict] ?? ''} `, name: version.id, after: most > y[1] ? ` ↑ ${number(most)}` : '', index, most })
    }
  })
  // Of those beyond the axis the strongest first.
  entries.sort((one, other) => (other.most ?? needed) - (one.most ?? needed))
  layers.push({ kind: 'rule', at: needed }, ...arrows, { kind: 'legend', entries })
  const beyond = arrows.length ? ' An arrow: it goes on beyond the axis.' : ''
  return { ...time(rows), y, yTicks: ticks(y, 4).map(tick => ({ at: tick, text: number(tick) })), height: tall(entries), layers, words: raceWords(history, at, needed), caption: `How strong the evidence is that ${clip(criterion.id)} keeps its limit (solid) or violates it (dashed): over the line it is shown, however often one looks. In natural logarithms of the e-value.${beyond}${some(history)}` }
}

/** What no look has ruled out. Undefined where there is no confidence sequence to come. */
export function sequence(history, at, criterion) {
  const rows = seen(history)
  const places = drawnOf(history)
  const ends = row => places.flatMap(place => [row.versions[place]?.criteria[at]?.sequence_lower, row.versions[place]?.criteria[at]?.sequence_upper])
  // The first looks rule out nearly nothing: the axis is that of the later half.
  const later = rows.slice(rows.length >> 1).flatMap(ends)
  const limit = criterion.limit?.value
  if (!later.some(end => end !== null && end !== undefined)) {
    if (!criterion.limit || history.last.assessment.method === 'v1') return undefined
    return { ...blank(rows), words: 'Nothing is ruled out yet.', caption: 'Nothing is ruled out yet: that takes a few intervals with requests, of a mean more than of a share.' }
  }
  const y = extent([...later, limit], 0.15)
  const isRatio = criterion.limit?.isRelative
  const layers = []
  const entries = limit === undefined ? [] : [{ y: limit, name: 'limit', look: 'rule' }]
  const open = []
  eachVersion(history, (version, index) => {
    const line = field => rows.map(row => [row.elapsed, row.versions[index]?.criteria[at]?.[field] ?? null])
    const known = ([, value]) => value !== null
    const [upper, lower] = [line('sequence_upper'), line('sequence_lower')]
    const area = [upper, lower].map(points => points.filter(known).map(([x, value]) => [x, clamp(value, y)]))
    if (area[0].length === area[1].length) layers.push({ kind: 'area', upper: area[0], lower: area[1], index, look: 'faint' })
    // What is known of one look alone has no length.
    if (area[0].length === 1 && area[1].length === 1) layers.push({ kind: 'line', points: area.flat(), index })
    for (const points of [upper, lower]) layers.push({ kind: 'line', points: within(points, y).points, index })
    const last = [upper.at(-1), lower.at(-1)].filter(known).map(([, value]) => clamp(value, y))
    if (last.length) entries.push({ y: (last[0] + last.at(-1)) / 2, name: version.id, index })
    // Under a limit relative to it the baseline has no ratio of its own.
    else if (!(isRatio && index === 0)) open.push(clip(version.id))
  })
  if (limit !== undefined) layers.push({ kind: 'rule', at: limit })
  layers.push({ kind: 'legend', entries })
  const text = value => (isRatio ? `${number(value)} ×` : amount(value, criterion))
  const words = (history.rows.at(-1)?.versions ?? []).map(({ id, criteria }) => `${id}: ${text(criteria[at]?.sequence_lower)} to ${text(criteria[at]?.sequence_upper)}`).join('; ')
  const unknown = open.length ? ` Of ${open.slice(0, 3).join(', ')}${open.length > 3 ? ' and others' : ''} nothing is ruled out yet.` : ''
  return { ...time(rows), y, yTicks: ticks(y, 4).map(tick => ({ at: tick, text: text(tick) })), height: tall(entries), layers, words, caption: `Where the true value${isRatio ? ', as a multiple of the baseline’s,' : ''} may still be: nothing seen so far rules it out. ${promise(history, criterion)}${unknown}${some(history)}` }
}

// What a confidence sequence is worth: that of a share supposes independent requests, the verdict does not.
function promise({ last: { assessment } }, criterion) {
  const scattered = assessment.notes.filter(({ code, values }) => code === 'overdispersion' && values?.metric === criterion.metricId)
  if (scattered.length) {
    const [first, ...others] = scattered.map(({ values }) => `${clip(String(values.version))} (${number(values.phi)} times)`)
    return `Not to be relied on here: the intervals of ${[first, ...others.slice(0, 1)].join(' and ')}${others.length > 1 ? ' and others' : ''} scatter more than chance alone makes them, so the true value may lie outside. Verdicts allow for that.`
  }
  if (criterion.kind === 'mean') return 'Right however often one looks, where intervals are alike; more requests narrow it, longer intervals widen it again.'
  return 'Right however often one looks, where requests are independent of each other.'
}

/** What is believed of each version: a row a version, on one axis. */
export function beliefs(history, at, criterion) {
  const { assessment } = history.last
  const versions = history.rows.at(-1)?.versions ?? []
  const places = drawnOf(history)
  const height = Math.max(220, 40 + 26 * places.length)
  const isKnown = one => one && one.value !== null && one.lower !== null && one.upper !== null && one.upper > one.lower
  const known = places.map(place => versions[place]?.criteria[at]).filter(isKnown)
  if (known.length === 0) return { ...blank([]), x: [0, 1], words: 'Nothing is believed yet.', caption: 'Nothing is believed yet: there are no data.' }
  const x = extent(known.flatMap(({ lower, upper }) => [lower, upper]), 0.25)
  const layers = []
  const names = []
  places.forEach((place, row) => {
    const base = places.length - 1 - row
    names.push({ y: base, text: clip(versions[place].id), index: place })
    const one = versions[place].criteria[at]
    if (!isKnown(one)) return
    const found = belief(one, { kind: criterion.kind, method: assessment.method, intervals: intervalsOf(assessment, place, at) })
    const upper = curve(found, one, x).map(([value, share]) => [value, base + share * ROW])
    layers.push({ kind: 'area', upper, lower: upper.map(([value]) => [value, base]), index: place, look: 'faint' }, { kind: 'line', points: upper, index: place })
  })
  const limit = limitValue(criterion, at, assessment)
  if (limit !== undefined && limit >= x[0] && limit <= x[1]) layers.push({ kind: 'rule', at: limit, text: 'limit', isMoment: true })
  layers.push({ kind: 'names', names })
  const words = places.map(place => [versions[place].id, versions[place].criteria[at]]).map(([id, one]) => `${id}: observed ${amount(one?.value, criterion)}, believed with 95 % between ${amount(one?.lower, criterion)} and ${amount(one?.upper, criterion)}`).join('; ')
  return { x, xTicks: ticks(x, 5).map(tick => ({ at: tick, text: amount(tick, criterion) })), y: [0, places.length], yTicks: [], height, left: 16 + LETTER * Math.max(...names.map(({ text }) => text.length)), layers, words, caption: `${CAPTIONS[criterion.kind]} Each is drawn to the same height.${some(history)}` }
}

/** How likely each version was to win, look by look. */
export function wins(history) {
  const rows = seen(history)
  const layers = []
  const entries = []
  eachVersion(history, (version, index) => {
    layers.push({ kind: 'line', points: rows.map(row => [row.elapsed, row.versions[index]?.win ?? null]), index })
    entries.push({ y: version.win ?? 0, name: version.id, after: ` ${chance(version.win)}`, index })
  })
  layers.push({ kind: 'legend', entries })
  const words = history.rows.at(-1).versions.map(({ id, win }) => `${id}: ${chance(win)}`).join('; ')
  return { ...time(rows), y: [0, 1], yTicks: [0, 0.5, 1].map(at => ({ at, text: `${at * 100} %` })), height: tall(entries), layers, words, caption: `How likely each version is to be the one to run, as believed at each look. To win takes evidence too.${some(history)}` }
}

/** Percent of traffic for each version, stacked, with the moments of verdicts. */
export function traffic(history) {
  const rows = seen(history)
  const layers = []
  const below = rows.map(() => 0)
  const entries = []
  const stack = (index, splitOf, id) => {
    const lower = rows.map((row, at) => [row.elapsed, below[at]])
    rows.forEach((row, at) => (below[at] += splitOf(row)))
    layers.push({ kind: 'area', upper: rows.map((row, at) => [row.elapsed, below[at]]), lower, index })
    const now = splitOf(rows.at(-1))
    entries.push({ y: below.at(-1) - now / 2, name: id, after: ` ${now} %`, index, look: 'area' })
  }
  const places = drawnOf(history)
  const versions = history.rows.at(-1)?.versions ?? []
  for (const place of places) stack(place, row => row.versions[place]?.split ?? 0, versions[place].id)
  if (places.length < versions.length) {
    const rest = versions.map((_, place) => place).filter(place => !places.includes(place))
    stack(0, row => rest.reduce((sum, place) => sum + (row.versions[place]?.split ?? 0), 0), 'all others')
  }
  moments(history.rows).forEach(({ elapsed, ...said }, row) => layers.push({ kind: 'rule', at: elapsed, ...said, isMoment: true, row }))
  layers.push({ kind: 'legend', entries })
  const words = versions.map(({ id, split }) => `${id} ${split} %`).join(', ')
  return { ...time(rows), y: [0, 100], yTicks: [0, 50, 100].map(at => ({ at, text: `${at} %` })), height: tall(entries), layers, words: `Now: ${words}.` }
}

// The moments at which a winner was named, withdrawn, or a version rolled back: the last few.
function moments(rows) {
  const found = []
  rows.forEach((row, at) => {
    const before = rows[at - 1]
    if (!before) return
    if (row.winner && row.winner !== before.winner) found.push({ elapsed: row.elapsed, name: clip(row.winner), text: ' wins' })
    if (before.winner && !row.winner) found.push({ elapsed: row.elapsed, name: clip(before.winner), text: ' no longer' })
    row.versions.forEach((version, index) => {
      if (version.rollback && !before.versions[index]?.rollback) found.push({ elapsed: row.elapsed, name: clip(version.id), text: ' rolled back' })
    })
  })
  return found.slice(-MOMENTS_MAX)
}

// The places of the versions that are drawn: the baseline, and the likeliest winners if there are too many to tell apart.
function drawnOf(history) {
  const versions = history.rows.at(-1)?.versions ?? []
  const places = versions.map((_, place) => place)
  if (places.length <= DRAWN_MAX) return places
  const first = places.slice(1).sort((one, other) => versions[other].win - versions[one].win || one - other).slice(0, DRAWN_MAX - 1)
  return [0, ...first.sort((one, other) => one - other)]
}

// How many intervals the engine had of a version: a mean's belief has as many degrees of freedom, nearly.
function intervalsOf(assessment, place, at) {
  const found = [assessment.baseline_assessment, ...assessment.candidate_assessments].map(version => version.criterion_assessments)
  return [found[place]?.[at], ...(found[place] ?? []), ...found.flat()].map(one => one?.evidence?.intervals).find(Boolean)
}

function some(history) {
  const count = history.rows.at(-1)?.versions.length ?? 0
  return count > DRAWN_MAX ? ` Drawn are the baseline and the ${DRAWN_MAX - 1} likeliest winners of ${count} versions.` : ''
}

const eachVersion = (history, draw) => drawnOf(history).forEach(place => draw(history.rows.at(-1).versions[place], place))

const clamp = (value, [from, to]) => (value === null || value === undefined ? null : Math.min(Math.max(value, from), to))

// A line as far as the axis goes: `points` with gaps, and where they leave it, `left`, on its ends.
function within(line, [from, to]) {
  const points = []
  const left = []
  line.forEach(([x, value], at) => {
    const before = line[at - 1]
    const end = value === null ? null : clamp(value, [from, to])
    if (before && before[1] !== null && value !== null) {
      const was = clamp(before[1], [from, to])
      const cut = edge => [before[0] + ((x - before[0]) * (edge - before[1])) / (value - before[1]), edge]
      // It comes in, and it goes out.
      if (was !== before[1] && end !== was) points.push(cut(was))
      if (end !== value && end !== was) points.push(cut(end), [x, null]), left.push(cut(end))
    } else if (end !== value) left.push([x, end])
    points.push([x, end === value ? value : null])
  })
  return { points, left }
}

// Room for a legend's rows.
const tall = entries => Math.max(220, 40 + 15 * entries.length)

// A single look is drawn as if it had held for a moment: a point of a line cannot be seen.
function seen({ rows }) {
  return rows.length === 1 ? [{ ...rows[0], elapsed: rows[0].elapsed - 1 }, rows[0]] : thin(rows, POINTS)
}

function time(rows) {
  const x = [rows[0]?.elapsed ?? 0, rows.at(-1)?.elapsed ?? 1]
  if (!(x[1] > x[0])) x[1] = x[0] + 1
  const span = x[1] - x[0]
  const words = x[0] > LONG && span < DAY ? at => hour(rows.at(-1).now, at - x[1], span) : span < CLOSE ? clock : duration
  return { x, xTicks: span <= 1 ? [{ at: x[1], text: words(x[1]) }] : timeTicks(x, 4).map(at => ({ at, text: words(at) })) }
}

// Of an experiment that is long under way, minutes since its start tell nothing: the time of day.
function hour(now, seconds, span) {
  const at = new Date(Date.parse(now) + seconds * 1000)
  return Number.isNaN(at.getTime()) ? '' : at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: span < CLOSE ? '2-digit' : undefined })
}

const blank = rows => ({ ...time(rows), height: BLANK, y: [0, 1], yTicks: [], xTicks: [], layers: [] })

function raceWords(history, at, needed) {
  return history.rows.at(-1).versions.filter(({ criteria }) => typeof criteria[at]?.satisfied === 'number')
    .map(({ id, criteria }) => `${id}: ${number(criteria[at].satisfied)} for, ${number(criteria[at].violated)} against, of ${number(needed)}`).join('; ')
}

/** Seconds; within less, minutes alone would repeat. */
const CLOSE = 600
const LONG = 6000
const DAY = 86_400
const CAPTIONS = {
  proportion: 'What is believed of the true value: the Beta distribution behind the interval.',
  mean: 'What is believed of the true value: the distribution behind the interval, Student’s t of a mean, a Gamma of a rate.',
  quantile: 'A bell through the value and its 95 % interval: how the belief is shaped between them is not known here.',
}
/** A row's curve leaves some room to the row above. */
const ROW = 0.8
/** Nothing takes little room. */
const BLANK = 48
const DRAWN_MAX = 12
const MOMENTS_MAX = 4
/** Pixels that a letter takes, most of them less. */
const LETTER = 7.5
/** More points than this on a line cannot be told apart. */
const POINTS = 120
