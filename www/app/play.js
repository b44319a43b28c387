// Sliders -> a world, hundreds of experiments in it, and how often either method would have declared wrongly.
//
// The whole state is in the address, changed as sliders move: a link shows the same world and, from the same seed, the
// same outcome. How often one looks needs no new simulation. Not here: what happens in a world (the engine's `simulate`), the
// outcome's words (outcome.js).

import { controls } from './controls.js'
import { html } from './dom.js'
import { race } from './engine.js'
import { writeFragment } from './fragment.js'
import { outcome } from './outcome.js'
import { fromParameters, toParameters } from './settings.js'
import { FIRST, STORIES } from './stories.js'

/** Fills `root` with the view; `open(parameters)` restores what a link says. */
export function begin(root) {
  const stories = html('div', { class: 'row', role: 'group', 'aria-label': 'Stories' })
  const title = html('h2', {})
  const tells = html('p', { class: 'about' })
  const knobs = html('form', { class: 'knobs', 'aria-label': 'The world', onsubmit: event => event.preventDefault() })
  const result = outcome({ run, cancel: () => under?.abort() })
  root.append(html('div', { class: 'play' },
    html('div', { class: 'bar' }, html('div', {}, html('h1', {}, 'Playground'), html('p', { class: 'quiet about' }, 'Set what is true; see what each method makes of it in many simulated experiments: method v1 as iter8-analytics 1.0 computed, method sequential as this engine does.')), stories),
    html('div', { class: 'tells' }, title, tells), html('div', { class: 'sides' }, knobs, result.element)))
  let settings
  let under
  let written

  return { open }

  function open(parameters) {
    if (settings && (parameters.toString() === '' || parameters.toString() === written)) return write()
    begun(fromParameters(parameters))
  }

  function begun(given) {
    settings = given
    draw()
    run()
  }

  function draw() {
    const choose = key => begun(fromParameters(new URLSearchParams({ story: key })))
    const buttons = FIRST.map(key => html('button', { type: 'button', 'aria-pressed': String(key === settings.story), onclick: () => choose(key) }, STORIES[key].short))
    const others = Object.keys(STORIES).filter(key => !FIRST.includes(key))
    const more = html('select', { 'aria-label': 'More worlds', onchange: ({ target }) => target.value && choose(target.value) },
      html('option', { value: '' }, 'More worlds…'), ...others.map(key => html('option', { value: key, selected: key === settings.story }, STORIES[key].short)))
    stories.replaceChildren(...buttons, more)
    title.textContent = STORIES[settings.story].title
    tells.textContent = STORIES[settings.story].tells
    knobs.replaceChildren(...controls(settings, changed))
    write()
  }

  function changed(what) {
    write()
    if (what === 'look') return result.look(settings.peek)
    under?.abort()
    // Other versions and switches have other sliders.
    if (what === 'sliders') draw()
    result.stale()
  }

  async function run() {
    under?.abort()
    const mine = (under = new AbortController())
    const { story, world, runs, seed, alpha, peek } = structuredClone(settings)
    result.begin({ world, runs, alpha, peek })
    try {
      const found = await race({ world: { ...world, name: story }, runs, seed, alpha }, { signal: mine.signal, onProgress: found => under === mine && !mine.signal.aborted && result.progress(found) })
      // A run that ended because the world changed has nothing to say any more.
      if (under === mine && !(mine.signal.aborted && result.isStale())) result.end(found, mine.signal.aborted)
    } catch (error) {
      if (under === mine) result.failed(error)
    }
  }

  function write() {
    written = writeFragment('play', toParameters(settings))
  }
}
