// A world -> its sliders and switches; moving one changes the world and tells so.
//
// Not here: what a slider's value does (knobs.js).

import { number } from '../pkg/component/words.js'
import { html } from './dom.js'
import { SWITCHES, addVersion, removeVersion } from './knobs.js'
import { VERSIONS_MAX, knobsOf, shownOf } from './settings.js'

/** The controls of `settings`; `changed(what)` is called after each change: `sliders`, `look`, or a value of the world. */
export function controls(settings, changed) {
  const { world } = settings
  const knobs = knobsOf(settings).map(([holder, knob, key]) => ({ holder, knob, element: slider(holder, knob, key, () => changed(knob.key === 'peek' ? 'look' : 'world')) }))
  const of = held => knobs.filter(({ holder }) => holder === held).map(({ element }) => element)
  const versions = world.versions.map((version, index) => group(world.versions.length === 1 ? `Version ${version.id}` : `${index === 0 ? 'Baseline' : 'Candidate'} ${version.id}`, index < OPEN_MAX, of(version)))
  const count = html('div', { class: 'row' },
    html('button', { type: 'button', disabled: world.versions.length >= VERSIONS_MAX, onclick: () => (addVersion(world), changed('sliders')) }, 'Add a version'),
    html('button', { type: 'button', disabled: world.versions.length <= 1, onclick: () => (removeVersion(world), changed('sliders')) }, 'Remove the last'))
  const flags = SWITCHES.map(({ key, label, get, set }) => html('label', { class: 'check' }, html('input', { type: 'checkbox', id: key, checked: get(world), onchange: ({ target }) => {
    set(world, target.checked)
    changed('sliders')
  } }), label))
  return [...versions, count, group('The experiment', true, [...of(world), ...flags]), group('How it is watched', true, of(settings))]
}

// Many versions would push all else out of sight.
function group(title, isOpen, children) {
  if (isOpen) return html('fieldset', {}, html('legend', {}, title), ...children)
  return html('details', {}, html('summary', {}, title), ...children)
}

function slider(holder, knob, key, changed) {
  const { label, min, max, step, per = 1, set, text } = knob
  const shown = () => (text ? text(holder) : number(shownOf(holder, knob)))
  const output = html('output', { for: key }, shown())
  const input = html('input', { type: 'range', id: key, min, max, step, value: shownOf(holder, knob), 'aria-valuetext': shown(), oninput: () => {
    set(holder, Number((Number(input.value) / per).toPrecision(9)))
    output.textContent = shown()
    input.setAttribute('aria-valuetext', shown())
    changed()
  } })
  return html('div', { class: 'slider' }, html('label', { for: key }, label), output, input)
}

/** More groups of sliders than this are closed at first. */
const OPEN_MAX = 3
