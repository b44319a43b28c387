// Wrong verdicts are as rare as alpha says, right ones are found and soon: worlds of known truth through the package.
//
// With LONG_TESTS: minutes on two processors. 300 runs of up to a hundred looks for each world; what was ever said at any
// look counts. A rate holds if it is at most what is claimed and three standard deviations of that. The engine's own
// table, `docs/calibration.md`, is of other seeds and natively.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'

import { alikes, clear, conversions, nothing, soon } from './support/scenarios.js'
import { outcome, trials } from './support/trials.js'

const RUNS = 300
const NEARLY_EVERY = 0.99
const skip = !process.env.LONG_TESTS
const { run, end } = skip ? { end() {} } : trials()
after(end)

const most = (claimed, runs = RUNS) => runs * claimed + 3 * Math.sqrt(runs * claimed * (1 - claimed))
const percent = count => `${((100 * count) / RUNS).toFixed(2)} %`

/** Says in one line what was found and how often; holds each of `rates`, `[claimed, counts]`, to what is claimed. */
function hold(t, found, ...rates) {
  const said = rates.map(([claimed, counts]) => {
    const words = Object.entries(counts).map(([what, count]) => `${what} ${percent(count)}`)
    return `${words.join(', ')} (claimed ${(100 * claimed).toFixed(1)} %)`
  })
  t.diagnostic(`${t.name}: ${[...found, ...said].join('; ')}`)
  for (const [claimed, counts] of rates) {
    for (const [what, count] of Object.entries(counts)) {
      assert.ok(count <= most(claimed), `${what}: ${count} of ${RUNS} runs, allowed are ${Math.floor(most(claimed))}`)
    }
  }
}

/** Runs of which `is` holds. */
const count = (outcomes, is) => outcomes.filter(is).length

for (const [name, world, times = 1] of nothing) {
  test(`wrong verdicts: ${name}`, { skip }, async t => {
    const outcomes = await run(world, RUNS, { alpha: 0.05 })
    assert.ok(outcomes.every(({ looks }) => looks === 100))
    const ever = key => count(outcomes, one => one[key] !== null)
    const at5 = {
      satisfied: ever('satisfied'),
      violated: ever('violated'),
      winner: count(outcomes, ({ winners }) => winners.length > 0),
      rollback: count(outcomes, ({ rolledBack }) => rolledBack.length > 0),
    }
    // On a fixed split the evidence is the same whatever is asked of it; a test below holds that 1 % asks for this.
    const at1 = { satisfied: ever('satisfiedAt1'), violated: ever('violatedAt1') }
    hold(t, [], [0.05 * times, at5], [0.01 * times, at1])
  })
}

for (const [name, world] of alikes) {
  for (const alpha of [0.01, 0.05]) {
    test(`wrong winners at ${alpha}: ${name}`, { skip }, async t => {
      const outcomes = await run(world, RUNS, { alpha })
      const isInnocent = ({ truth }) => id => !truth.violating.includes(id)
      const winner = count(outcomes, ({ winners }) => winners.length > 0)
      hold(t, [], [alpha, { winner, rollback: count(outcomes, one => one.rolledBack.some(isInnocent(one))) }])
    })
  }
}

for (const [name, world, winner, out] of clear) {
  for (const alpha of [0.01, 0.05]) {
    test(`right winners at ${alpha}: ${name}`, { skip }, async t => {
      const outcomes = await run(world, RUNS, { alpha })
      const isEnded = one => one.winner === null && out.length > 0 && one.rolledBack.join() === out.join()
      const right = count(outcomes, one => one.winner === winner || isEnded(one))
      const rolledBack = count(outcomes, one => one.rolledBack.join() === out.join())
      const found = [`right ${percent(right)}`, `rolled back rightly ${percent(rolledBack)}`, `winner after ${inWords(median(outcomes, 'winnerAt'))}`]
      const wrong = {
        'wrong winner': count(outcomes, ({ winners }) => winners.some(one => one !== winner)),
        'wrong rollback': count(outcomes, one => one.rolledBack.some(id => !out.includes(id))),
      }
      hold(t, found, [alpha, wrong])
      assert.ok(right >= RUNS * NEARLY_EVERY && rolledBack >= RUNS * NEARLY_EVERY, `right ends: ${right} of ${RUNS} runs`)
    })
  }
}

/** The iterations' median, null being never. */
function median(outcomes, key) {
  const times = outcomes.map(one => one[key] ?? Infinity).sort((a, b) => a - b)
  return times[times.length >> 1]
}

/** The claimed median and a tenth of it, which is the chance of medians of 300 runs: other seeds give 27 where these give 28. */
function latest(claimed) {
  return claimed + Math.floor(claimed / 10)
}

function inWords(median) {
  return median === Infinity ? 'never' : String(median)
}

for (const [name, world, verdict, at1, at5] of soon) {
  test(`soon: ${name}`, { skip }, async t => {
    const outcomes = await run(world, RUNS, { alpha: 0.05 })
    const [found1, found5] = [median(outcomes, `${verdict}At1`), median(outcomes, verdict)]
    const other = verdict === 'satisfied' ? 'violated' : 'satisfied'
    const wrong = key => ({ [other]: count(outcomes, one => one[key] !== null) })
    const found = `${verdict} after ${inWords(found1)} and ${inWords(found5)} (claimed ${at1} and ${at5 ?? '-'})`
    hold(t, [found], [0.05, wrong(other)], [0.01, wrong(`${other}At1`)])
    assert.ok(found1 <= latest(at1), `at 0.01 after ${found1} intervals, not ${at1}`)
    assert.ok(at5 === undefined || found5 <= latest(at5), `at 0.05 after ${found5} intervals, not ${at5}`)
  })
}

for (const [alpha, claimed] of conversions.medians) {
  test(`soon: 10 against 12 % conversions at ${alpha}`, { skip }, async t => {
    const outcomes = await run(conversions.world, RUNS, { alpha })
    const found = median(outcomes, 'winnerAt')
    const wrong = { 'wrong winner': count(outcomes, ({ winners }) => winners.includes('v1')) }
    hold(t, [`a winner after ${inWords(found)} (claimed ${claimed})`], [alpha, wrong])
    assert.ok(found <= latest(claimed), `after ${found} intervals, not ${claimed}`)
  })
}

test('an alpha of 1 % asks for the evidence that is counted for it', { skip }, () => {
  for (const [name, world] of soon) {
    const verdicts = options => {
      const { satisfied, violated, satisfiedAt1, violatedAt1 } = outcome(world, { seed: 1, ...options })
      return { said: { satisfied, violated }, counted: { satisfied: satisfiedAt1, violated: violatedAt1 } }
    }
    assert.deepEqual(verdicts({ alpha: 0.05 }).counted, verdicts({ alpha: 0.01 }).said, name)
  }
})

test('the same counts find a method wrong that does not mind how often one looks', { skip }, async t => {
  const [, world] = alikes[0]
  const outcomes = await run({ ...world, split: [50, 50] }, 60, { method: 'v1' })
  const wrong = count(outcomes, ({ winners }) => winners.length > 0)
  t.diagnostic(`v1 names a winner among equals in ${wrong} of 60 runs`)
  assert.ok(wrong > most(0.05, 60))
})
