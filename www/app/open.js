// A dialog in which one says what to watch: the demo, a story, or an experiment of one's own by paste, file or drop.
//
// A fault is shown where it is: the line is marked, the field named, in the engine's words. Not here: what is watched.

import { addressOf } from './address.js'
import { html, selectLine } from './dom.js'
import { read } from './reading.js'
import { demo, own, past, story } from './sources.js'
import { STORIES, WATCHED } from './stories.js'

/**
 * The dialog's element, `show()` and `take(files)`; `choose(source)` tries a source and throws where its experiment is wrong,
 * `cancelled()` is called when the person does not want to wait for that.
 */
export function dialog(choose, cancelled) {
  const gutter = html('pre', { class: 'gutter', 'aria-hidden': 'true' })
  const text = html('textarea', { id: 'text', rows: 14, spellcheck: 'false', autocomplete: 'off', 'aria-describedby': 'fault', onscroll: () => (gutter.scrollTop = text.scrollTop), oninput: () => (number(), (several.hidden = true)) })
  const backend = html('input', { id: 'backend', type: 'url', placeholder: 'http://localhost:9090', autocomplete: 'url', 'aria-describedby': 'backend-help' })
  const file = html('input', { id: 'file', type: 'file', accept: '.json,.yaml,.yml', multiple: true, onchange: () => take([...file.files]) })
  const fault = html('p', { id: 'fault', role: 'alert', class: 'fault' })
  const which = html('select', { id: 'which' })
  const several = html('div', { class: 'row', hidden: true }, html('label', { for: 'which' }, 'There is more than one to look at. Which one?'), which)
  const go = html('button', { type: 'submit', class: 'main' }, 'Watch it')
  const noDemo = html('p', { class: 'quiet', hidden: true }, 'No demo here: it belongs to `iter8-analytics serve --demo`.')
  const demoButton = html('button', { type: 'button', onclick: async () => ready((await demo()) ?? void (noDemo.hidden = false)) }, 'The server’s demo')
  const stories = WATCHED.map(key => html('button', { type: 'button', onclick: () => ready(story(key)) }, STORIES[key].short))
  const form = html('form', { method: 'dialog', onsubmit },
    html('h2', { id: 'open-title' }, 'What to watch'),
    html('fieldset', {}, html('legend', {}, 'Ready to see'), html('div', { class: 'row' }, demoButton, ...stories), noDemo),
    html('fieldset', {}, html('legend', {}, 'Your own'),
      html('label', { for: 'backend' }, 'Prometheus'), backend,
      html('p', { id: 'backend-help', class: 'quiet' }, 'Asked by your browser, so it has to allow that (CORS). Empty, if the metric data stand in the experiment.'),
      html('p', {}, html('label', { for: 'text' }, 'Experiment, JSON or YAML: paste it, drop files, or '), html('label', { for: 'file', class: 'link' }, 'choose files')), file,
      html('div', { class: 'editor' }, gutter, text), several, fault),
    html('div', { class: 'row end' }, html('button', { type: 'button', onclick: () => (cancelled(), made.close()) }, 'Cancel'), go))
  const made = html('dialog', { 'aria-labelledby': 'open-title', oncancel: () => cancelled(), ondragover: event => event.preventDefault(), ondrop }, form)
  number()
  return { element: made, show, take, text }

  function show({ backend: address, text: content, error, lineOf } = {}) {
    if (address !== undefined) backend.value = address
    if (content !== undefined) {
      text.value = content
      several.hidden = true
    }
    number()
    tell(error, lineOf)
    if (!made.open) made.showModal()
  }

  async function onsubmit(event) {
    event.preventDefault()
    tell()
    let choice
    go.disabled = true
    go.textContent = 'Asking …'
    try {
      const { history, choices } = await read(text.value)
      if (history) return await pick(past(history))
      choice = chosen(choices)
      if (choice) await pick(own({ ...choice, text: text.value, backend: addressOf(backend.value), which: choices.length > 1 ? choices.indexOf(choice) : undefined }))
    } catch (error) {
      tell(error, choice?.lineOf)
    } finally {
      go.disabled = false
      go.textContent = 'Watch it'
    }
  }

  // Of several the person says which; asked once for the same ones.
  function chosen(choices) {
    const labels = choices.map(({ label }) => label)
    const isAsked = !several.hidden && labels.join('\n') === [...which.options].map(({ text }) => text).join('\n')
    several.hidden = choices.length === 1
    if (choices.length === 1 || isAsked) return choices[several.hidden ? 0 : which.selectedIndex]
    which.replaceChildren(...labels.map(label => html('option', {}, label)))
    which.focus()
  }

  async function ready(source) {
    tell()
    await pick(source).catch(error => tell(error))
  }

  async function pick(source) {
    if (!source) return
    await choose(source)
    made.close()
  }

  function ondrop(event) {
    event.preventDefault()
    take([...event.dataTransfer.files])
  }

  /** Reads files, such as experiments and the ConfigMap of their metrics: their texts one after the other. */
  async function take(files) {
    if (files.length === 0) return
    const size = files.reduce((sum, one) => sum + one.size, 0)
    if (size > SIZE_MAX) return show({ error: new Error(`the files have ${Math.round(size / 1e6)} MB, at most 40 are read`) })
    const texts = await Promise.all(files.map(one => one.text()))
    show({ text: texts.map(one => one.replace(/^\ufeff/, '')).join('\n---\n') })
    // The same files again are a change too.
    file.value = ''
    if (/"kind":"iter8-session"/.test(text.value.slice(0, 100))) form.requestSubmit()
  }

  function tell(error, lineOf) {
    const line = error && (error.line ?? (error.path ? lineOf?.(error.path) : undefined))
    const where = [line && `Line ${line}`, error?.path].filter(Boolean).join(', ')
    fault.textContent = error ? (where ? `${where}: ${error.message}` : error.message) : ''
    text.setAttribute('aria-invalid', error ? 'true' : 'false')
    number(line)
    if (!line) return
    selectLine(text, line)
  }

  function number(marked) {
    const count = Math.min(text.value.split('\n').length, LINES_MAX)
    const numbers = Array.from({ length: count }, (_, index) => (index + 1 === marked ? html('mark', {}, `${index + 1}\n`) : `${index + 1}\n`))
    gutter.replaceChildren(...numbers)
  }
}

const SIZE_MAX = 40_000_000
/** Numbers beside longer texts would make typing slow. */
const LINES_MAX = 20_000
