// A description of a chart -> a figure with a canvas in it, painted anew whenever its data, its width or the theme change.
//
// A canvas and no SVG: hundreds of looks cost no layout. Painting takes a few milliseconds of each frame, out of sight, until
// the picture is whole: however much there is to draw, the page stays quick. `words` say what is to be seen, for those who do not see it. Not here:
// where marks lie (marks.js), how they look (looks.js), data.

import { html } from '../app/dom.js'
import { looks, onTheme } from './looks.js'
import { below, marks } from './marks.js'

/**
 * A figure with a title and a caption. `draw(describe)` fills it: the description is asked for when it is painted, and without
 * one the figure is hidden. `drawn()` gives its marks and size as they are shown.
 */
export function plot(title, caption, { height = 200 } = {}) {
  const frame = html('canvas', { role: 'img', 'aria-label': title, class: 'plot' })
  const note = html('p', { class: 'quiet' }, caption)
  const figure = html('figure', { class: 'panel' }, html('h2', {}, title), note, frame)
  frame.style.height = `${height}px`
  let describe = () => undefined
  let current
  let width = 0
  const tall = () => (current.height ?? height) + below(current, width)
  const drawn = () => (current && width >= WIDTH_MIN ? { title, width, height: tall(), marks: marks(current, width, tall()) } : undefined)
  function* paint() {
    current = describe()
    if (figure.hidden !== !current) figure.hidden = !current
    if (!current) return
    yield
    const wanted = `${tall()}px`
    if (frame.style.height !== wanted) frame.style.height = wanted
    if (current.caption && note.textContent !== current.caption) note.textContent = current.caption
    const measured = drawn()
    if (!measured) return
    label(frame, `${title}. ${current.words}`)
    yield
    // What was measured before the pause: by now the figure may be hidden, and have no width.
    yield* canvas(frame, measured)
  }
  const later = () => {
    due.add(paint)
    next ||= requestAnimationFrame(paintSome)
  }
  // The observer tells the width: asking for it would cost a layout.
  new ResizeObserver(([{ contentRect }]) => {
    width = Math.floor(contentRect.width)
    later()
  }).observe(frame)
  onTheme(later)
  const draw = given => {
    describe = given
    later()
  }
  return { figure, title, draw, drawn }
}

function label(frame, words) {
  if (frame.getAttribute('aria-label') !== words) frame.setAttribute('aria-label', words)
}

function* canvas(frame, { width, height, marks: found }) {
  const density = Math.min(globalThis.devicePixelRatio || 1, DENSITY_MAX)
  const size = [width, height].map(pixels => Math.round(pixels * density))
  // Setting its size empties it too.
  ;[behind.width, behind.height] = size
  const pen = behind.getContext('2d')
  const { of } = looks()
  pen.scale(density, density)
  pen.lineJoin = 'round'
  for (const mark of found) {
    yield
    ;(mark.text === undefined ? line : word)(pen, mark, of(mark))
  }
  yield
  if (frame.width !== size[0] || frame.height !== size[1]) [frame.width, frame.height] = size
  const shown = frame.getContext('2d')
  shown.clearRect(0, 0, ...size)
  shown.drawImage(behind, 0, 0)
}

function line(pen, { path }, { fill, fillOpacity = 1, stroke, width, dash = [], opacity = 1 }) {
  const shape = new Path2D(path)
  if (fill) {
    pen.globalAlpha = fillOpacity
    pen.fillStyle = fill
    pen.fill(shape)
  }
  if (!stroke) return
  pen.globalAlpha = opacity
  pen.strokeStyle = stroke
  pen.lineWidth = width
  pen.setLineDash(dash)
  pen.stroke(shape)
}

function word(pen, { text, x, y, anchor }, { fill, size, weight, halo }) {
  pen.globalAlpha = 1
  pen.font = `${weight} ${size}px system-ui, sans-serif`
  pen.textAlign = ALIGNED[anchor]
  if (halo) {
    pen.setLineDash([])
    pen.lineWidth = 4
    pen.strokeStyle = halo
    pen.strokeText(text, x, y)
  }
  pen.fillStyle = fill
  pen.fillText(text, x, y)
}

const due = new Set()
let next = 0
let painting
let isLate = false
/** Where the picture is made that is painted at the moment. */
const behind = document.createElement('canvas')

function paintSome(begun) {
  // Others, such as the table, have taken this frame's time: then the next one.
  isLate = !isLate && performance.now() - begun > FRAME_MS
  if (isLate) return void (next = requestAnimationFrame(paintSome))
  const end = performance.now() + FRAME_MS
  try {
    do {
      if (!painting) {
        const [paint] = due
        due.delete(paint)
        painting = paint()
      }
      if (painting.next().done) painting = undefined
    } while ((painting || due.size) && performance.now() < end)
  } finally {
    // After one that cannot be painted, too: the others are not to wait for it.
    next = painting || due.size ? requestAnimationFrame(paintSome) : 0
  }
}

const ALIGNED = { start: 'left', middle: 'center', end: 'right' }
/** Of the 16 that a frame has. */
const FRAME_MS = 4
const WIDTH_MIN = 40
/** More pixels cannot be told apart, and cost. */
const DENSITY_MAX = 2
