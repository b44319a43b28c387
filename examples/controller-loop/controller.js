// An experiment's iterations by the rules of iter8's controller: what it sends, what it reads, what it does with the reply.
//
// Baseline and candidates have the controller's ids; every reply is taken by position, as the controller takes it. A
// failure parks the experiment, all candidates rolled back abort it before that reply's winner is stored, and at the end
// all traffic goes to the winner, if there is one. `lastState` is `echoed`, or `pruned` as the resource definition of
// v1.0.0 and v1.0.1 does it, or `remembered`: pruned, and the server has a store. Not here: Kubernetes, Istio, manual overrides.

import { setTimeout as sleep } from 'node:timers/promises'

/** Runs `story` on `service` to its end; gives what became of it. */
export async function control(story, service, { endpoint, speed, lastState, strategy = 'progressive' }) {
  const started = startTime(speed)
  const outcome = { phase: 'Progressing', message: '', iterations: [], winner: undefined, notes: new Set() }
  const baseline = { weight: 100 }
  const candidates = story.candidates.map(() => ({ weight: 0, isRolledBack: false }))
  const workloads = [story.baseline, ...story.candidates]
  const finish = (winner, message) => end(outcome, service, workloads, winner, message)
  let state = {}
  const first = Date.now()
  for (let iteration = 0; iteration < story.iterations; iteration++) {
    // By the clock, so that a slow reply does not put off those after it.
    await sleep(Math.max(0, first + (iteration * story.intervalSeconds * 1000) / speed - Date.now()))
    const asked = request(story, service.namespace, { started, iteration, state, strategy })
    const reply = await post(endpoint, asked)
    const fault = reply.fault ?? missing(reply, candidates, strategy)
    if (fault) return { ...outcome, phase: 'Pause', message: `AnalyticsServiceError: ${fault}` }
    state = lastState === 'echoed' ? reply.last_state : {}
    for (const { code } of reply.notes ?? []) outcome.notes.add(code)
    reply.candidate_assessments.forEach(({ rollback }, index) => { candidates[index].isRolledBack = rollback })
    // No candidate at all is as if all were rolled back.
    if (candidates.every(one => one.isRolledBack)) return finish(undefined, 'Traffic To Baseline (Abort)')
    const split = reply.traffic_split_recommendation[strategy]
    baseline.weight = split.baseline
    candidates.forEach((one, index) => { one.weight = one.isRolledBack ? 0 : split[`candidate-${index}`] })
    const weights = [baseline.weight, ...candidates.map(one => one.weight)]
    service.route(weights.map((weight, index) => [workloads[index], weight]))
    const { winning_version_found: isFound, current_best_version: best, probability_of_winning_for_best_version: probability, reason } = reply.winner_assessment
    outcome.winner = isFound ? best : undefined
    outcome.iterations.push({ winner: outcome.winner, best, probability, reason, weights })
  }
  await sleep(Math.max(0, first + (story.iterations * story.intervalSeconds * 1000) / speed - Date.now()))
  return finish(outcome.winner, outcome.winner ? 'Traffic To Winner' : 'Traffic To Baseline')
}

/** The request of one iteration; every metric that is known is sent, whatever the criteria name. */
function request(story, namespace, { started, iteration, state, strategy }) {
  const version = (id, workload) => ({ id, version_labels: { destination_workload: workload, destination_workload_namespace: namespace } })
  return {
    name: story.name,
    start_time: started,
    service_name: story.service,
    iteration_number: iteration,
    metric_specs: story.metrics,
    criteria: story.criteria.map(({ metric, isReward = false, threshold }) => ({ id: metric, metric_id: metric, is_reward: isReward, ...(threshold && { threshold: { threshold_type: threshold[0], value: threshold[1] } }) })),
    baseline: version('baseline', story.baseline),
    candidates: story.candidates.map((workload, index) => version(`candidate-${index}`, workload)),
    last_state: state,
    traffic_control: { max_increment: story.maxIncrement, strategy },
  }
}

async function post(endpoint, body) {
  try {
    const reply = await fetch(`${endpoint}/assessment`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    const text = await reply.text()
    return reply.status >= 400 ? { fault: `${reply.status} ${text}` } : JSON.parse(text)
  } catch (error) {
    return { fault: error.cause?.message ?? error.message }
  }
}

/** Why the controller could not use a reply. */
function missing(reply, candidates, strategy) {
  const split = reply.traffic_split_recommendation?.[strategy]
  if (!split) return `Missing trafficSplitRecommendation for strategy ${strategy}`
  if (!Number.isInteger(split.baseline)) return 'Missing trafficSplitRecommendation for baseline'
  const index = candidates.findIndex((_, index) => !reply.candidate_assessments?.[index]?.rollback && !Number.isInteger(split[`candidate-${index}`]))
  return index < 0 ? undefined : `Missing trafficSplitRecommendation for candidate-${index}`
}

function end(outcome, service, [baseline, ...candidates], winner, message) {
  const to = candidates.find((_, index) => winner === `candidate-${index}`) ?? baseline
  service.route([[to, 100]])
  return { ...outcome, phase: 'Completed', winner, message }
}

/**
 * When the experiment says it started. Nothing is asked in an experiment's first 20 s; at `speed` times its pace those must
 * be over after 20 s / `speed`, so the start is put back by the difference.
 */
function startTime(speed) {
  const back = 20_000 - 20_000 / speed
  return new Date(Date.now() - back).toISOString().replace(/\.\d+Z$/, 'Z')
}
