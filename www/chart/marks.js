// A description of a chart and its size -> marks: paths and words with their places and looks, for whoever paints them.
//
// A description: `{ x, y, xTicks, yTicks, layers, words, left? }`, `left` the room for words there. Layers in order: `area`, `line`, `dot`, `rule`, `labels`, `names`. A mark is
// `{ path }` or `{ text, x, y, anchor }` with a `look` and for versions an `index`. Not here: colours (looks.js), data.

import { scale } from './scale.js'

/** The marks of a description in so many pixels. */
export function marks({ x, y, xTicks, yTicks, layers, left: room = MARGIN.left }, width, height) {
  const [left, right] = [Math.min(room, width / 2), width - MARGIN.right]
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
  return [...grid, ...bottom, ...layers.flatMap(layer => LAYERS[layer.kind](layer, place, { left, right, height }))]
}

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

  /** A level or a moment, with a word. */
  rule: ({ at, text, isMoment, row = 0 }, place, { left, right, height }) => {
    const line = isMoment ? `M${round(place.x(at))} ${MARGIN.top}V${height - MARGIN.bottom}` : `M${left} ${round(place.y(at))}H${right}`
    const isLate = isMoment && place.x(at) > right - 8 * text.length - 6
    const [x, y] = isMoment ? [round(place.x(at)) + (isLate ? -6 : 6), MARGIN.top + 12 + 16 * row] : [left + 6, round(place.y(at)) - 6]
    return [{ path: line, look: 'rule' }, { text, x, y, anchor: isLate ? 'end' : 'start', look: 'word' }]
  },

  /** Words at the right end, moved apart where they would cover each other. */
  labels: ({ labels, look = 'label' }, place, { right, height }) => {
    const bottom = height - MARGIN.bottom
    const sorted = labels.map(label => ({ ...label, top: place.y(label.y) })).sort((one, other) => one.top - other.top)
    // A word about a line at the very top stands below it.
    let last = MARGIN.top + 3
    for (const label of sorted) last = label.top = Math.min(Math.max(label.top, last + 15), bottom)
    // Those at the ground push the ones above them up.
    let next = bottom + 15
    for (const label of sorted.toReversed()) next = label.top = Math.min(label.top, next - 15)
    return sorted.map(({ text, index, top }) => ({ text, x: right - 4, y: round(top) - 5, anchor: 'end', look, index }))
  },

  /** The name of each row, at its left. */
  names: ({ names }, place) => names.map(({ y, text, index }) => ({ text, x: 0, y: round(place.y(y)), anchor: 'start', look: 'label', index })),
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
const MARGIN = { left: 56, right: 12, top: 16, bottom: 24 }
