// A session and its charts -> files: JSON, CSV, one SVG of all charts, one PNG.
//
// Styles come from sheets; a file has none, so each element takes its computed ones along. Not here: what rows hold (history.js).

import { save, svg } from './dom.js'
import { toCsv, toJson } from './history.js'

export const saveJson = (history, name) => save(`${name}.json`, new Blob([toJson(history)], { type: 'application/json' }))

export const saveCsv = (history, name) => save(`${name}.csv`, new Blob([toCsv(history)], { type: 'text/csv' }))

export const saveSvg = (plots, name) => save(`${name}.svg`, new Blob([picture(plots).text], { type: 'image/svg+xml' }))

export async function savePng(plots, name) {
  const { text, width, height } = picture(plots)
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`
  await image.decode()
  const canvas = document.createElement('canvas')
  const density = 2
  canvas.width = width * density
  canvas.height = height * density
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height)
  save(`${name}.png`, await new Promise(resolve => canvas.toBlob(resolve, 'image/png')))
}

// All charts, one under the other, with their titles.
function picture(plots) {
  const style = getComputedStyle(document.body)
  const drawn = plots.filter(({ frame }) => frame.viewBox.baseVal?.width)
  const width = Math.max(...drawn.map(({ frame }) => frame.viewBox.baseVal.width), 320)
  let height = 16
  const parts = drawn.map(({ title, frame }) => {
    const copy = frame.cloneNode(true)
    const [from, to] = [[...frame.querySelectorAll('*')], [...copy.querySelectorAll('*')]]
    from.forEach((one, index) => carryStyle(one, to[index]))
    const size = frame.viewBox.baseVal
    copy.setAttribute('y', 28)
    copy.setAttribute('width', size.width)
    const words = svg('text', { x: 8, y: 18, fill: style.color, 'font-family': 'sans-serif', 'font-size': 15, 'font-weight': 600 }, title)
    const part = svg('g', { transform: `translate(0 ${height})` }, words, copy)
    height += size.height + 48
    return part
  })
  const whole = svg('svg', { xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${width} ${height}` },
    svg('rect', { width, height, fill: style.backgroundColor }), ...parts)
  return { text: new XMLSerializer().serializeToString(whole), width, height }
}

function carryStyle(from, to) {
  const style = getComputedStyle(from)
  to.removeAttribute('class')
  for (const name of CARRIED) to.setAttribute(name, style.getPropertyValue(name))
  to.setAttribute('font-family', 'sans-serif')
}

const CARRIED = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity', 'font-size', 'font-weight', 'paint-order']
