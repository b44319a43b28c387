// An assessment and its experiment -> the verdict and the table of versions, as elements.
//
// One axis a criterion for all versions, so that intervals can be compared by eye; the better side is always to the left.
// Not here: where the assessment comes from (component.js), how it looks (style.js).

import { SIGNS, amount, chance, criteriaOf, limitValue, limitWords, number, shade, splitOf, versionsOf, winOf } from './words.js'

/** The verdict's elements: the state in two words, the engine's sentence. */
export function verdict(assessment) {
  const { winning_version_found: isFound, reason } = assessment.winner_assessment
  const candidates = assessment.candidate_assessments
  const isOver = !isFound && candidates.length > 0 && candidates.every(candidate => candidate.rollback)
  const state = isFound ? 'winner' : isOver ? 'rolled back' : 'undecided'
  const words = { winner: 'Decided', 'rolled back': 'Rolled back', undecided: 'Not decided yet' }[state]
  return [badge(state, words), element('p', { class: 'reason', part: 'reason' }, reason)]
}

/** The table of versions, in parts: its head, and a function for each row, since rows are drawn as there is time. */
export function parts(experiment, assessment) {
  const criteria = criteriaOf(experiment, assessment)
  const axes = criteria.map((criterion, index) => axis(criterion, index, assessment))
  const head = element('tr', { role: 'row' }, heading('Version', undefined, 'version'), heading('Wins', 'probability', 'wins'), heading('Traffic', 'now → next', 'traffic'),
    ...criteria.map((criterion, index) => criterionHeading(criterion, axes[index])))
  return { head, rows: versionsOf(assessment).map((version, index) => () => row({ version, index, criteria, axes, experiment, assessment })) }
}

/** The whole table. */
export function table({ head, rows }) {
  return element('table', { role: 'table', part: 'table', 'aria-label': 'Versions and criteria' },
    element('thead', { role: 'rowgroup' }, head), element('tbody', { role: 'rowgroup' }, ...rows.map(row => row())))
}

/** The width in rem below which the columns of `head` have no room. */
export const roomOf = head => Math.max(BLOCKS_REM, COLUMNS_REM + CRITERION_REM * (head.children.length - 3))

/** An element with attributes and children. */
export function element(name, attributes, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

/** Makes `shown` look like `wanted`: what is equal stays, so that a new look costs little and selections survive. */
export function patch(shown, wanted) {
  if (shown.isEqualNode(wanted)) return
  if (shown.nodeName !== wanted.nodeName || shown.childNodes.length !== wanted.childNodes.length) return shown.replaceWith(wanted)
  if (shown.nodeType === Node.TEXT_NODE) {
    if (shown.data !== wanted.data) shown.data = wanted.data
    return
  }
  for (const { name, value } of wanted.attributes) {
    if (name !== 'style' && shown.getAttribute(name) !== value) shown.setAttribute(name, value)
  }
  for (const name of ['translate', 'clipPath']) {
    if (shown.style[name] !== wanted.style[name]) shown.style[name] = wanted.style[name]
  }
  // Replacing takes children out of `wanted`.
  const pairs = [...shown.childNodes].map((child, index) => [child, wanted.childNodes[index]])
  for (const [one, other] of pairs) patch(one, other)
}

function row({ version, index, criteria, axes, experiment, assessment }) {
  const name = element('th', { role: 'rowheader', scope: 'row', part: 'version' }, element('span', { class: 'version' },
    element('span', { class: `mark v${shade(index)}`, 'aria-hidden': 'true' }), element('span', { class: 'name clip', title: version.id }, version.id),
    element('small', {}, [version.isBaseline ? 'baseline' : 'candidate', version.standing,
      version.request_count === null ? 'requests unknown' : `${number(version.request_count)}\u00a0requests`].join(' · '))))
  const win = cell('wins', 'Wins', meter(winOf(version), index), element('span', { class: 'value' }, chance(winOf(version))))
  return element('tr', { role: 'row', class: version.standing.replaceAll(' ', '-'), part: 'row' }, name, win,
    traffic(version, experiment, assessment), ...criteria.map((criterion, at) => judged(criterion, axes[at], version.criterion_assessments[at], index)))
}

function traffic({ id }, experiment, assessment) {
  const next = splitOf(experiment, assessment)[id]
  const strategy = experiment?.traffic_control?.strategy ?? 'progressive'
  const now = experiment?.last_state?.traffic_split_recommendation?.[strategy]?.[id]
  const words = now === undefined ? `${next ?? '–'} %` : `${number(now)} → ${next ?? '–'} %`
  return cell('traffic', 'Traffic', element('span', { class: 'value' }, words))
}

function judged(criterion, scale, found, index) {
  const { value, ratio_statistics: ratio } = found.statistics
  const { lower = null, upper = null } = ratio?.credible_interval ?? {}
  const drawn = element('span', { class: 'axis', 'aria-hidden': 'true' })
  if (scale.limit !== undefined) drawn.append(placed('limit', scale.at(scale.limit)))
  if (lower !== null && upper !== null) drawn.append(placed(`interval v${shade(index)}`, scale.at(lower), scale.at(upper)))
  if (value !== null) drawn.append(placed(`point v${shade(index)}`, scale.at(value)))
  const range = lower === null || upper === null ? 'observed; interval unknown' : `observed; 95 % credible interval ${amount(lower, criterion)} to ${amount(upper, criterion)}`
  const words = element('span', { class: 'value' }, amount(value, criterion))
  words.append(element('small', { class: 'range' }, value === null ? 'nothing observed' : range))
  const told = found.evidence ? [badge(found.evidence.verdict, found.evidence.verdict)] : []
  return cell('criterion', criterion.id, of(criterion), drawn, element('span', { class: 'line' }, words, ...told), ...needed(found.evidence))
}

// The heading once more, for rows that are blocks.
const of = criterion => element('small', { class: 'of' }, criterion.id.replaceAll('_', '_\u200b'), element('span', { class: 'bound' }, limitWords(criterion)), element('span', { 'aria-hidden': 'true' }, BETTER))

// While a verdict is out: how many requests it takes at least, at what the truth may be.
function needed(evidence) {
  const more = evidence?.requests_to_verdict
  if (!more) return []
  const count = more.upper === null || more.upper === more.lower ? number(more.lower) : `${number(more.lower)} to ${number(more.upper)}`
  return [element('small', { class: 'needed' }, `at least ${count} more request${count === '1' ? '' : 's'}`)]
}

// What all versions' intervals, values and the limit have room on; `at` gives percents from the better side.
function axis(criterion, index, assessment) {
  const found = versionsOf(assessment).map(version => version.criterion_assessments[index].statistics)
  const limit = limitValue(criterion, index, assessment)
  const ends = found.flatMap(({ value, ratio_statistics: ratio }) => [value, ratio?.credible_interval.lower, ratio?.credible_interval.upper])
  const known = [...ends, limit].filter(end => end !== null && end !== undefined)
  let [from, to] = known.length ? [Math.min(...known), Math.max(...known)] : [0, 1]
  const margin = (to - from || Math.abs(to) || 1) * 0.06
  from -= margin
  to += margin
  const at = value => {
    const share = ((value - from) / (to - from)) * 100
    return criterion.isHigherBetter ? 100 - share : share
  }
  return { at, limit }
}

// Moved and cut, not given a place or a width: neither costs a layout.
function placed(name, one, other) {
  const made = element('span', { class: name })
  if (other === undefined) made.style.translate = `${one}%`
  else {
    const [from, to] = [Math.min(one, other), Math.max(one, other, Math.min(one, other) + 0.8)]
    made.style.clipPath = `inset(0 ${100 - to}% 0 ${from}% round 3px)`
  }
  return made
}

function meter(share, index) {
  const bar = element('span', { class: `bar v${shade(index)}` })
  // Nothing at all where nothing is known.
  bar.style.translate = `${(share === null ? 0 : Math.max(share * 100, 0.5)) - 100}%`
  return element('span', { class: 'meter', 'aria-hidden': 'true' }, bar)
}

function criterionHeading(criterion, scale) {
  const made = heading(element('span', { class: 'clip', title: criterion.id }, ...breakable(criterion.id)), limitWords(criterion))
  if (scale) made.append(element('small', { class: 'side', 'aria-hidden': 'true' }, BETTER))
  return made
}

function heading(words, under, name = 'criterion') {
  const made = element('th', { role: 'columnheader', scope: 'col', class: `col-${name}`, part: 'heading' }, ...[words].flat())
  if (under) made.append(element('small', {}, under))
  return made
}

const BETTER = '← better'
/** The least that the columns before the criteria take. */
const COLUMNS_REM = 23.5
/** Narrower, rows are blocks however few columns there are. */
const BLOCKS_REM = 53.75
/** The least that a criterion's axis and words take. */
const CRITERION_REM = 9

// Names of metrics are long words: they may break behind an underscore.
const breakable = text => text.split(/(?<=_)/).flatMap((part, index) => (index === 0 ? [part] : [document.createElement('wbr'), part]))

const cell = (name, label, ...children) => element('td', { role: 'cell', class: name, 'data-label': label.replaceAll('_', '_\u200b'), part: `cell ${name}` }, ...children)

const badge = (kind, words) =>
  element('span', { class: `badge ${kind.replaceAll(' ', '-')}`, part: `badge ${kind.replaceAll(' ', '-')}` },
    element('span', { 'aria-hidden': 'true' }, SIGNS[kind]), ` ${words}`)
