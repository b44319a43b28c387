// What each method decided in many experiments, call by call -> what a person would have concluded who looks now and then.
//
// Who looks at every k-th call stops at the first winner that they see: what would be said later changes nothing any more.
// So one simulation serves every frequency of looking. Not here: simulating (worker/race.js), drawing (outcome.js).

/** For each method, by each look: how many had named a wrong winner, and a right one; and what came of the rest. */
export function tally({ experiments, truth }, { peek, calls }) {
  // Who would look later than the end looks at the end.
  const every = Math.min(peek, calls)
  const looks = Math.floor(calls / every)
  return Object.fromEntries(METHODS.map(method => {
    const wrong = new Array(looks).fill(0)
    const right = new Array(looks).fill(0)
    const first = []
    let [rolledBack, violating] = [0, 0]
    for (const { [method]: decided } of experiments) {
      const { look, winner } = firstSeen(decided.winners, every, looks)
      rolledBack += decided.isWronglyRolledBack
      violating += decided.violatingShare
      if (winner === null) continue
      first.push(look)
      const counts = truth.winners.includes(winner) ? right : wrong
      for (let at = look - 1; at < looks; at++) counts[at]++
    }
    return [method, { looks, wrong, right, first, rolledBack, violating }]
  }))
}

// Looks are counted from 1; the call without data is none of them.
function firstSeen(winners, every, looks) {
  for (let look = 1; look <= looks; look++) {
    const winner = winners[look * every] ?? null
    if (winner !== null) return { look, winner }
  }
  return { winner: null }
}

export const METHODS = ['v1', 'sequential']
