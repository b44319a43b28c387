// What came of many experiments -> a headline, the races of false and right winners, and the two methods side by side.
//
// Everything is of the experiments so far: it moves as they come. Not here: running them (play.js), counting (tally.js).

import { percent } from '../pkg/component/words.js'
import { plot } from '../chart/plot.js'
import { duration, extent, ticks } from '../chart/scale.js'
import { html } from './dom.js'
import { METHODS, tally } from './tally.js'
import { truthOf } from './truth.js'

/** The outcome's elements; `actions` are `run` and `cancel`. */
export function outcome(actions) {
  const headline = html('p', { class: 'headline' })
  // Said once, at the end: progress would be read out over and over.
  const said = html('p', { class: 'unseen', role: 'status' })
  const bar = html('progress', { max: 1, value: 0, 'aria-label': 'Experiments simulated' })
  const count = html('span', { class: 'quiet' })
  const button = html('button', { type: 'button', class: 'main', onclick: () => (isRunning ? actions.cancel() : actions.run()) }, 'Run')
  const wrong = plot('False winners', 'Share of experiments in which a wrong version had been named the winner by then; the broken line is what method sequential promises at most.', { height: 260 })
  const right = plot('Right winners', 'Share of experiments in which a right version had been named the winner by then: how soon one knows.', { height: 260 })
  const table = html('table', { class: 'facts' })
  const element = html('div', { class: 'outcome' }, headline, said, html('div', { class: 'row' }, button, bar, count), html('div', { class: 'charts' }, wrong.figure, right.figure), table)
  let isRunning = false
  let shown
  let latest

  return { element, begin, progress, end, failed, stale, look, isStale: () => element.classList.contains('stale') }

  function begin(of) {
    shown = of
    latest = undefined
    running(true)
    bar.max = of.runs
    bar.value = 0
    count.textContent = `0 of ${of.runs}`
    headline.textContent = 'Simulating …'
    element.classList.remove('stale')
  }

  function progress(given) {
    latest = given
    const found = judged(given)
    const done = found.experiments.length
    bar.value = done
    count.textContent = `${done} of ${found.of} experiments`
    if (done === 0) return
    const counted = tallied(found)
    if (done >= FIRST_WORDS) headline.textContent = words(counted, found)
    draw(counted, found)
  }

  function end(given, isCancelled) {
    running(false)
    progress(given)
    const found = judged(given)
    const done = found.experiments.length
    headline.textContent = done === 0 ? 'Cancelled before the first experiment was done.' : `${isCancelled ? 'Cancelled. So far: ' : ''}${words(tallied(found), found)}`
    said.textContent = headline.textContent
  }

  function failed({ message, path }) {
    running(false)
    headline.textContent = `This world cannot be simulated: ${path ? `${path}: ` : ''}${message}`
    said.textContent = headline.textContent
  }

  // What is shown is of other settings than the sliders': run it again.
  function stale() {
    running(false)
    element.classList.add('stale')
    headline.textContent = 'The world has changed: run it again.'
  }

  /** The same experiments, looked at more or less often. */
  function look(peek) {
    if (!shown) return
    shown.peek = peek
    if (!latest || element.classList.contains('stale')) return
    progress(latest)
  }

  function running(is) {
    isRunning = is
    button.textContent = is ? 'Cancel' : 'Run'
  }

  function judged(found) {
    return found.truth ? { ...found, truth: truthOf(shown.world, found.truth) } : found
  }

  function tallied(found) {
    return tally(found, { peek: shown.peek, calls: shown.world.iterations - 1 })
  }

  function draw(counted, { experiments, truth }) {
    const done = experiments.length
    race(wrong, counted, 'wrong', done, { at: shown.alpha, name: `${percent(shown.alpha)}: promised at most` })
    if (truth.winners.length) race(right, counted, 'right', done)
    else right.draw(() => undefined)
    const share = kind => method => (counted[method][kind].at(-1) ?? 0) / done
    const shares = [
      ['Named a wrong winner', share('wrong')],
      ...(truth.winners.length ? [['Named a right winner', share('right')]] : []),
      ['Rolled back a sound version', method => (method === 'v1' ? undefined : counted[method].rolledBack / done)],
    ].map(([label, of]) => row(label, METHODS.map(method => (of(method) === undefined ? 'never does' : `${percent(of(method))}${margin(of(method), done)}`.replaceAll(' ', '\u00a0')))))
    const violating = truth.violating.length ? [row('Requests to versions beyond a limit', METHODS.map(method => percent(counted[method].violating / done)))] : []
    table.replaceChildren(html('caption', { class: 'unseen' }, 'The methods side by side'),
      html('thead', {}, html('tr', {}, html('td', {}), ...METHODS.map(method => html('th', { scope: 'col' }, `Method ${method}`)))),
      html('tbody', {}, ...shares, row('Median time to a winner', METHODS.map(method => time(counted[method].first, done))), ...violating))
  }

  function race(chart, counted, kind, done, promised) {
    const lines = Object.fromEntries(METHODS.map(method => [method, counted[method][kind].map((number, look) => [look + 1, number / done])]))
    const [, top] = extent(METHODS.flatMap(method => lines[method].map(([, value]) => value)))
    const y = [0, Math.min(Math.max(top * 1.15, shown.alpha * 2), 1.15)]
    const x = [1, Math.max(counted.v1.looks, 2)]
    const last = method => lines[method].at(-1)?.[1] ?? 0
    const entries = METHODS.map(method => ({ y: last(method), name: `method ${method} ${whole(last(method))}`, index: INDEX[method], look: LOOK[method] }))
    if (promised) entries.push({ y: promised.at, name: promised.name, look: 'rule' })
    const layers = [...(promised ? [{ kind: 'rule', at: promised.at }] : []),
      ...METHODS.map(method => ({ kind: 'line', points: lines[method], index: INDEX[method], look: LOOK[method] })), { kind: 'legend', entries }]
    chart.draw(() => ({
      x, y, layers,
      xTicks: ticks(x, 5).filter(Number.isInteger).map(at => ({ at, text: `look ${at}` })),
      yTicks: ticks([0, Math.min(y[1], 1)], 5).map(at => ({ at, text: `${Number((at * 100).toFixed(2))} %` })),
      words: METHODS.map(method => `method ${method}: ${percent(last(method))} of ${done}`).join('; '),
    }))
  }

  // Half of all experiments, not of those that decided: else the slowest would look quick.
  function time(first, done) {
    if (first.length * 2 < done) return first.length ? 'most name none' : 'none named'
    const look = first.toSorted((one, other) => one - other)[Math.ceil(done / 2) - 1]
    return `look ${look}, after ${duration(look * Math.min(shown.peek, shown.world.iterations - 1) * shown.world.interval_seconds)}`
  }

  function words(counted, { experiments, truth }) {
    const done = experiments.length
    const { looks } = counted.v1
    const wrong = method => whole((counted[method].wrong.at(-1) ?? 0) / done)
    return `${truth.words} Looking ${looks === 1 ? 'once' : `${looks} times`}, method v1 named a wrong winner in ${wrong('v1')} of ${done} experiments, method sequential in ${wrong('sequential')}.`
  }
}

const row = (label, cells) => html('tr', {}, html('th', { scope: 'row' }, label), ...cells.map(cell => html('td', {}, cell)))

// A percent sign stays on the line of its number.
const whole = share => percent(share).replaceAll(' ', '\u00a0')

// Two standard errors: how far chance alone may move a share of so many experiments.
const margin = (share, of) => (of < 2 ? '' : ` ± ${Number((200 * Math.sqrt(Math.max(share * (1 - share), 1 / of) / of)).toPrecision(2))}`)

/** Fewer experiments tell nothing. */
const FIRST_WORDS = 10
const INDEX = { v1: 2, sequential: 1 }
const LOOK = { v1: 'thick dashed', sequential: 'thick' }
