// A world and what the engine says is true in it -> who may rightly be named the winner, with the reason in words.
//
// A version that lies exactly on its limit keeps it, and no data ever show that: who names it claims what is not known, so
// here it is no right winner. Not here: what each method named (tally.js).

import { number } from '../pkg/component/words.js'

/** `{ winners, violating, words }` of a world, from the engine's `truth` of it. */
export function truthOf(world, truth) {
  const [baseline] = world.versions
  const winners = truth.winners.filter(id => !limitOf(world, id))
  return { ...truth, winners, words: words() }

  function words() {
    const isOne = world.versions.length === 1
    const hidden = truth.winners.find(id => !winners.includes(id))
    if (winners.length === 0 && hidden !== undefined) return `${hidden} lies exactly on a limit, ${limitOf(world, hidden)}: no data can show that it keeps it, so every winner is a false one.`
    if (winners.length === 0) return isOne ? 'The version is beyond a limit.' : 'No version is better than the others here, so every winner is a false one.'
    if (isOne) return `${winners[0]} keeps its limits.`
    const hasReward = world.criteria.some(({ is_reward: is }) => is)
    if (hasReward || winners.includes(baseline.id)) return `Here ${winners.join(' or ')} should win.`
    return `${winners.join(' or ')} may take over: it keeps its limits.`
  }
}

// The limit that a version lies on, in words; undefined where there is none.
function limitOf({ versions: [baseline, ...candidates], criteria }, id) {
  const one = [baseline, ...candidates].find(version => version.id === id)
  for (const { metric_id: metric, threshold } of criteria) {
    const valueOf = VALUES[metric]
    if (!threshold || !valueOf) continue
    const isRelative = threshold.type === 'relative'
    // The baseline has no limit relative to itself.
    if (isRelative && one === baseline) continue
    const limit = threshold.value * (isRelative ? valueOf(baseline) : 1)
    if (Math.abs(valueOf(one) - limit) <= 1e-9 * limit) return isRelative ? `${number(threshold.value)} × the baseline’s value` : 'as it was set'
  }
  return undefined
}

/** What is true of a version, by metric. */
const VALUES = {
  iter8_error_rate: ({ error_rate: rate }) => rate,
  iter8_mean_latency: ({ latency_ms: { mean, delay_probability: share, delay_ms: delay } }) => mean + share * delay,
  conversion_rate: ({ conversion_rate: rate }) => rate,
}
