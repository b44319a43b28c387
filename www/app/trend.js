// Files of finished experiments -> what became of each, over time: a sentence, a chart a metric, a table.
//
// They are kept while the page is open; of one experiment told twice the later telling counts. Not here: what counts as
// finished (finished.js), the charts' contents (chart/trend.js).

import { amount, number } from '../pkg/component/words.js'
import { plot } from '../chart/plot.js'
import { trend } from '../chart/trend.js'
import { html, save, selectLine } from './dom.js'
import { call } from './engine.js'
import { OUTCOMES, finishedOf, keyOf } from './finished.js'
import { quote } from './history.js'
import { parse } from './reading.js'
import { STORIES } from './stories.js'

/** Fills `root` with the view; its state is no part of the address. */
export function begin(root) {
  const file = html('input', { id: 'trend-file', class: 'file', type: 'file', accept: '.json,.yaml,.yml', multiple: true, onchange: () => take([...file.files]) })
  const text = html('textarea', { id: 'trend-text', rows: 6, spellcheck: 'false', autocomplete: 'off', 'aria-describedby': 'trend-fault' })
  const fault = html('p', { id: 'trend-fault', class: 'fault', role: 'alert' })
  const add = html('button', { type: 'submit', class: 'main' }, 'Add')
  const example = html('button', { type: 'button', onclick: () => busy(example, showExample) }, 'See an example')
  const form = html('form', { class: 'trend-form', onsubmit: event => {
    event.preventDefault()
    busy(add, () => read([{ name: 'pasted', text: text.value }]))
  } },
    html('p', {}, html('label', { for: 'trend-text' }, 'Experiment resources (kubectl get experiments -A -o yaml), replies of the server, or sessions that this page exported: paste them, drop files, or '), html('label', { for: 'trend-file', class: 'link' }, 'choose files')),
    file, text, fault, html('div', { class: 'row' }, add, example))
  const more = html('details', { open: true }, html('summary', {}, 'Add experiments'), form)
  const csv = html('button', { type: 'button', onclick: () => save('trend.csv', new Blob([toCsv(sorted())], { type: 'text/csv' })) }, 'Export CSV')
  const clear = html('button', { type: 'button', onclick: () => (known.clear(), (running = others = 0), (more.open = true), draw()) }, 'Clear')
  const headline = html('p', { class: 'headline', role: 'status' })
  const quiet = html('p', { class: 'quiet' })
  const charts = html('div', { class: 'charts' })
  const table = html('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Finished experiments, scrollable' })
  const controls = html('div', { class: 'row controls' }, csv, clear)
  root.append(html('div', { class: 'bar' }, html('div', {}, html('h1', {}, 'Finished experiments'), quiet), controls), html('div', { class: 'body' }, headline, more, charts, table))
  root.addEventListener('dragover', event => event.preventDefault())
  root.addEventListener('drop', event => {
    event.preventDefault()
    take([...event.dataTransfer.files])
  })
  const known = new Map()
  const plots = new Map()
  let running = 0
  let others = 0
  draw()
  return { open() {} }

  async function take(files) {
    if (files.length === 0) return
    const size = files.reduce((sum, one) => sum + one.size, 0)
    if (size > SIZE_MAX) return tell(new Error(`the files have ${Math.round(size / 1e6)} MB, at most 40 are read`))
    await busy(add, async () => read(await Promise.all(files.map(async one => ({ name: one.name.replace(/\.[^.]*$/, ''), text: await one.text() })))))
    // The same files again are a change too.
    file.value = ''
  }

  // All or none: what is wrong in one of several files is told with its name.
  async function read(texts) {
    const documents = []
    for (const { name, text } of texts) {
      const { documents: found } = await parse(text.replace(/^\ufeff/, '')).catch(error => {
        throw texts.length > 1 ? Object.assign(new Error(`${name}: ${error.message}`), { line: error.line }) : error
      })
      documents.push({ name, found })
    }
    // A ConfigMap of metrics may lie in a file of its own.
    const metrics = documents.flatMap(({ found }) => found).filter(one => one?.kind === 'ConfigMap')
    const told = []
    for (const { name, found } of documents) told.push(await finishedOf([...found.filter(one => one?.kind !== 'ConfigMap'), ...metrics], name))
    keep(told)
  }

  function keep(told) {
    const before = known.size
    for (const one of told.flatMap(({ finished }) => finished)) known.set(keyOf(one), one)
    const sum = field => told.reduce((total, one) => total + one[field], 0)
    ;[running, others] = [running + sum('running'), others + sum('others')]
    if (told.every(({ finished }) => finished.length === 0)) throw new Error(sum('running') ? 'no experiment among these is over: a resource is, once its phase is Completed, a reply, once it names a winner' : 'there is no experiment among these: expected Experiment resources, replies of the server, or exported sessions')
    if (before === 0) more.open = false
    text.value = ''
    draw()
  }

  async function busy(button, work) {
    tell()
    button.disabled = true
    try {
      await work()
    } catch (error) {
      tell(error)
    } finally {
      button.disabled = false
    }
  }

  function tell(error) {
    fault.textContent = error ? (error.line ? `Line ${error.line}: ${error.message}` : error.message) : ''
    text.setAttribute('aria-invalid', error ? 'true' : 'false')
    if (error) more.open = true
    if (error?.line && text.value) selectLine(text, error.line)
  }

  function sorted() {
    const at = ({ ended }) => Date.parse(ended) || Infinity
    return [...known.values()].sort((one, other) => at(one) - at(other) || (one.name < other.name ? -1 : 1))
  }

  function draw() {
    const all = sorted()
    const isEmpty = all.length === 0
    for (const one of [csv, clear]) one.disabled = isEmpty
    headline.textContent = isEmpty ? 'Add experiments that are over, to see who won, and what became of each metric from one winner to the next.' : summary(all)
    quiet.textContent = [running && `${number(running)} not over yet, left out`, others && `${number(others)} ${others === 1 ? 'document' : 'documents'} of other kinds passed over`].filter(Boolean).join(' · ')
    const ids = [...new Set(all.flatMap(({ metrics }) => [...metrics.keys()]))]
    const services = [...new Set(all.filter(({ winner }) => winner).map(({ service }) => service))]
    const shown = ids.slice(0, METRICS_MAX)
    if (ids.length > METRICS_MAX) quiet.textContent += ` · drawn are ${METRICS_MAX} of ${number(ids.length)} metrics, the table has all`
    for (const id of shown) if (!plots.has(id)) plots.set(id, plot(id, '', { height: 220 }))
    charts.replaceChildren(...shown.map(id => plots.get(id).figure))
    for (const id of shown) plots.get(id).draw(() => trend(all, id, services))
    table.replaceChildren(...(isEmpty ? [] : [tableOf(all, ids)]))
  }

  async function showExample() {
    const told = []
    for (let index = 0; index + 1 < RELEASES.length; index++) {
      const { experiment, assessment } = await release(index)
      const timestamp = `2026-0${index + 1}-12T10:00:00`
      told.push(await finishedOf([{ experiment, assessment: { ...assessment, timestamp }, namespace: 'simulated', name: `reviews-${index + 2}` }], ''))
    }
    keep(told)
  }
}

// Releases of a page one after the other, each against the one that runs, in worlds of the engine.
async function release(index) {
  const { world } = STORIES.canary
  const versions = [index, index + 1].map(at => ({ ...world.versions[0], ...RELEASES[at], id: `reviews-v${at + 1}`, latency_ms: { ...world.versions[0].latency_ms, ...RELEASES[at].latency_ms } }))
  const criteria = [...world.criteria, { id: 'iter8_error_rate', metric_id: 'iter8_error_rate', threshold: { type: 'absolute', value: 0.05 } }]
  const asked = { world: { ...world, name: 'reviews', versions, criteria, iterations: 40 }, seed: index + 1 }
  // A world ends early where every candidate is rolled back.
  let last
  for (let at = 0, look; !(look = await call('story', { ...asked, at })).isOver; at++) last = look
  return last
}

function summary(all) {
  const count = outcome => all.filter(one => one.outcome === outcome).length
  const [won, kept, open] = ['won', 'kept', 'open'].map(count)
  if (all.length === 1) return `One experiment is over: ${[won && 'a candidate won', kept && 'the baseline stays', open && 'nobody won'].find(Boolean)}.`
  const parts = [won && `a candidate won in ${won === all.length ? 'all of them' : number(won)}`, kept && `the baseline stayed in ${number(kept)}`, open && `nobody won in ${number(open)}`].filter(Boolean)
  return `${number(all.length)} experiments are over: ${parts.join(', ')}.`
}

function tableOf(all, ids) {
  // Rows become blocks on small screens: roles keep them a table to screen readers.
  const cell = (label, ...words) => html('td', { role: 'cell', 'data-label': label }, html('span', {}, ...words))
  const head = ['Experiment', 'Ended (UTC)', 'Service', 'Outcome', ...ids].map(title => html('th', { role: 'columnheader', scope: 'col' }, title))
  const rows = all.toReversed().map(one => html('tr', { role: 'row' },
    html('th', { role: 'rowheader', scope: 'row' }, one.name, one.namespace && html('small', {}, one.namespace)),
    cell('Ended (UTC)', one.ended ? one.ended.slice(0, 16).replace('T', '\u00a0').replaceAll('-', '\u2011') : 'unknown'),
    cell('Service', one.service || 'unknown'),
    cell('Outcome', ...(one.winner ? [html('strong', {}, `★ ${one.winner.name}`), html('small', {}, `over ${one.baseline.name}`)] : [OUTCOMES[one.outcome], html('small', {}, one.baseline.name)])),
    ...ids.map(id => cell(id, ...valueOf(one, id)))))
  return html('table', { role: 'table', class: 'facts wide' }, html('thead', { role: 'rowgroup' }, html('tr', { role: 'row' }, ...head)), html('tbody', { role: 'rowgroup' }, ...rows))
}

// The winner's value, or the baseline's where there is none, and what stands beside it.
function valueOf({ winner, baseline, metrics }, id) {
  const [metric, before, after] = [metrics.get(id), baseline.values.get(id), winner?.values.get(id)]
  if (!before && !after) return ['–']
  if (!winner) return [amount(before?.value, metric)]
  return [amount(after?.value, metric), html('small', {}, [`baseline ${amount(before?.value, metric)}`, ...improvement(after?.better)].join(', '))]
}

// The engine's 95 % interval, in words.
function improvement(better) {
  if (!better) return []
  const [from, to] = better
  const size = end => number(Math.abs(end))
  if (from >= 0) return [`better by ${size(from)} to ${size(to)}\u00a0%`]
  if (to <= 0) return [`worse by ${size(to)} to ${size(from)}\u00a0%`]
  return [`from ${size(from)}\u00a0% worse to ${size(to)}\u00a0% better`]
}

function toCsv(all) {
  const head = ['ended', 'namespace', 'experiment', 'service', 'outcome', 'version', 'role', 'criterion', 'value', 'lower', 'upper', 'better_percent_lower', 'better_percent_upper']
  const lines = all.flatMap(one => [['baseline', one.baseline], ['winner', one.winner]].flatMap(([role, version]) =>
    (version ? [...version.values] : []).map(([id, { value, lower, upper, better }]) =>
      [one.ended, one.namespace, one.name, one.service, OUTCOMES[one.outcome], version.name, role, id, value, lower, upper, ...(better ?? [null, null])])))
  return [head, ...lines].map(line => line.map(quote).join(',')).join('\r\n') + '\r\n'
}

const SIZE_MAX = 40_000_000
const METRICS_MAX = 12
/** What the example's versions are like; the last one is broken. */
const RELEASES = [[48, 0.016], [44, 0.012], [41, 0.014], [45, 0.009], [36, 0.006], [40, 0.2]].map(([mean, rate]) => ({ error_rate: rate, latency_ms: { mean } }))
