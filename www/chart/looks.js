// The look of a mark -> its colours, widths and letters, as the style sheet's variables say at the moment.
//
// Not here: what looks like what (marks.js), painting.

import { round, shade } from '../pkg/component/words.js'

/** How marks look now: `of(mark)` gives `{ fill, fillOpacity, stroke, width, dash, opacity, size, weight, halo }`, `ground` the page's colour. */
export function looks() {
  const colours = palette()
  return { text: colours.text, ground: colours.ground, of: ({ look, index }) => LOOKS[look](colours, index === undefined ? colours.text : colours[`v${shade(index)}`], round(index ?? 0)) }
}

/** Calls `changed` whenever the theme has become another one. */
export function onTheme(changed) {
  new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ['data-theme'] })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed)
  matchMedia('(forced-colors: active)').addEventListener('change', changed)
}

let known
let knownOf

// A variable may say one thing for light and another for dark: an element's colour is what holds.
function palette() {
  const theme = `${document.documentElement.dataset.theme} ${matchMedia('(prefers-color-scheme: dark)').matches}`
  if (theme === knownOf) return known
  const probe = document.createElement('span')
  document.body.append(probe)
  known = Object.fromEntries(NAMES.map(name => {
    probe.style.color = `var(--${name})`
    return [name, getComputedStyle(probe).color]
  }))
  probe.remove()
  knownOf = theme
  return known
}

const LOOKS = {
  grid: ({ line }) => ({ stroke: line, width: 1 }),
  rule: ({ text }) => ({ stroke: text, width: 1.5, dash: [5, 4] }),
  line: (_, own, round) => ({ stroke: own, width: 2, dash: DASHES[round % DASHES.length] }),
  thick: (_, own) => ({ stroke: own, width: 3 }),
  dashed: (_, own, round) => ({ stroke: own, width: 1.5, dash: [3, 4 + 3 * (round % DASHES.length)], opacity: 0.85 }),
  'thick dashed': (_, own) => ({ stroke: own, width: 3, dash: [7, 5] }),
  area: ({ ground }, own) => ({ fill: own, fillOpacity: 0.55, stroke: ground, width: 0.5 }),
  dot: ({ ground }, own) => ({ fill: own, stroke: ground, width: 1.5 }),
  faint: (_, own) => ({ fill: own, fillOpacity: 0.14 }),
  tick: ({ quiet }) => ({ fill: quiet, size: 12, weight: 400 }),
  word: ({ text, ground }) => ({ fill: text, size: 12, weight: 400, halo: ground }),
  label: ({ ground }, own) => ({ fill: own, size: 12, weight: 600, halo: ground }),
  plain: ({ text, ground }) => ({ fill: text, size: 12, weight: 600, halo: ground }),
}
/** Where colours begin anew, lines have another pattern: unbroken, long, long and short. */
const DASHES = [undefined, [12, 4], [12, 4, 3, 4]]
const NAMES = ['ground', 'text', 'quiet', 'line', ...Array.from({ length: 10 }, (_, index) => `v${index}`)]
