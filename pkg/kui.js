// Kui's call of `POST /assessment`, computed in the process that makes it: same request in, same reply out.
//
// `assessment(request, options)` is the call as a function; `createXMLHttpRequest(options)` makes a class that stands in
// the place of `XMLHttpRequest`, so that Kui's own code stays as it is. Prometheus is asked directly, or through the
// caller's `ask`. Not here: routes other than the assessment, and a memory: Kui echoes `last_state` itself.

import init, { assess, observe, queries } from './index.js'

/** The reply of `POST /assessment` to `request`; rejects with the engine's Iter8Error where the request is wrong. */
export async function assessment(request, options) {
  const ask = asker(options)
  await init({ module: options.module })
  const experiment = options.method ? { ...request, method: options.method } : request
  const now = request?.now ?? (options.now ? await options.now() : new Date().toISOString())
  // Data in the request need no question.
  if (request?.observations) return assess(experiment, undefined, { now })
  const answers = []
  // Totals first, then the intervals that they make possible to ask for.
  for (let next; (next = queries(experiment, { now, answers })).length > 0; ) answers.push(...(await Promise.all(next.map(ask))))
  return assess(experiment, observe(experiment, answers, { now }), { now })
}

/** A class with what Kui uses of `XMLHttpRequest`, and what other callers of one JSON request do. */
export function createXMLHttpRequest(options) {
  asker(options)
  return class XMLHttpRequest extends EventTarget {
    readyState = 0
    status = 0
    statusText = ''
    responseText = ''
    responseType = ''
    responseURL = ''
    timeout = 0
    withCredentials = false
    onreadystatechange = null
    onload = null
    onloadend = null
    onerror = null
    onabort = null
    ontimeout = null
    #method
    #url
    /** Counts what was sent and aborted: what comes of an older one is nobody's. */
    #turn = 0

    open(method, url) {
      this.#turn++
      this.#method = String(method).toUpperCase()
      this.#url = String(url)
      Object.assign(this, { status: 0, statusText: '', responseText: '', responseURL: '' })
      this.#enter(1)
    }

    setRequestHeader() {
      if (this.readyState !== 1) throw new Error('setRequestHeader: the request is not open')
    }

    getResponseHeader(name) {
      return this.status && String(name).toLowerCase() === 'content-type' ? 'application/json' : null
    }

    getAllResponseHeaders() {
      return this.status ? 'content-type: application/json\r\n' : ''
    }

    /** The parsed reply with `responseType` "json", its text otherwise. */
    get response() {
      if (this.responseType !== 'json') return this.responseText
      return this.readyState === 4 && this.responseText ? JSON.parse(this.responseText) : null
    }

    send(body) {
      if (this.readyState !== 1) throw new Error('send: the request is not open')
      const turn = ++this.#turn
      const given = { method: this.#method, url: this.#url, body }
      // As over the network: who sets `onreadystatechange` after `send` misses nothing.
      respond(given, options).then(reply => turn === this.#turn && this.#finish(reply))
    }

    abort() {
      const isUnderWay = this.readyState > 0 && this.readyState < 4
      this.#turn++
      this.status = 0
      if (!isUnderWay) return
      this.#enter(4)
      this.#tell('abort')
      this.#tell('loadend')
      this.readyState = 0
    }

    #finish({ status, statusText, text }) {
      Object.assign(this, { status, statusText, responseURL: this.#url })
      this.#enter(2)
      this.responseText = text
      this.#enter(3)
      this.#enter(4)
      this.#tell('load')
      this.#tell('loadend')
    }

    #enter(state) {
      this.readyState = state
      this.#tell('readystatechange')
    }

    #tell(type) {
      const event = new Event(type)
      this[`on${type}`]?.call(this, event)
      this.dispatchEvent(event)
    }
  }
}

/** What the server would answer: its status and its text. */
async function respond({ method, url, body }, options) {
  // Kui joins address and path as files, which leaves `http:/host/assessment`: the end is what counts.
  if (!/\/assessment\/?([?#]|$)/.test(url)) return reply(404, 'Not Found', { detail: 'Not Found' })
  if (method !== 'POST') return reply(405, 'Method Not Allowed', { detail: 'Method Not Allowed' })
  try {
    return reply(200, 'OK', await assessment(JSON.parse(body), options))
  } catch (error) {
    if (error.name === 'Iter8Error') return reply(422, 'Unprocessable Entity', { detail: error.errors.map(detail) })
    if (error instanceof SyntaxError) return reply(422, 'Unprocessable Entity', { detail: [{ loc: ['body'], msg: error.message }] })
    return reply(500, 'Internal Server Error', { detail: error.message })
  }
}

function reply(status, statusText, value) {
  return { status, statusText, text: JSON.stringify(value) }
}

/** A fault in the server's form: where in the body, and what. */
function detail({ path, message }) {
  const steps = [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)]
  const loc = steps.map(([, quoted, index, word]) => (index !== undefined ? Number(index) : (word ?? JSON.parse(`"${quoted}"`))))
  return { loc: ['body', ...loc], msg: message }
}

/** How to ask Prometheus; a backend that fails is an answer too, and the reply says what is missing. */
function asker({ prometheus, ask, timeoutSeconds = 8 } = {}) {
  if (typeof ask === 'function') {
    return async query => {
      try {
        return await ask(query)
      } catch (error) {
        return { error: words(error) }
      }
    }
  }
  if (typeof prometheus !== 'string' && !(prometheus instanceof URL)) {
    throw new TypeError('iter8-analytics/kui: give `prometheus`, the address of one, or `ask`, a function of a query')
  }
  const root = String(prometheus).replace(/\/+$/, '')
  return async ({ metric, kind, ...parameters }) => {
    const address = `${root}/api/v1/${kind === 'range' ? 'query_range' : 'query'}`
    const text = new URLSearchParams(parameters)
    const signal = AbortSignal.timeout(timeoutSeconds * 1000)
    try {
      // What is too long for an address goes as a form.
      const isLong = String(text).length > ADDRESS_LENGTH_MAX
      const reply = isLong ? await fetch(address, { method: 'POST', body: text, signal }) : await fetch(`${address}?${text}`, { signal })
      return await reply.json()
    } catch (error) {
      return { error: `${root}: ${words(error)}` }
    }
  }
}

// What fetch itself says is "fetch failed"; why, its cause says, which may be several errors without words.
const words = error => error?.cause?.message || error?.cause?.code || error?.message || String(error)

const ADDRESS_LENGTH_MAX = 4000
