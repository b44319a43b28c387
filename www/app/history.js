// Looks one after the other -> the session's history: small rows, thinned where there are many, and its exports.
//
// A row holds what charts and tables need of a look; the whole of the last look is kept beside them. Not here: drawing.

import { winOf } from '../pkg/component/words.js'

/** A history without looks. */
export const empty = () => ({ rows: [], count: 0, last: undefined })

/** Adds a look. Beyond a thousand rows every second one of the older half goes. */
export function add(history, look) {
  history.rows.push(rowOf(look, ++history.count))
  history.last = look
  if (history.rows.length > ROWS_MAX) {
    const half = history.rows.length >> 1
    history.rows = history.rows.filter((_, index) => index >= half || index % 2 === 0)
  }
}

/** The session as JSON text that the page opens again. */
export const toJson = history => JSON.stringify({ kind: KIND, experiment: history.last?.experiment, assessment: history.last?.assessment, count: history.count, rows: history.rows })

/** The history in parsed JSON that `toJson` made; undefined if it is none, an Error if it is damaged. */
export function fromJson(found) {
  if (found?.kind !== KIND) return undefined
  const { rows, experiment, assessment, count } = found
  if (!(listOf(isRow)(rows) && rows.length > 0 && Number.isFinite(count) && isExperiment(experiment) && isAssessment(assessment, rows.at(-1)))) {
    throw new Error('this session is damaged: it is not as this page exports one')
  }
  return { rows, count, last: { now: rows.at(-1).now, experiment, assessment, asked: [] } }
}

/** The session as CSV: a line for each look, version and criterion; one for a version without. */
export function toCsv(history) {
  const head = ['look', 'time', 'winner', 'version', 'requests', 'win_probability', 'traffic_percent', 'rollback', 'criterion', ...FIELDS]
  const lines = history.rows.flatMap(row =>
    row.versions.flatMap(version =>
      (version.criteria.length ? version.criteria : [{ id: '' }]).map(criterion =>
        [row.look, row.now, row.winner ?? '', version.id, version.requests, version.win, version.split, version.rollback, criterion.id, ...FIELDS.map(field => criterion[field])])))
  return [head, ...lines].map(line => line.map(quote).join(',')).join('\r\n') + '\r\n'
}

function rowOf({ now, experiment, assessment }, look) {
  const winner = assessment.winner_assessment
  const split = assessment.traffic_split_recommendation[experiment.traffic_control?.strategy ?? 'progressive'] ?? {}
  return {
    look,
    now,
    elapsed: (Date.parse(now) - startOf(experiment.start_time)) / 1000,
    winner: winner.winning_version_found ? winner.current_best_version : null,
    versions: [assessment.baseline_assessment, ...assessment.candidate_assessments].map(version => ({
      id: version.id,
      requests: version.request_count,
      win: winOf(version),
      split: split[version.id] ?? 0,
      rollback: version.rollback ?? false,
      criteria: version.criterion_assessments.map(criterionOf),
    })),
  }
}

function criterionOf({ id, statistics, evidence }) {
  const interval = statistics.ratio_statistics?.credible_interval
  const sequence = evidence?.confidence_sequence
  return {
    id,
    value: statistics.value,
    lower: interval?.lower ?? null,
    upper: interval?.upper ?? null,
    verdict: evidence?.verdict ?? null,
    satisfied: evidence?.log_e_satisfied ?? null,
    violated: evidence?.log_e_violated ?? null,
    needed: evidence?.log_e_needed ?? null,
    sequence_lower: sequence?.lower ?? null,
    sequence_upper: sequence?.upper ?? null,
  }
}

/** An experiment's start in milliseconds: it may be text, seconds, or milliseconds. */
function startOf(start) {
  if (typeof start === 'string' && !/^\d+(\.\d+)?$/.test(start)) return Date.parse(start)
  return Number(start) > 1e11 ? Number(start) : Number(start) * 1000
}

/** A cell of CSV. A text that begins like a formula is one to spreadsheets: the apostrophe keeps it text. */
export function quote(value) {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const isObject = value => value !== null && typeof value === 'object' && !Array.isArray(value)

const listOf = is => value => Array.isArray(value) && value.every(is)

const isRow = row => isObject(row) && Number.isFinite(row.elapsed) && listOf(version => isObject(version) && typeof version.id === 'string' && listOf(isObject)(version.criteria))(row.versions)

// What the charts and the table look into.
function isExperiment(value) {
  const specs = value?.metric_specs ?? {}
  return isObject(value) && listOf(isObject)(value.criteria ?? []) && isObject(specs) && Object.values(specs).every(listOf(isObject))
}

function isAssessment(value, row) {
  const isCriterion = found => isObject(found) && typeof found.id === 'string' && isObject(found.statistics)
  const isVersion = found => isObject(found) && typeof found.id === 'string' && listOf(isCriterion)(found.criterion_assessments)
  if (!isObject(value) || !listOf(isVersion)([value.baseline_assessment, ...(Array.isArray(value.candidate_assessments) ? value.candidate_assessments : [undefined])])) return false
  return typeof value.winner_assessment?.reason === 'string' && isObject(value.traffic_split_recommendation) && listOf(isObject)(value.notes) && row.versions.length === value.candidate_assessments.length + 1
}

const KIND = 'iter8-session'
const FIELDS = ['value', 'lower', 'upper', 'verdict', 'satisfied', 'violated', 'needed', 'sequence_lower', 'sequence_upper']
const ROWS_MAX = 1000
