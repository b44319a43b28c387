// What came of many experiments -> a headline, the race of false winners, and the two methods side by side.
//
// Everything is of the experiments so far: it moves as they come. Not here: running them (play.js).

import { percent } from '../pkg/component/words.js'
import { plot } from '../chart/plot.js'
import { extent, ticks } from '../chart/scale.js'
import { html } from './dom.js'

/** The outcome's elements; `actions` are `run` and `cancel`. */
export function outcome(actions) {
  const headline = html('p', { class: 'headline' })
  // Said once, at the end: progress would be read out over and over.
  const said = html('p', { class: 'unseen', role: 'status' })
  const bar = html('progress', { max: 1, value: 0, 'aria-label': 'Experiments simulated' })
  const count = html('span', { class: 'quiet' })
  const button = html('button', { type: 'button', class: 'main', onclick: () => (isRunning ? actions.cancel() : actions.run()) }, 'Run')
  const chart = plot('False winners', 'Share of experiments in which a wrong version had been named the winner by then.', { height: 280 })
  const table = html('table', { class: 'facts' })
  const element = html('div', { class: 'outcome' }, headline, said, html('div', { class: 'row' }, button, bar, count), chart.figure, table)
  let isRunning = false
  let shownWorld

  return { element, begin, progress, end, failed, stale }

  function begin(world, runs) {
    shownWorld = world
    running(true)
    bar.max = runs
    bar.value = 0
    count.textContent = `0 of ${runs}`
    headline.textContent = 'Simulating …'
    element.classList.remove('stale')
  }

  function progress(found) {
    bar.value = found.done
    count.textContent = `${found.done} of ${found.of}`
    if (found.done >= FIRST_WORDS) headline.textContent = words(found)
    draw(found)
  }

  function end(found) {
    running(false)
    progress(found)
    headline.textContent = `${found.isCancelled ? 'Cancelled. So far: ' : ''}${words(found)}`
    said.textContent = headline.textContent
  }

  function failed({ message, path }) {
    running(false)
    headline.textContent = `This world cannot be simulated: ${path ? `${path}: ` : ''}${message}`
  }

  // What is shown is of other settings than the sliders': run it again.
  function stale() {
    running(false)
    element.classList.add('stale')
    headline.textContent = 'The world has changed: run it again.'
  }

  function running(is) {
    isRunning = is
    button.textContent = is ? 'Cancel' : 'Run'
  }

  function draw({ done, found, looks }) {
    const share = (method, kind) => found[method][kind].map((number, look) => [look + 1, number / done])
    const lines = { v1: share('v1', 'wrong'), sequential: share('sequential', 'wrong') }
    const [, top] = extent([...lines.v1, ...lines.sequential].map(([, value]) => value))
    const y = [0, Math.max(top * 1.1, 0.1)]
    const x = [1, Math.max(looks, 2)]
    const layers = [{ kind: 'rule', at: ALPHA, text: '5 %: what was promised at most' }]
    METHODS.forEach(([method, index]) => layers.push({ kind: 'line', points: lines[method], index, style: 'thick' }))
    layers.push({ kind: 'labels', labels: METHODS.map(([method, index]) => ({ y: lines[method].at(-1)?.[1] ?? 0, text: method, index })) })
    chart.draw({
      x, y, layers,
      xTicks: ticks(x, 6).filter(Number.isInteger).map(at => ({ at, text: `look ${at}` })),
      yTicks: ticks(y, 5).map(at => ({ at, text: `${Number((at * 100).toFixed(2))} %` })),
      words: METHODS.map(([method]) => `${method}: ${percent((lines[method].at(-1)?.[1]) ?? 0)} of ${done}`).join('; '),
    })
    const rows = [
      ['Named a wrong winner', method => share(method, 'wrong').at(-1)],
      ['Named a winner', method => share(method, 'any').at(-1)],
    ].map(([label, of]) => row(label, METHODS.map(([method]) => `${percent(of(method)?.[1] ?? 0)}${margin(of(method)?.[1] ?? 0, done)}`)))
    const decided = row('Median time to decide', METHODS.map(([method]) => time(found[method].first)))
    table.replaceChildren(html('caption', { class: 'unseen' }, 'The methods side by side'),
      html('thead', {}, html('tr', {}, html('td', {}), ...METHODS.map(([method]) => html('th', { scope: 'col' }, method)))),
      html('tbody', {}, ...rows, decided))
  }

  function time(first) {
    if (first.length === 0) return 'never'
    const sorted = first.toSorted((one, other) => one - other)
    const look = sorted[sorted.length >> 1]
    return `look ${look} (${(look * shownWorld.peekEvery * shownWorld.seconds) / 60} min)`
  }

  function words({ done, found, right, looks }) {
    const wrong = method => (found[method].wrong.at(-1) ?? 0) / done
    const truth = right.length === 0 ? 'No version is better than all others here, so every winner is a false one.' : `Here ${right.join(' or ')} should win.`
    return `${truth} Looking ${looks === 1 ? 'once' : `${looks} times`}, v1 named a wrong winner in ${whole(wrong('v1'))} of ${done} experiments, sequential in ${whole(wrong('sequential'))}.`
  }
}

const row = (label, cells) => html('tr', {}, html('th', { scope: 'row' }, label), ...cells.map(cell => html('td', {}, cell)))

// A percent sign stays on the line of its number.
const whole = share => percent(share).replaceAll(' ', '\u00a0')

// Two standard errors: how far chance alone may move a share of so many experiments.
const margin = (share, of) => (of < 2 ? '' : ` ± ${Number((200 * Math.sqrt(Math.max(share * (1 - share), 1 / of) / of)).toPrecision(2))}`)

/** Fewer experiments tell nothing. */
const FIRST_WORDS = 10
const ALPHA = 0.05
const METHODS = [['v1', 2], ['sequential', 1]]
