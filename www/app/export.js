// A session and its charts -> files: JSON, CSV, one SVG of all charts, one PNG.
//
// The pictures are made of the very marks and colours that are on the screen. Not here: what rows hold (history.js).

import { looks } from '../chart/looks.js'
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

// All charts that are shown, one under the other, with their titles.
function picture(plots) {
  const style = looks()
  const drawn = plots.filter(({ figure }) => !figure.hidden).map(one => one.drawn()).filter(Boolean)
  const width = Math.max(...drawn.map(one => one.width), 320)
  let height = 16
  const parts = drawn.map(one => {
    const words = svg('text', { x: 8, y: 18, fill: style.text, 'font-size': 15, 'font-weight': 600 }, one.title)
    const part = svg('g', { transform: `translate(0 ${height})` }, words, svg('g', { transform: 'translate(0 28)' }, ...one.marks.map(mark => shape(mark, style.of(mark)))))
    height += one.height + 48
    return part
  })
  const whole = svg('svg', { xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${width} ${height}`, 'font-family': 'system-ui, sans-serif' },
    svg('rect', { width, height, fill: style.ground }), ...parts)
  return { text: new XMLSerializer().serializeToString(whole), width, height }
}

function shape(mark, { fill = 'none', fillOpacity, stroke, width, dash, opacity, size, weight, halo }) {
  if (mark.text === undefined) {
    return svg('path', { d: mark.path, fill, 'fill-opacity': fillOpacity, stroke, 'stroke-width': width, 'stroke-dasharray': dash?.join(' '), opacity, 'stroke-linejoin': 'round' })
  }
  const edge = halo ? { stroke: halo, 'stroke-width': 4, 'paint-order': 'stroke' } : {}
  return svg('text', { x: mark.x, y: mark.y, 'text-anchor': mark.anchor, fill, 'font-size': size, 'font-weight': weight, ...edge }, plain(mark.text))
}

// Characters that XML does not have make a picture that nothing opens.
const plain = text => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd').toWellFormed()
