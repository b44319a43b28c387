// `<iter8-assessment>`: who wins and why, and how each version does, wherever HTML goes.
//
// Given an assessment it shows that; given an experiment and observations it loads the engine, once one is needed, and
// assesses by itself. Whatever it shows or cannot show, it says by the events `assessment` and `error`. Its style lives
// in its shadow tree and its colours are variables. Not here: fetching, time, history.

import { STYLE } from './component/style.js'
import { element, parts, patch, roomOf, table, verdict } from './component/view.js'

const GIVEN = ['experiment', 'observations', 'assessment', 'now']

// Where there is no document, as on a server that renders pages, importing this does nothing.
const Base = globalThis.HTMLElement ?? class {}

export class Iter8Assessment extends Base {
  static observedAttributes = GIVEN

  #given = {}
  #turn = 0
  #isDue = false
  #work
  #verdict
  #body
  #width = 0

  constructor() {
    super()
    // The waiting sentence is a status too: a screen reader hears when it becomes a verdict.
    this.#verdict = element('div', { class: 'verdict', part: 'verdict', role: 'status' })
    this.#body = element('div', { class: 'scroll', part: 'body' })
    const root = this.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [sheet()]
    root.append(this.#verdict, this.#body)
    // It tells before anything is painted.
    new ResizeObserver(([{ contentRect }]) => {
      this.#width = contentRect.width
      this.#fit()
    }).observe(this.#body)
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
    this.#try(() => {
      const words = verdict(assessment)
      const { head, rows } = parts(experiment, assessment)
      const [shownHead, shownRows] = [this.#body.querySelector('thead tr'), this.#body.querySelector('tbody')?.children]
      const isNew = shownHead?.children.length !== head.children.length || shownRows.length !== rows.length
      if (isNew) {
        this.#body.replaceChildren(table({ head, rows }))
        this.#fit()
      } else patch(shownHead, head)
      // What did not change is not said again.
      if (this.#verdict.textContent !== words.map(word => word.textContent).join('')) this.#verdict.replaceChildren(...words)
      // A table that may scroll can be reached by keyboard.
      for (const [key, value] of [['tabindex', '0'], ['role', 'region'], ['aria-label', 'Versions and criteria, scrollable']]) this.#body.setAttribute(key, value)
      // Where the last look's rows were not all drawn yet, this one's begin there: each has its turn.
      this.#work = { rows, assessment, at: (this.#work?.at ?? 0) % rows.length, left: isNew ? 0 : rows.length }
      this.#draw(this.#work)
    })
  }

  // Columns where there is room for them, else a block a row.
  #fit() {
    const head = this.#body.querySelector('thead tr')
    if (head) this.#body.classList.toggle('blocks', this.#width < roomOf(head) * parseFloat(getComputedStyle(document.documentElement).fontSize))
  }

  // Rows as there is time in a frame, the others in the next.
  #draw(work) {
    if (work !== this.#work) return
    this.#try(() => {
      const end = performance.now() + FRAME_MS
      const shown = this.#body.querySelector('tbody').children
      for (; work.left > 0; work.left--, work.at = (work.at + 1) % work.rows.length) {
        // Nothing is drawn in a tab that nobody sees, and no frame comes.
        if (performance.now() > end && !document.hidden) return void requestAnimationFrame(() => this.#draw(work))
        patch(shown[work.at], work.rows[work.at]())
        // A row's layout is done here, where its time is seen.
        if (work.rows.length > FEW) shown[work.at].offsetHeight
      }
      this.dispatchEvent(new CustomEvent('assessment', { detail: work.assessment }))
    })
  }

  #try(draw) {
    try {
      draw()
    } catch (error) {
      this.#fail(Object.assign(new Error(`this is no assessment: ${error.message}`), { path: 'assessment' }))
    }
  }

  #fail(error) {
    const { message, path = '' } = error
    this.#say(element('p', { class: 'error', part: 'error' }, path ? `${path}: ${message}` : message))
    this.dispatchEvent(new CustomEvent('error', { detail: error }))
  }

  #say(words) {
    this.#work = undefined
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

/** Of the 16 that a frame has. */
const FRAME_MS = 4
/** So many rows cost less than they would one by one. */
const FEW = 4

let shared

function sheet() {
  if (!shared) {
    shared = new CSSStyleSheet()
    shared.replaceSync(STYLE)
  }
  return shared
}

if (globalThis.customElements && !customElements.get('iter8-assessment')) customElements.define('iter8-assessment', Iter8Assessment)
