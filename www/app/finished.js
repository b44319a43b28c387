// Experiment resources, replies of the engine, exported sessions -> the experiments that are over: who won, on which values.
//
// A resource counts once its phase is Completed; a reply or a session once it names a winner. All numbers are those that stand
// there: nothing is computed. What a metric is (a share, with which limit) the engine says of the resource, where it can. Not
// here: reading text (reading.js), drawing.

import { criteriaOf } from '../pkg/component/words.js'
import { call } from './engine.js'

/**
 * `{ finished, running, others }`: experiments that are over, how many are not, and how many documents are neither. `name` is
 * for those that have none. Of each: `{ namespace, name, service, ended, outcome, baseline, winner, metrics }`; `winner` is
 * absent where nobody won, and a version is `{ name, values }`, by metric `{ value, lower, upper, better }`.
 */
export async function finishedOf(documents, name) {
  const all = documents.flatMap(flat)
  const metrics = all.filter(one => one?.kind === 'ConfigMap')
  const found = { finished: [], running: 0, others: 0 }
  for (const [index, one] of all.entries()) {
    if (metrics.includes(one)) continue
    const said = isObject(one?.spec) ? await resource(one, metrics) : reply(one, all.length > 1 ? `${name} ${index + 1}` : name)
    if (said === 'running') found.running++
    else if (said) found.finished.push(said)
    else found.others++
  }
  return found
}

/** Two tellings of one experiment have one key. */
export const keyOf = ({ namespace, name }) => JSON.stringify([namespace, name])

/** What became of an experiment, in words. */
export const OUTCOMES = { won: 'won by a candidate', kept: 'baseline stays', open: 'no winner' }

const flat = one => (Array.isArray(one) ? one : isObject(one) && Array.isArray(one.items) ? one.items : [one]).flatMap(item => (Array.isArray(item) || Array.isArray(item?.items) ? flat(item) : [item]))

async function resource(document, metrics) {
  const { spec, status, metadata } = document
  if (document.kind !== 'Experiment') return undefined
  if (status?.phase !== 'Completed') return 'running'
  const { baseline, candidates, winner } = isObject(status.assessment) ? status.assessment : {}
  if (!isObject(baseline)) return undefined
  const versions = [baseline, ...list(candidates)]
  const isFound = winner?.winning_version_found === true
  const best = isFound ? versions.find(one => (winner.name !== undefined ? one.name === winner.name : one.id === winner.current_best_version)) : undefined
  const experiment = await call('resources', [document, ...metrics]).then(([one]) => one?.experiment, () => undefined)
  return {
    namespace: text(metadata?.namespace) ?? 'default',
    name: text(metadata?.name) ?? 'unnamed',
    service: text(spec.service?.name) ?? text(spec.service?.hosts?.[0]?.name) ?? text(spec.networking?.hosts?.[0]?.name) ?? '',
    ended: text(status.endTimestamp) ?? text(status.lastUpdateTime) ?? '',
    ...ending(versions, best, experiment),
  }
}

function reply(document, name) {
  const assessment = isObject(document?.assessment) ? document.assessment : document
  const { winner_assessment: winner, baseline_assessment: baseline, candidate_assessments: candidates } = isObject(assessment) ? assessment : {}
  if (!isObject(winner) || !isObject(baseline)) return undefined
  const versions = [baseline, ...list(candidates)]
  if (winner.winning_version_found !== true && !areOut(versions)) return 'running'
  const best = winner.winning_version_found === true ? versions.find(({ id }) => id === winner.current_best_version) : undefined
  const experiment = isObject(document.experiment) ? document.experiment : undefined
  return {
    namespace: text(document.namespace) ?? '',
    name: text(document.name) ?? text(experiment?.name) ?? name,
    service: text(document.service_name) ?? text(experiment?.service_name) ?? '',
    // Instants of replies are UTC and do not say so.
    ended: text(assessment.timestamp)?.replace(/(\d)$/, '$1Z') ?? '',
    ...ending(versions, best, experiment),
  }
}

function ending(versions, best, experiment) {
  const of = version => ({ name: text(version.name) ?? text(version.id) ?? 'unnamed', values: values(version) })
  const outcome = best && best !== versions[0] ? 'won' : best || areOut(versions) ? 'kept' : 'open'
  const metrics = new Map()
  for (const version of versions) {
    const seen = list(version.criterion_assessments).filter(one => text(one.id) !== undefined)
    for (const one of criteriaOf(experiment, { baseline_assessment: { criterion_assessments: seen } })) if (!metrics.has(one.id)) metrics.set(one.id, one)
  }
  return { outcome, baseline: of(versions[0]), winner: outcome === 'won' ? of(best) : undefined, metrics }
}

// Whether every candidate was rolled back.
const areOut = ([, ...candidates]) => candidates.length > 0 && candidates.every(one => one.rollback === true)

function values(version) {
  return new Map(list(version.criterion_assessments).filter(({ id }) => text(id) !== undefined).map(({ id, statistics }) => {
    const { credible_interval: interval, improvement_over_baseline: better } = statistics?.ratio_statistics ?? {}
    return [id, { value: known(statistics?.value), lower: known(interval?.lower), upper: known(interval?.upper), better: known(better?.lower) === null || known(better?.upper) === null ? null : [better.lower, better.upper] }]
  }))
}

const isObject = value => value !== null && typeof value === 'object' && !Array.isArray(value)
const list = value => (Array.isArray(value) ? value.filter(isObject) : [])
const text = value => (typeof value === 'string' && value !== '' ? value : undefined)
const known = value => (Number.isFinite(value) ? value : null)
