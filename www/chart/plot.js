// A description of a chart -> a figure with SVG in it, drawn anew whenever its data or its width change.
//
// A description: `{ x, y, xTicks, yTicks, layers, words }`. Layers are drawn in order: `area`, `line`, `rule`, `label`. Colours
// and fonts come from style/views.css by class. `words` say what is to be seen, for those who do not see it. Not here: data.

import { html, svg } from '../app/dom.js'
import { scale } from './scale.js'

/** A figure with a title and a caption; `draw(description)` fills it. */
export function plot(title, caption, { height = 200 } = {}) {
  const frame = svg('svg', { role: 'img', 'aria-label': title, class: 'plot', height })
  const note = html('p', { class: 'quiet' }, caption)
  const figure = html('figure', { class: 'panel' }, html('h2', {}, title), note, frame)
  let current
  const paint = () => {
    const width = Math.floor(frame.getBoundingClientRect().width)
    if (!current || width < 40) return
    frame.setAttribute('viewBox', `0 0 ${width} ${height}`)
    frame.setAttribute('aria-label', `${title}. ${current.words}`)
    frame.replaceChildren(...drawn(current, width, height))
  }
  const later = () => {
    due.add(paint)
    next ||= requestAnimationFrame(paintOne)
  }
  new ResizeObserver(later).observe(frame)
  const draw = description => {
    current = description
    if (description.caption) note.textContent = description.caption
    later()
  }
  return { figure, frame, title, draw }
}

// One chart a frame: however much there is to draw, the page stays quick.
const due = new Set()
let next = 0

function paintOne() {
  const [paint] = due
  due.delete(paint)
  next = due.size ? requestAnimationFrame(paintOne) : 0
  paint()
}

function drawn({ x, y, xTicks, yTicks, layers }, width, height) {
  const place = { x: scale(x, [MARGIN.left, width - MARGIN.right]), y: scale(y, [height - MARGIN.bottom, MARGIN.top]) }
  const [left, right] = [MARGIN.left, width - MARGIN.right]
  const grid = yTicks.flatMap(({ at, text }) => [
    svg('path', { class: 'grid', d: `M${left} ${round(place.y(at))}H${right}` }),
    svg('text', { class: 'tick', x: left - 8, y: round(place.y(at)) + 4, 'text-anchor': 'end' }, text),
  ])
  const bottom = xTicks.map(({ at, text }) => {
    const middle = round(place.x(at))
    // The last word ends with the chart.
    const isLast = middle > right - 24
    return svg('text', { class: 'tick', x: isLast ? right : middle, y: height - 6, 'text-anchor': isLast ? 'end' : 'middle' }, text)
  })
  return [...grid, ...bottom, ...layers.flatMap(layer => LAYERS[layer.kind](layer, place, { left, right, height }))]
}

const LAYERS = {
  line: ({ points, index, style = '' }, place) => [svg('path', { class: `line v${index % 10} ${style}`, d: path(points, place) })],

  /** Between two lines that share their places. */
  area: ({ upper, lower, index, style = '' }, place) => {
    if (upper.length === 0) return []
    const back = path(lower.toReversed(), place).replace(/^M/, 'L')
    return [svg('path', { class: `area v${index % 10} ${style}`, d: `${path(upper, place)}${back}Z` })]
  },

  /** A level or a moment, with a word. */
  rule: ({ at, text, isMoment, row = 0 }, place, { left, right, height }) => {
    const line = isMoment ? `M${round(place.x(at))} ${MARGIN.top}V${height - MARGIN.bottom}` : `M${left} ${round(place.y(at))}H${right}`
    const [x, y] = isMoment ? [Math.min(round(place.x(at)) + 6, right - 4), MARGIN.top + 12 + 16 * row] : [left + 6, round(place.y(at)) - 6]
    const anchor = isMoment && x > right - 90 ? 'end' : 'start'
    return [svg('path', { class: 'rule', d: line }), svg('text', { class: 'word', x: anchor === 'end' ? x - 12 : x, y, 'text-anchor': anchor }, text)]
  },

  /** Words at a place, moved apart where they would cover each other. */
  labels: ({ labels }, place, { right, height }) => {
    let last = MARGIN.top - 4
    const sorted = labels.map(label => ({ ...label, top: place.y(label.y) })).sort((one, other) => one.top - other.top)
    return sorted.map(({ x, text, index, top, sign }) => {
      last = Math.min(Math.max(top, last + 15), height - MARGIN.bottom)
      const [at, anchor] = x === undefined ? [right - 4, 'end'] : [place.x(x), 'middle']
      return svg('text', { class: `label ${typeof index === 'number' ? `v${index % 10}` : index}`, x: round(at), y: round(last) - 5, 'text-anchor': anchor }, sign ? `${sign} ${text}` : text)
    })
  },

  dot: ({ x, y, index }, place) => [svg('circle', { class: `dot v${index % 10}`, cx: round(place.x(x)), cy: round(place.y(y)), r: 5 })],
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

const MARGIN = { left: 56, right: 12, top: 16, bottom: 24 }
