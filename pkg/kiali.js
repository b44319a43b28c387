// What Kiali's backend serves of an iter8 experiment -> an experiment, and what Kiali does not say of it.
//
// `fromKiali(detail)` reads the model of `GET /api/iter8/namespaces/{namespace}/experiments/{name}`; `assessKiali` asks
// for metric data as well, through the caller's `ask`, and assesses. What the model lacks stays unknown and is told in
// notes: a criterion without definition keeps its place and has no data, so that no winner is named over its head.
// Not here: fetching, the list of experiments, Kiali's own assessment (the controller's last one, as it stands).

import init, { assess, observe, queries } from './index.js'

/** The experiment in Kiali's `detail`, as the controller would send it, and notes on what is missing. */
export function fromKiali(detail, { metrics } = {}) {
  const item = object(detail?.experimentItem, 'experimentItem')
  const known = new Known(metrics ?? {})
  const notes = []
  const all = list(detail.criterias, 'criterias').map((one, index) => [one, `criterias[${index}]`])
  // Ratios first: a counter that is a criterion itself may be one side of a ratio, and so be known.
  const isDefined = ([one]) => Boolean(one?.metric?.name)
  for (const one of [...all.filter(isDefined), ...all.filter(one => !isDefined(one))]) learn(...one, known, notes)
  const criteria = all.map(([{ criteria }]) => criterion(criteria))
  if (!known.counters.has(REQUEST_COUNT)) {
    known.counters.set(REQUEST_COUNT, { name: REQUEST_COUNT })
    const message = `Kiali does not say how requests are counted: ${REQUEST_COUNT} is the denominator of no criterion. How many each version had is unknown.`
    notes.push(note('kiali_without_request_count', 'warning', 'criterias', message))
  }
  const message = 'Kiali does not serve what the last assessment left (analysisState): steps of traffic count from the split that the requests show.'
  notes.push(note('kiali_without_last_state', 'info', null, message))
  const { strategy, maxIncrement } = detail.trafficControl ?? {}
  const experiment = {
    name: item.name,
    start_time: started(item),
    service_name: item.targetService,
    ...versions(item),
    metric_specs: { counter_metrics: [...known.counters.values()], ratio_metrics: [...known.ratios.values()] },
    criteria,
    // The controller's defaults, for what an empty value leaves out.
    traffic_control: { strategy: strategy || 'progressive', max_increment: maxIncrement || 2 },
  }
  const now = item.phase === 'Completed' && item.endTime ? item.endTime : undefined
  return { experiment, notes, now }
}

/** Reads `detail`, asks for the metric data that it allows, and assesses; Kiali's gaps are the first of the notes. */
export async function assessKiali(detail, ask, options = {}) {
  const { experiment, notes, now: end } = fromKiali(detail, options)
  await init({ module: options.module })
  const now = options.now ?? end ?? new Date().toISOString()
  const observations = await observed(experiment, ask, now)
  const assessment = assess(experiment, observations, { now })
  return { experiment, assessment: { ...assessment, notes: [...notes, ...assessment.notes] }, now }
}

/** Observations of every metric that has a query; of the others nothing, which is unknown. */
async function observed(experiment, ask, now) {
  const counters = experiment.metric_specs.counter_metrics
  const unknown = new Set(counters.filter(counter => !counter.query_template).map(counter => counter.name))
  // The engine wants a query for each counter: one that nobody is asked.
  const complete = counters.map(counter => (unknown.has(counter.name) ? { ...counter, query_template: NOBODY } : counter))
  const asked = { ...experiment, metric_specs: { ...experiment.metric_specs, counter_metrics: complete } }
  const answer = async query => {
    if (query.query === NOBODY) return { status: 'success', data: { resultType: 'vector', result: [] } }
    try {
      return await ask(query)
    } catch (error) {
      return { error: error?.cause?.message || error?.message || String(error) }
    }
  }
  const answers = []
  for (let next; (next = queries(asked, { now, answers })).length > 0; ) answers.push(...(await Promise.all(next.map(answer))))
  const observations = observe(asked, answers, { now })
  for (const version of Object.values(observations.versions)) for (const name of unknown) delete version[name]
  return { ...observations, problems: (observations.problems ?? []).filter(problem => !unknown.has(problem.metric) || !problem.code.includes('versions')) }
}

function criterion({ metric: id, isReward, toleranceType, tolerance }) {
  // Without a threshold Kiali writes an empty type and the number 0.
  const threshold = toleranceType ? { threshold_type: toleranceType, value: tolerance } : null
  return { id, metric_id: id, is_reward: isReward === true, ...(threshold && { threshold }) }
}

/** The metric of one of `criterias` and its counters become known, or a note. */
function learn(one, path, known, notes) {
  const criteria = object(one?.criteria, `${path}.criteria`)
  const { metric: id } = criteria
  const { metric } = one
  if (known.isRatio(id) || known.isCounter(id)) return
  if (metric?.name) {
    const { numerator, denominator, preferred_direction: direction, zero_to_one: proportion } = metric
    for (const [side, counter] of [['numerator', numerator], ['denominator', denominator]]) {
      if (counter?.name) known.counter({ name: counter.name, query_template: counter.query_template, ...(counter.preferred_direction && { preferred_direction: counter.preferred_direction }) })
      else notes.push(note('kiali_without_metric', 'error', `${path}.metric.${side}`, `Kiali does not say what the ${side} of ${id} is: its value is unknown.`, { metric: id }))
    }
    const names = { numerator: numerator?.name || `${id} (numerator)`, denominator: denominator?.name || `${id} (denominator)` }
    for (const name of Object.values(names)) known.counter({ name })
    known.ratios.set(id, { name: id, ...names, ...(direction && { preferred_direction: direction }), ...(typeof proportion === 'boolean' && { zero_to_one: proportion }) })
    if (typeof proportion === 'boolean') return
    const message = `Kiali does not say whether ${id} lies between 0 and 1 (zero_to_one): it is taken as a ratio without an upper end.`
    notes.push(note('kiali_without_zero_to_one', 'warning', `${path}.metric`, message, { metric: id }))
    return
  }
  const isDecisive = criteria.isReward || criteria.toleranceType
  const follows = isDecisive ? 'so nobody is named the winner' : 'and it decides nothing'
  const message = `Kiali does not serve the definition of ${id}, which may be a counter: its value is unknown, ${follows}.`
  notes.push(note('kiali_without_metric', 'error', `${path}.metric`, message, { metric: id }))
  // With a limit there has to be a direction. Of an unknown value either says the same: nothing.
  const direction = { preferred_direction: 'lower' }
  if (!criteria.isReward && criteria.toleranceType !== 'relative') return known.counter({ name: id, ...direction })
  // Only a ratio can be a reward or be held to a multiple of the baseline's.
  const names = { numerator: `${id} (numerator)`, denominator: `${id} (denominator)` }
  for (const name of Object.values(names)) known.counter({ name })
  known.ratios.set(id, { name: id, ...names, ...direction })
}

/** The metrics that are known so far: those that the caller gives, then Kiali's. */
class Known {
  counters = new Map()
  ratios = new Map()
  #given

  constructor({ counter_metrics: counters, ratio_metrics: ratios }) {
    const byName = specs => new Map((specs ?? []).map(spec => [String(spec.name ?? spec.id), spec]))
    this.#given = { counters: byName(counters), ratios: byName(ratios) }
    if (this.#given.counters.has(REQUEST_COUNT)) this.counter({ name: REQUEST_COUNT })
  }

  counter(spec) {
    if (this.counters.get(spec.name)?.query_template) return
    this.counters.set(spec.name, this.#given.counters.get(spec.name) ?? spec)
  }

  isCounter(id) {
    if (!this.#given.counters.has(id)) return this.counters.has(id)
    this.counter({ name: id })
    return true
  }

  isRatio(id) {
    const given = this.#given.ratios.get(id)
    if (!given) return this.ratios.has(id)
    for (const name of [given.numerator, given.denominator]) this.counter({ name })
    this.ratios.set(id, given)
    return true
  }
}

function versions(item) {
  const namespace = item.targetServiceNamespace || item.namespace
  const kind = item.kind === 'Service' ? 'service_name' : 'workload'
  const scope = item.kind === 'Service' ? 'service_namespace' : 'workload_namespace'
  const all = [['experimentItem.baseline', item.baseline], ...list(item.candidates ?? [], 'experimentItem.candidates').map((one, index) => [`experimentItem.candidates[${index}]`, one])]
  const names = all.map(([path, version]) => version?.name || fail(`${path}.name`, 'Kiali names no version here: the controller has not written a status yet'))
  // A version against itself has one name twice: then the controller's own ids tell them apart.
  const areDistinct = new Set(names).size === names.length
  const [baseline, ...candidates] = names.map((name, index) => ({
    id: areDistinct ? name : index === 0 ? 'baseline' : `candidate-${index - 1}`,
    version_labels: { [`destination_${kind}`]: name, [`destination_${scope}`]: namespace },
  }))
  return { baseline, candidates }
}

function started({ startTime }) {
  // Go's zero time is the year 1.
  if (!startTime || startTime.startsWith('0001-')) fail('experimentItem.startTime', `the experiment has not started: \`${startTime ?? ''}\``)
  return startTime
}

const note = (code, severity, where, message, values = {}) => ({ code, severity, where, message, values })

function object(value, path) {
  return typeof value === 'object' && value !== null ? value : fail(path, 'this is not what Kiali serves: an object is needed')
}

function list(value, path) {
  return Array.isArray(value) ? value : fail(path, 'this is not what Kiali serves: an array is needed')
}

function fail(path, message) {
  throw Object.assign(new Error(message), { name: 'Iter8Error', path, errors: [{ path, message }] })
}

const REQUEST_COUNT = 'iter8_request_count'
const NOBODY = 'vector(0)'
