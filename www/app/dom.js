// Names, attributes and children -> elements of HTML or SVG; listeners stand among the attributes as `onclick: f`.
//
// Text is only ever set as text: nothing that an experiment says becomes markup. Not here: styles, state.

/** An element of HTML. */
export const html = (name, attributes, ...children) => fill(document.createElement(name), attributes, children)

/** An element of SVG. */
export const svg = (name, attributes, ...children) => fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children)

/** A file that the browser saves. */
export function save(name, blob) {
  const address = URL.createObjectURL(blob)
  html('a', { href: address, download: name }).click()
  // The download has begun by then, and holds the data itself.
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}

/** Selects a line of a text that is edited, and brings it into sight. */
export function selectLine(area, line) {
  const from = area.value.split('\n').slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0)
  const to = area.value.indexOf('\n', from)
  area.focus()
  area.setSelectionRange(from, to < 0 ? area.value.length : to)
  area.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(area).lineHeight))
}

function fill(made, attributes = {}, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue
    if (typeof value === 'function') made.addEventListener(key.slice(2), value)
    else made.setAttribute(key, value === true ? '' : value)
  }
  made.append(...children.flat().filter(child => child !== undefined && child !== false))
  return made
}
