// The dashboard's elements: the bar with its controls, the verdict and table, the charts, the notes, what was asked.
//
// `layout(actions)` makes them once; `draw(history)` brings them up to date. Not here: when that happens (watch.js).

import '../pkg/component.js'
import { criteriaOf, number } from '../pkg/component/words.js'
import { beliefs, evidence, sequence, traffic, wins } from '../chart/charts.js'
import { plot } from '../chart/plot.js'
import { duration } from '../chart/scale.js'
import { html } from './dom.js'
import { STORIES, WATCHED } from './stories.js'
import { words } from './trouble.js'

/** The dashboard; `actions` are what its controls do. */
export function layout(actions) {
  const name = html('h1', {}, 'Watch an experiment')
  const about = html('p', { class: 'quiet about' })
  const pause = html('button', { type: 'button', onclick: actions.pause }, 'Pause')
  const step = html('button', { type: 'button', title: 'One look now', onclick: actions.step }, 'Step')
  const pace = html('select', { id: 'pace', title: 'How often to look', onchange: () => actions.pace(Number(pace.value)) }, ...PACES.map(seconds => html('option', { value: seconds, selected: seconds === 5 }, `every ${seconds} s`)))
  const share = html('button', { type: 'button', onclick: async () => {
    share.textContent = await actions.link()
    setTimeout(() => (share.textContent = 'Copy link'), 2000)
  } }, 'Copy link')
  const files = html('select', { 'aria-label': 'Export the session', onchange: () => {
    if (files.value) actions.export(files.value)
    files.value = ''
  } }, html('option', { value: '' }, 'Export…'), ...['JSON', 'CSV', 'SVG', 'PNG'].map(kind => html('option', { value: kind }, kind)))
  const open = html('button', { type: 'button', class: 'main', onclick: actions.open }, 'Open…')
  const controls = html('div', { class: 'row controls', role: 'group', 'aria-label': 'Session' }, pause, step,
    html('label', { for: 'pace', class: 'unseen' }, 'A look every'), pace, share, files, open)
  const trouble = html('div', { class: 'trouble', role: 'alert', hidden: true })
  // The table's rows first, then a chart a frame.
  const shown = html('iter8-assessment', { onassessment: () => history && chartAll() })
  const picker = html('fieldset', { class: 'picker' }, html('legend', {}, 'Look closer at'))
  const charts = {
    evidence: plot('Evidence', '', { height: 220 }),
    beliefs: plot('What is believed now', '', { height: 220 }),
    sequence: plot('What is not ruled out', '', { height: 220 }),
    wins: plot('Who wins', '', { height: 220 }),
    traffic: plot('Traffic', 'The split that was recommended at each look, with the moments of verdicts.', { height: 220 }),
  }
  charts.traffic.figure.classList.add('whole')
  const plots = Object.values(charts)
  const notes = html('ul', { class: 'notes' })
  const asked = html('div', {})
  const body = html('div', { class: 'body' }, shown, picker,
    html('div', { class: 'charts' }, ...plots.map(({ figure }) => figure)),
    html('section', { class: 'panel' }, html('h2', {}, 'Notes'), notes),
    html('details', { class: 'panel', ontoggle: () => showAsked() }, html('summary', {}, 'What exactly was asked and answered'), asked))
  const start = html('div', { class: 'start', hidden: true })
  const bar = html('div', { class: 'bar' }, html('div', {}, name, about), controls)
  const element = html('div', { class: 'watch' }, bar, trouble, start, body)
  let tells
  let history
  let noted = ''
  let picked = 0
  let pickedOf = ''
  const ofSession = [pause, step, pace, share, files]
  body.hidden = true
  for (const control of ofSession) control.disabled = true

  return { element, plots, source, draw, state, failed, empty, loading, broken }

  function source(chosen, seconds) {
    ;[picked, pickedOf, tells] = [0, '', chosen.tells]
    if (!PACES.includes(seconds)) pace.append(html('option', { value: seconds }, `every ${seconds} s`))
    pace.value = String(seconds)
    start.hidden = true
    trouble.hidden = true
    for (const control of ofSession) control.disabled = false
  }

  function draw(drawn) {
    history = drawn
    const { experiment, assessment, trouble: failed } = history.last
    body.hidden = false
    shown.experiment = experiment
    shown.assessment = assessment
    name.textContent = name.title = String(experiment.name ?? experiment.service_name)
    about.textContent = [kindOf(experiment, assessment), `look ${history.count}`, duration(history.rows.at(-1).elapsed), requestsOf(history), tells].filter(Boolean).join(' · ')
    const criteria = criteriaOf(experiment, assessment)
    pick(criteria)
    body.classList.toggle('stale', Boolean(failed))
    if (failed) say('backend', ...words(failed))
    else if (trouble.dataset.kind === 'backend') trouble.hidden = true
    showNotes(assessment.notes)
    showAsked()
  }

  function chartAll() {
    const { experiment, assessment } = history.last
    chart(criteriaOf(experiment, assessment))
    const isAlone = assessment.candidate_assessments.length === 0
    charts.wins.draw(() => (isAlone ? undefined : wins(history)))
    charts.traffic.draw(() => (isAlone ? undefined : traffic(history)))
  }

  function chart(criteria) {
    for (const [name, describe] of [['evidence', evidence], ['beliefs', beliefs], ['sequence', sequence]]) {
      charts[name].draw(() => (criteria.length ? describe(history, picked, criteria[picked]) : undefined))
    }
  }

  function pick(criteria) {
    const names = criteria.map(({ id }) => id).join('\n')
    if (names === pickedOf) return
    pickedOf = names
    picked = 0
    const choices = criteria.map(({ id }, index) => html('label', { class: 'choice' },
      html('input', { type: 'radio', name: 'criterion', value: index, checked: index === 0, onchange: () => {
        picked = index
        chart(criteriaOf(history.last.experiment, history.last.assessment))
      } }), html('span', {}, id)))
    picker.replaceChildren(picker.firstChild, ...choices)
    picker.hidden = criteria.length === 0
  }

  function showNotes(found) {
    const said = JSON.stringify(found)
    if (said === noted) return
    noted = said
    const items = found.map(({ severity, message }) => html('li', { class: severity }, severity === 'info' ? message : [html('strong', {}, `${severity}: `), message]))
    notes.replaceChildren(...(items.length ? items : [html('li', { class: 'quiet' }, 'Nothing amiss.')]))
  }

  // Long texts, and only of use to those who ask for them.
  function showAsked() {
    if (!asked.parentElement.open || !history?.last) return
    const { asked: queries, experiment, assessment } = history.last
    const list = queries.map(({ query, answer }) => html('details', {}, html('summary', {}, `${query.metric}, ${query.kind}: ${answer.error ?? answer.status}`), html('pre', { tabindex: 0 }, query.query), html('pre', { tabindex: 0 }, clip(answer))))
    const whole = [['Experiment', experiment], ['Assessment', assessment]].map(([title, value]) => html('details', {}, html('summary', {}, title), html('pre', { tabindex: 0 }, clip(value))))
    const isOpen = [...asked.children].map(({ open }) => open)
    asked.replaceChildren(...whole, ...list)
    ;[...asked.children].forEach((one, index) => (one.open = isOpen[index] ?? false))
  }

  function state({ isPaused, why }) {
    pause.textContent = isPaused ? 'Resume' : 'Pause'
    if (why) {
      say('end', html('p', {}, why))
    } else if (trouble.dataset.kind === 'end') trouble.hidden = true
  }

  function failed(error) {
    if (error) say('failed', html('p', {}, html('strong', {}, 'This look failed: '), error.path ? `${error.path}: ${error.message}` : error.message), html('p', {}, 'What is shown is of the look before. The next one is tried as usual.'))
    else if (trouble.dataset.kind === 'failed') trouble.hidden = true
    body.classList.toggle('stale', Boolean(error))
  }

  function broken(message) {
    say('link', html('p', {}, html('strong', {}, 'This link cannot be followed: '), `${message}.`), ...(history ? [html('p', {}, 'What was watched before is still shown.')] : []))
  }

  // Until there is a first look: what is being done, and where things will be.
  function loading() {
    if (history) return
    const blocks = [['60%', 32], ['100%', 160], ['100%', 240]].map(([width, height]) => {
      const block = html('div', { class: 'block' })
      Object.assign(block.style, { width, height: `${height}px` })
      return block
    })
    start.replaceChildren(html('p', { class: 'quiet', role: 'status' }, 'Loading the engine, and taking a first look …'), html('div', { class: 'blocks', 'aria-hidden': 'true' }, ...blocks))
    start.hidden = false
  }

  function empty(choose, tell) {
    start.replaceChildren(
      html('p', { class: 'lead' }, 'Open an experiment to see who is winning, how sure that is, and where the traffic goes.'),
      html('div', { class: 'row' }, html('button', { type: 'button', class: 'main', onclick: choose }, 'Open an experiment…'), ...WATCHED.map(key => html('button', { type: 'button', onclick: () => tell(key) }, `See a story: ${STORIES[key].short}`))))
    start.hidden = false
  }

  function say(kind, ...said) {
    // What was said already is not said again: screen readers would repeat it with every look.
    const text = said.map(word => word.textContent).join('')
    if (trouble.dataset.kind !== kind || trouble.textContent !== text) trouble.replaceChildren(...said)
    trouble.dataset.kind = kind
    trouble.hidden = false
  }
}

function kindOf(experiment, assessment) {
  const candidates = assessment.candidate_assessments.length
  const hasReward = experiment.criteria?.some(criterion => criterion.is_reward)
  if (candidates === 0) return 'conformance'
  return hasReward ? (candidates === 1 ? 'A/B' : 'A/B/n') : 'canary'
}

function requestsOf(history) {
  const counts = history.rows.at(-1).versions.map(({ requests }) => requests)
  return counts.some(count => count === null) ? 'requests unknown' : `${number(counts.reduce((one, other) => one + other, 0))} requests`
}

function clip(value) {
  const text = JSON.stringify(value, null, 1)
  return text.length > CLIPPED ? `${text.slice(0, CLIPPED)}\n… ${text.length - CLIPPED} characters more: export the session` : text
}

const PACES = [0.2, 1, 2, 5, 10, 30, 60]
/** Longer texts would make every look slow. */
const CLIPPED = 20_000
