// A source -> a session: a look every few seconds, drawn, kept, exported.
//
// One look at a time: where one takes longer than the pace, the next waits. Not here: where looks come from (sources.js), what
// charts show (chart/charts.js).

import { withoutLogin } from './address.js'
import { html } from './dom.js'
import { call } from './engine.js'
import { saveCsv, saveJson, savePng, saveSvg } from './export.js'
import { writeFragment } from './fragment.js'
import { add, empty } from './history.js'
import { linked, paceOf } from './link.js'
import { dialog } from './open.js'
import { story } from './sources.js'
import { layout } from './view.js'

/** Fills `root` with the view; `open(parameters)` restores what a link says. */
export function begin(root) {
  // Whoever gives up waiting for a first look is not to see it later.
  const opened = dialog(choose, () => turn++)
  const view = layout({
    pause: () => (isPaused ? resume() : pause()),
    step: () => look(),
    pace: seconds => ((every = seconds), share(), later()),
    open: () => opened.show({ backend: source?.backend, text: source?.text }),
    export: kind => EXPORTS[kind](history, source?.name ?? 'session'),
    link,
  })
  root.append(view.element, opened.element)
  root.addEventListener('dragover', event => event.preventDefault())
  root.addEventListener('drop', event => {
    event.preventDefault()
    opened.take([...event.dataTransfer.files])
  })

  const EXPORTS = {
    JSON: saveJson,
    CSV: saveCsv,
    SVG: (_, name) => saveSvg(view.plots, name),
    PNG: (_, name) => savePng(view.plots, name),
  }
  let source
  let history = empty()
  let every = 5
  let isPaused = false
  let due = 0
  let under
  let restored
  let turn = 0
  let ended

  return { open }

  async function open(parameters) {
    const asked = parameters.toString()
    // The view comes back as it was, unless a link says something else.
    if (source && (asked === '' || asked === restored)) {
      // Nor is anything else wanted that was on its way.
      turn++
      return share()
    }
    view.loading()
    const nothing = () => view.empty(() => opened.show(), key => choose(story(key)))
    try {
      const { source: found, backend } = await linked(parameters)
      if (found) return await choose(found, paceOf(parameters))
      nothing()
      if (backend) opened.show({ backend })
    } catch (error) {
      if (!source) nothing()
      if (error.kind === 'link') {
        // Nor is anything wanted any more that was on its way.
        turn++
        view.broken(error.message)
        forget(parameters)
      } else opened.show({ error })
    }
  }

  // A password that a link brought does not stay in the address.
  function forget(parameters) {
    const backend = parameters.get('prometheus')
    if (backend) writeFragment('watch', { ...Object.fromEntries(parameters), prometheus: withoutLogin(backend) })
  }

  // The first look tells whether the experiment makes sense: what was watched goes on until then.
  async function choose(next, seconds) {
    const mine = ++turn
    const first = next.history ? undefined : await next.next()
    // Another was chosen meanwhile.
    if (mine !== turn) return
    due++
    ;[under, ended] = []
    source = next
    history = next.history ?? empty()
    every = seconds ?? next.seconds
    isPaused = next.kind === 'past' || next.isOnce === true
    view.source(source, every)
    if (first) add(history, first)
    draw()
    await share()
    later()
  }

  async function look() {
    if (under) return under
    due++
    const of = source
    under = of.next().then(
      found => {
        // Another source was chosen meanwhile.
        if (of !== source) return
        if (found) add(history, found)
        else pause(of.ends)
        view.failed(undefined)
        draw()
      },
      error => of === source && view.failed(error),
    )
    await under.finally(() => of === source && (under = undefined))
    if (of === source) later()
  }

  function draw() {
    if (history.last) view.draw(history, { isPaused })
    view.state({ isPaused, why: ended })
  }

  // The worker tells the time: in a tab that nobody sees, the page's own clock comes down to a tick a minute.
  function later() {
    const mine = ++due
    const next = () => mine === due && look()
    if (!isPaused && source) call('wait', every * 1000).then(next, () => setTimeout(next, every * 1000))
  }

  function pause(why) {
    isPaused = true
    ended = why
    due++
    view.state({ isPaused, why: ended })
  }

  function resume() {
    isPaused = false
    ended = undefined
    view.state({ isPaused })
    look()
  }

  async function share() {
    for (let of; of !== source; ) {
      of = source
      const parameters = await of.parameters()
      // Another was chosen while this one was packed: the address is that one's.
      if (of === source) restored = writeFragment('watch', { ...parameters, every: every === of.seconds ? undefined : every })
    }
  }

  // What happened, in two or three words.
  async function link() {
    await share()
    if (source.kind === 'past') return 'Share its file'
    if (source.kind === 'own' && !restored.includes('experiment=')) return 'Too large: export it'
    const isCopied = await (navigator.clipboard?.writeText(new URL(`#watch?${restored}`, location.href).href).then(() => true, () => false) ?? false)
    return isCopied ? 'Copied' : 'In the address bar'
  }
}
