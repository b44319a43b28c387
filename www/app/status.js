// An Experiment resource -> the look that its status tells: the controller's last assessment, as it stands.
//
// Nothing is asked and nothing computed; what the status does not tell is unknown. Versions go by their workloads' names. Not
// here: assessing a resource anew (the engine).

/** The look; undefined where there is no assessment in the status yet. `experiment` is the engine's, where it could make one. */
export function told(document, experiment) {
  const { spec, status, metadata } = document
  const { baseline, candidates, winner } = status?.assessment ?? {}
  if (!isObject(baseline) || !Array.isArray(spec?.criteria)) return undefined
  const given = [baseline, ...(Array.isArray(candidates) ? candidates.filter(isObject) : [])]
  const names = given.map(({ id, name }, index) => String(name || id || `version ${index + 1}`))
  const ids = new Set(names).size === names.length ? names : given.map(({ id }, index) => String(id ?? index))
  const criteria = spec.criteria.filter(isObject).map(({ metric, threshold, isReward }) => ({ id: String(metric), metric_id: String(metric), ...(threshold && { threshold }), is_reward: isReward === true }))
  const strategy = spec.trafficControl?.strategy ?? 'progressive'
  const versions = given.map((version, index) => assessed(version, ids[index], criteria))
  const isFound = winner?.winning_version_found === true
  const best = ids[given.findIndex(({ id, name }) => (winner?.name ? name === winner.name : id === winner?.current_best_version))] ?? ids[0]
  const split = Object.fromEntries(given.map(({ weight }, index) => [ids[index], weight ?? null]))
  const [first, ...others] = ids.map(id => ({ id }))
  const now = [status.lastUpdateTime, status.endTimestamp, status.startTimestamp].find(text => !Number.isNaN(Date.parse(text))) ?? new Date(0).toISOString()
  return {
    now,
    asked: [],
    experiment: { name: String(metadata?.name ?? 'experiment'), start_time: status.startTimestamp ?? now, metric_specs: experiment?.metric_specs ?? {}, baseline: first, candidates: others, criteria, traffic_control: { strategy } },
    assessment: {
      timestamp: now,
      baseline_assessment: versions[0],
      candidate_assessments: versions.slice(1),
      winner_assessment: { winning_version_found: isFound, current_best_version: best, reason: isFound ? `${best} wins, as the status tells.` : `No winner${status.phase === 'Completed' ? '' : ' yet'}, as the status tells: ${best} leads.` },
      traffic_split_recommendation: { [strategy]: split },
      notes: status.message ? [{ severity: 'info', message: `Its controller says: ${status.message}` }] : [],
    },
  }
}

function assessed({ request_count: requests, win_probability: win, rollback, criterion_assessments: found }, id, criteria) {
  const of = metric => (Array.isArray(found) ? found.find(one => one?.metric_id === metric || one?.id === metric) : undefined)
  const all = criteria.map(criterion => {
    const { statistics } = of(criterion.metric_id) ?? {}
    const { lower, upper } = statistics?.ratio_statistics?.credible_interval ?? {}
    const isKnown = [lower, upper].every(Number.isFinite)
    return { id: criterion.id, metric_id: criterion.metric_id, statistics: { value: known(statistics?.value), ratio_statistics: isKnown ? { credible_interval: { lower, upper } } : null } }
  })
  return { id, request_count: known(requests), win_probability: known(win), ...(rollback === true && { rollback }), criterion_assessments: all }
}

const isObject = value => value !== null && typeof value === 'object' && !Array.isArray(value)
const known = value => (Number.isFinite(value) ? value : null)
