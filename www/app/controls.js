// A world -> its sliders and switches; moving one changes the world and tells so.
//
// Not here: what a slider's value does (worker/world.js).

import { number } from '../pkg/component/words.js'
import { html } from './dom.js'
import { FLAGS, RUNS_MAX, VERSIONS_MAX, addVersion } from './settings.js'
import { CONTROLS, VERSION_CONTROLS } from './stories.js'

/** The controls of `settings`; `changed(isOther)` is called after each change, true where there are other versions. */
export function controls(settings, changed) {
  const { world } = settings
  const versions = world.versions.map((version, index) =>
    html('fieldset', {}, html('legend', {}, index === 0 ? `${version.id}, the baseline` : version.id), ...VERSION_CONTROLS.filter(({ of }) => world.hasReward || of !== 'conversionRate').map(control => slider(version, control, `${control.key}${index}`, changed))))
  const count = html('div', { class: 'row' },
    html('button', { type: 'button', disabled: world.versions.length >= VERSIONS_MAX, onclick: () => (addVersion(world), changed(true)) }, 'Add a version'),
    html('button', { type: 'button', disabled: world.versions.length <= 1, onclick: () => (world.versions.pop(), changed(true)) }, 'Remove the last'))
  const flags = FLAGS.map(([key, of]) => html('label', { class: 'check' }, html('input', { type: 'checkbox', id: key, checked: world[of], onchange: ({ target }) => {
    world[of] = target.checked
    changed(true)
  } }), WORDS[of]))
  return [...versions, count,
    html('fieldset', {}, html('legend', {}, 'The experiment'), ...CONTROLS.map(control => slider(world, control, control.key, changed)), ...flags),
    html('fieldset', {}, html('legend', {}, 'The simulation'),
      slider(settings, { of: 'runs', label: 'Experiments', min: 10, max: RUNS_MAX, step: 10 }, 'runs', changed),
      slider(settings, { of: 'seed', label: 'Seed', min: 0, max: 999, step: 1 }, 'seed', changed))]
}

function slider(holder, { of, label, min, max, step, per = 1 }, id, changed) {
  const shown = () => number(Number((holder[of] * per).toPrecision(6)))
  const output = html('output', { for: id }, shown())
  const input = html('input', { type: 'range', id, min, max, step, value: holder[of] * per, oninput: () => {
    holder[of] = Number((Number(input.value) / per).toPrecision(9))
    output.textContent = shown()
    changed(false)
  } })
  return html('div', { class: 'slider' }, html('label', { for: id }, label), output, input)
}

const WORDS = { hasReward: 'Conversions are the reward', isEven: 'Split evenly, whatever is recommended' }
