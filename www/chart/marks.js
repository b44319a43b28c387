// A description of a chart and its size -> marks: paths and words with their places and looks, for whoever paints them.
//
// A description: `{ x, y, xTicks, yTicks, layers, words, left? }`, `left` the room for words there. Layers in order: `area`, `line`, `dot`, `arrow`, `rule`, `labels`, `legend`, `names`. A mark is
// `{ path }` or `{ text, x, y, anchor }` with a `look` and for versions an `index`. Not here: colours (looks.js), data.

import { clip } from '../pkg/component/words.js'
import { scale } from './scale.js'

/** The marks of a description in so many pixels. */
export function marks({ x, y, xTicks, yTicks, layers, left: room = leftOf(yTicks) }, width, whole) {
  const height = whole - below({ layers }, width)
  const [left, right] = [Math.min(room, width / 2), width - rightOf({ layers }, width)]
  const place = { x: scale(x, [left, right]), y: scale(y, [height - MARGIN.bottom, MARGIN.top]) }
  const grid = yTicks.flatMap(({ at, text }) => [
    { path: `M${left} ${round(place.y(at))}H${right}`, look: 'grid' },
    { text, x: left - 8, y: round(place.y(at)) + 4, anchor: 'end', look: 'tick' },
  ])
  const bottom = apart(xTicks, place.x).map(({ at, text }) => {
    const middle = round(place.x(at))
    // The last word ends with the chart.
    const isLast = middle > right - 24
    return { text, x: isLast ? right : middle, y: height - 6, anchor: isLast ? 'end' : 'middle', look: 'tick' }
  }).filter(free)
  return [...grid, ...bottom, ...layers.flatMap(layer => LAYERS[layer.kind](layer, place, { left, right, height, width }))]
}

/** Pixels that the legend takes below a chart that is too narrow for one at its side. */
export const below = ({ layers }, width) => (width < NARROW ? ROW * entriesOf(layers).length : 0)

// Pixels to the left of a chart, for the words of its ticks.
const leftOf = ticks => Math.max(MARGIN.left, ...ticks.map(({ text }) => text.length * LETTER + 12))

// Pixels to the right of a chart.
function rightOf({ layers }, width) {
  const entries = entriesOf(layers)
  if (entries.length === 0 || width < NARROW) return MARGIN.right
  return Math.min(SAMPLE + LETTER_BOLD * Math.max(...entries.map(({ before = '', name, after = '' }) => before.length + name.length + after.length)), width * LEGEND_SHARE)
}

const entriesOf = layers => layers.find(({ kind }) => kind === 'legend')?.entries ?? []

// On a narrow chart every second word, third, ...
function apart(words, x) {
  const room = Math.min(...words.slice(1).map(({ at }, index) => Math.abs(x(at) - x(words[index].at))))
  const step = Math.ceil((Math.max(...words.map(({ text }) => text.length)) * LETTER + 8) / room) || 1
  return words.filter((_, index) => index % step === 0)
}

// The last word may have moved into the one before it.
function free({ x, anchor, text }, index, all) {
  const next = all[index + 1]
  return !next || anchor === 'end' || x + (text.length * LETTER) / 2 < next.x - next.text.length * LETTER * (next.anchor === 'end' ? 1 : 0.5)
}

const LAYERS = {
  line: ({ points, index, look = 'line' }, place) => [{ path: path(points, place), look, index }],

  /** Between two lines that share their places. */
  area: ({ upper, lower, index, look = 'area' }, place) => {
    if (upper.length === 0) return []
    const back = path(lower.toReversed(), place).replace(/^M/, 'L')
    return [{ path: `${path(upper, place)}${back}Z`, look, index }]
  },

  /** A place on a line. */
  dot: ({ x, y, index }, place) => [{ path: `M${round(place.x(x)) - 4} ${round(place.y(y))}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z`, look: 'dot', index }],

  /** Where a line leaves the chart. */
  arrow: ({ x, y, isUp, index }, place) => {
    const [middle, tip, back] = [round(place.x(x)), round(place.y(y)), isUp ? 8 : -8]
    return [{ path: `M${middle} ${tip}l5 ${back}h-10Z`, look: 'dot', index }]
  },

  /** A level or a moment, with a word where it has one. */
  rule: ({ at, name = '', text, isMoment, row = 0 }, place, { left, right, height }) => {
    const line = isMoment ? `M${round(place.x(at))} ${MARGIN.top}V${height - MARGIN.bottom}` : `M${left} ${round(place.y(at))}H${right}`
    if (!text) return [{ path: line, look: 'rule' }]
    if (!isMoment) return [{ path: line, look: 'rule' }, { text, x: left + 6, y: round(place.y(at)) - 6, anchor: 'start', look: 'word' }]
    // To the side on which there is room for it.
    const isLate = place.x(at) > right - 8 * (name + text).length - 6 && place.x(at) > (left + right) / 2
    const letters = Math.floor(((isLate ? place.x(at) - left : right - place.x(at)) - 6) / LETTER)
    return [{ path: line, look: 'rule' }, { text: clip(name, Math.max(letters - text.length, 4)) + text, x: round(place.x(at)) + (isLate ? -6 : 6), y: MARGIN.top + 12 + 16 * row, anchor: isLate ? 'end' : 'start', look: 'word' }]
  },

  /** Words at the right end, moved apart where they would cover each other; about a line at the very top, below it. */
  labels: ({ labels, look = 'label' }, place, { right, height }) =>
    apartDown(labels, place, height, MARGIN.top + 18).map(({ text, index, top }) => ({ text, x: right - 4, y: round(top) - 5, anchor: 'end', look, index })),

  /** What each line is: a piece of it and its name, beside its end; below a narrow chart, one under the other. */
  legend: ({ entries }, place, { left, right, height, width }) => {
    const isBelow = width < NARROW
    const start = isBelow ? left : right
    const letters = Math.floor((width - start - SAMPLE) / LETTER_BOLD + 0.01)
    const found = isBelow ? entries.map((entry, at) => ({ ...entry, top: height + ROW * at + 8 })) : apartDown(entries, place, height, MARGIN.top)
    return found.flatMap(({ before = '', name, after = '', index, look = 'line', top }) => {
      const middle = round(top)
      const sample = look === 'area' ? `M${start + 8} ${middle - 5}h16v10h-16Z` : `M${start + 8} ${middle}h20`
      const text = before + clip(name, Math.max(letters - before.length - after.length, 4)) + after
      return [{ path: sample, look, index }, { text, x: start + SAMPLE - 4, y: middle + 4, anchor: 'start', look: index === undefined ? 'word' : 'label', index }]
    })
  },

  /** The name of each row, at its left. */
  names: ({ names }, place) => names.map(({ y, text, index }) => ({ text, x: 0, y: round(place.y(y)), anchor: 'start', look: 'label', index })),
}

// Words from the top down with room for each, the first no higher than `first`.
function apartDown(words, place, height, first) {
  const bottom = height - MARGIN.bottom
  const sorted = words.map(word => ({ ...word, top: place.y(word.y) })).sort((one, other) => one.top - other.top)
  let last = first - 15
  for (const word of sorted) last = word.top = Math.min(Math.max(word.top, last + 15), bottom)
  // Those at the ground push the ones above them up.
  let next = bottom + 15
  for (const word of sorted.toReversed()) next = word.top = Math.min(word.top, next - 15)
  return sorted
}

// A gap where a value is unknown.
function path(points, place) {
  let text = ''
  let isDown = false
  for (const [x, y] of points) {
    if (y === null || y === undefined) {
      isDown = false
      continue
    }
    text += `${isDown ? 'L' : 'M'}${round(place.x(x))} ${round(place.y(y))}`
    isDown = true
  }
  return text
}

const round = value => Math.round(value * 10) / 10

/** Pixels that a tick's letter takes. */
const LETTER = 6.5
/** The same of a bold one. */
const LETTER_BOLD = 7.2
/** Below this width of a chart its legend stands below. */
const NARROW = 480
/** Of the width, at most. */
const LEGEND_SHARE = 0.42
/** Pixels of a legend's piece of a line. */
const SAMPLE = 36
/** Pixels of a legend's row. */
const ROW = 17
const MARGIN = { left: 56, right: 12, top: 16, bottom: 24 }
