// `<iter8-assessment>`: who wins and why, and how each version does, wherever HTML goes.
//
// Given an assessment it shows that; given an experiment and observations it loads the engine, once one is needed, and
// assesses by itself. Whatever it shows or cannot show, it says by the events `assessment` and `error`. Its style lives
// in its shadow tree and its colours are variables. Not here: fetching, time, history.

import { STYLE } from './component/style.js'
import { element, patch, table, verdict } from './component/view.js'

const GIVEN = ['experiment', 'observations', 'assessment', 'now']

// Where there is no document, as on a server that renders pages, importing this does nothing.
const Base = globalThis.HTMLElement ?? class {}

export class Iter8Assessment extends Base {
  static observedAttributes = GIVEN

  #given = {}
  #turn = 0
  #isDue = false
  #verdict
  #body

  constructor() {
    super()
    // The waiting sentence is a status too: a screen reader hears when it becomes a verdict.
    this.#verdict = element('div', { class: 'verdict', part: 'verdict', role: 'status' })
    this.#body = element('div', { class: 'scroll', part: 'body' })
    const root = this.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [sheet()]
    root.append(this.#verdict, this.#body)
  }

  connectedCallback() {
    // Properties that were set before this class was known hide its own.
    for (const name of GIVEN) {
      if (!Object.hasOwn(this, name)) continue
      const value = this[name]
      delete this[name]
      this[name] = value
    }
    this.#later()
  }

  attributeChangedCallback(name, _, text) {
    try {
      this.#set(name, text === null || name === 'now' ? (text ?? undefined) : JSON.parse(text))
    } catch (error) {
      this.#fail(Object.assign(new Error(`the attribute is no JSON: ${error.message}`), { path: name }))
    }
  }

  #set(name, value) {
    this.#given[name] = value
    this.#later()
  }

  // Several properties set one after the other are one change.
  #later() {
    if (this.#isDue || !this.isConnected) return
    this.#isDue = true
    queueMicrotask(() => {
      this.#isDue = false
      this.#update()
    })
  }

  async #update() {
    const turn = ++this.#turn
    const { experiment, observations, assessment } = this.#given
    if (assessment) return this.#show(experiment, assessment)
    if (!experiment || !(observations ?? experiment.observations)) {
      return this.#say(element('p', { class: 'waiting' }, experiment ? 'Waiting for metric data.' : 'Waiting for an experiment.'))
    }
    try {
      const { default: init, assess } = await import('./index.js')
      await init()
      // Whoever set something newer meanwhile has a turn of its own.
      if (turn !== this.#turn) return
      this.#show(experiment, assess(experiment, observations, { now: this.#given.now ?? experiment.now ?? new Date().toISOString() }))
    } catch (error) {
      if (turn === this.#turn) this.#fail(error)
    }
  }

  #show(experiment, assessment) {
    try {
      const words = verdict(assessment)
      const wanted = table(experiment, assessment)
      if (this.#body.firstChild) patch(this.#body.firstChild, wanted)
      else this.#body.append(wanted)
      // What did not change is not said again.
      if (this.#verdict.textContent !== words.map(word => word.textContent).join('')) this.#verdict.replaceChildren(...words)
      // A table that may scroll can be reached by keyboard.
      for (const [key, value] of [['tabindex', '0'], ['role', 'region'], ['aria-label', 'Versions and criteria, scrollable']]) this.#body.setAttribute(key, value)
    } catch (error) {
      return this.#fail(Object.assign(new Error(`this is no assessment: ${error.message}`), { path: 'assessment' }))
    }
    this.dispatchEvent(new CustomEvent('assessment', { detail: assessment }))
  }

  #fail(error) {
    const { message, path = '' } = error
    this.#say(element('p', { class: 'error', part: 'error' }, path ? `${path}: ${message}` : message))
    this.dispatchEvent(new CustomEvent('error', { detail: error }))
  }

  #say(words) {
    this.#verdict.replaceChildren(words)
    this.#body.replaceChildren()
    for (const key of ['tabindex', 'role', 'aria-label']) this.#body.removeAttribute(key)
  }

  static {
    for (const name of GIVEN) {
      Object.defineProperty(this.prototype, name, {
        enumerable: true,
        get() {
          return this.#given[name]
        },
        set(value) {
          this.#set(name, value ?? undefined)
        },
      })
    }
  }
}

let shared

function sheet() {
  if (!shared) {
    shared = new CSSStyleSheet()
    shared.replaceSync(STYLE)
  }
  return shared
}

if (globalThis.customElements && !customElements.get('iter8-assessment')) customElements.define('iter8-assessment', Iter8Assessment)
