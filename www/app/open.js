// A dialog in which one says what to watch: the demo, a story, or an experiment of one's own by paste, file or drop.
//
// A fault is shown where it is: the line is marked, the field named, in the engine's words. Not here: what is watched.

import { html } from './dom.js'
import { read } from './reading.js'
import { demo, own, past, story } from './sources.js'
import { STORIES } from './stories.js'

/** The dialog's element and `show()`; `choose(source)` tries a source and throws where its experiment is wrong. */
export function dialog(choose) {
  const gutter = html('pre', { class: 'gutter', 'aria-hidden': 'true' })
  const text = html('textarea', { id: 'text', rows: 14, spellcheck: 'false', autocomplete: 'off', 'aria-describedby': 'fault', onscroll: () => (gutter.scrollTop = text.scrollTop), oninput: () => number() })
  const backend = html('input', { id: 'backend', type: 'url', placeholder: 'http://localhost:9090', autocomplete: 'url', 'aria-describedby': 'backend-help' })
  const file = html('input', { id: 'file', type: 'file', accept: '.json,.yaml,.yml', onchange: () => file.files[0] && take(file.files[0]) })
  const fault = html('p', { id: 'fault', role: 'alert', class: 'fault' })
  const go = html('button', { type: 'submit', class: 'main' }, 'Watch it')
  const noDemo = html('p', { class: 'quiet', hidden: true }, 'No demo here: it belongs to `iter8-analytics serve --demo`.')
  const demoButton = html('button', { type: 'button', onclick: async () => pick((await demo()) ?? void (noDemo.hidden = false)) }, 'The server’s demo')
  const stories = Object.entries(STORIES).filter(([key]) => key !== 'peeking').map(([key, { short }]) => html('button', { type: 'button', onclick: () => pick(story(key)) }, short))
  const form = html('form', { method: 'dialog', onsubmit },
    html('h2', { id: 'open-title' }, 'What to watch'),
    html('fieldset', {}, html('legend', {}, 'Ready to see'), html('div', { class: 'row' }, demoButton, ...stories), noDemo),
    html('fieldset', {}, html('legend', {}, 'Your own'),
      html('label', { for: 'backend' }, 'Prometheus'), backend,
      html('p', { id: 'backend-help', class: 'quiet' }, 'Asked by your browser, so it has to allow that (CORS). Empty, if the metric data stand in the experiment.'),
      html('label', { for: 'text' }, 'Experiment, JSON or YAML: paste it, drop a file, or '), html('label', { for: 'file', class: 'link' }, 'choose a file'), file,
      html('div', { class: 'editor' }, gutter, text), fault),
    html('div', { class: 'row end' }, html('button', { type: 'button', onclick: () => made.close() }, 'Cancel'), go))
  const made = html('dialog', { 'aria-labelledby': 'open-title', ondragover: event => event.preventDefault(), ondrop }, form)
  number()
  return { element: made, show, take, text }

  function show({ backend: address, text: content, error, lineOf } = {}) {
    if (address !== undefined) backend.value = address
    if (content !== undefined) text.value = content
    number()
    tell(error, lineOf)
    if (!made.open) made.showModal()
  }

  async function onsubmit(event) {
    event.preventDefault()
    tell()
    let opened
    go.disabled = true
    try {
      opened = await read(text.value)
      await pick(opened.history ? past(opened.history) : own({ experiment: opened.experiment, text: text.value, backend: address() }))
    } catch (error) {
      tell(error, opened?.lineOf)
    } finally {
      go.disabled = false
    }
  }

  async function pick(source) {
    if (!source) return
    await choose(source)
    made.close()
  }

  function address() {
    const given = backend.value.trim()
    if (given === '') return undefined
    const found = URL.parse?.(given) ?? undefined
    if (!found || !/^https?:$/.test(found.protocol)) throw new Error(`\`${given}\` is no address of a Prometheus: it begins with http:// or https://`)
    return given.replace(/\/+$/, '')
  }

  function ondrop(event) {
    event.preventDefault()
    const [dropped] = event.dataTransfer.files
    if (dropped) take(dropped)
  }

  async function take(given) {
    if (given.size > SIZE_MAX) return show({ error: new Error(`the file has ${Math.round(given.size / 1e6)} MB, at most 40 are read`) })
    show({ text: await given.text() })
    if (/"kind":"iter8-session"/.test(text.value.slice(0, 100))) form.requestSubmit()
  }

  function tell(error, lineOf) {
    const line = error && (error.line ?? (error.path ? lineOf?.(error.path) : undefined))
    const where = [line && `Line ${line}`, error?.path].filter(Boolean).join(', ')
    fault.textContent = error ? (where ? `${where}: ${error.message}` : error.message) : ''
    text.setAttribute('aria-invalid', error ? 'true' : 'false')
    number(line)
    if (!line) return
    const from = text.value.split('\n').slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0)
    const to = text.value.indexOf('\n', from)
    text.focus()
    text.setSelectionRange(from, to < 0 ? text.value.length : to)
    text.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(text).lineHeight))
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
