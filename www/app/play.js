// Sliders -> a world, hundreds of experiments in it, and how often either method would have declared wrongly.
//
// The whole state is in the address, changed as sliders move: a link shows the same world and, from the same seed, the
// same outcome. Not here: what happens in a world (worker/world.js), the outcome's words (outcome.js).

import { controls } from './controls.js'
import { html } from './dom.js'
import { race } from './engine.js'
import { writeFragment } from './fragment.js'
import { outcome } from './outcome.js'
import { fromParameters, toParameters } from './settings.js'
import { STORIES } from './stories.js'

/** Fills `root` with the view; `open(parameters)` restores what a link says. */
export function begin(root) {
  const stories = html('div', { class: 'row', role: 'group', 'aria-label': 'Stories' })
  const tells = html('p', { class: 'quiet about' })
  const knobs = html('form', { class: 'knobs', 'aria-label': 'The world', onsubmit: event => event.preventDefault() })
  const result = outcome({ run, cancel: () => under?.abort() })
  root.append(html('div', { class: 'play' },
    html('div', { class: 'bar' }, html('div', {}, html('h1', {}, 'Playground'), html('p', { class: 'quiet about' }, 'A world whose truth you set, and what each method makes of it, over many simulated experiments.')), stories),
    tells, html('div', { class: 'sides' }, knobs, result.element)))
  let settings
  let under
  let written

  return { open }

  function open(parameters) {
    if (settings && (parameters.toString() === '' || parameters.toString() === written)) return write()
    settings = fromParameters(parameters)
    draw()
    run()
  }

  function draw() {
    stories.replaceChildren(...Object.entries(STORIES).map(([key, { short }]) =>
      html('button', { type: 'button', 'aria-pressed': String(key === settings.story), onclick: () => {
        settings = fromParameters(new URLSearchParams({ story: key }))
        draw()
        run()
      } }, short)))
    tells.textContent = `${STORIES[settings.story].title}. ${STORIES[settings.story].tells}`
    knobs.replaceChildren(...controls(settings, isOther => {
      // Another number of versions has other sliders.
      if (isOther) draw()
      write()
      under?.abort()
      result.stale()
    }))
    write()
  }

  async function run() {
    under?.abort()
    const mine = (under = new AbortController())
    const { world, runs, seed } = structuredClone(settings)
    result.begin(world, runs)
    try {
      const found = await race({ world, runs, seed }, { signal: mine.signal, onProgress: progress => under === mine && !mine.signal.aborted && result.progress(progress) })
      if (under === mine) result.end(found)
    } catch (error) {
      if (under === mine) result.failed(error)
    }
  }

  function write() {
    const parameters = toParameters(settings)
    writeFragment('play', parameters)
    written = location.hash.split(/\?(.*)/s)[1] ?? ''
  }
}
