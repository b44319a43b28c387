// The playground's worlds are the engine's ready ones; its settings survive the address; its counting is right.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { assess, simulate } from '../../../pkg/index.js'
import { VERSION_KNOBS, WORLD_KNOBS } from '../../../www/app/knobs.js'
import { fromParameters, knobsOf, shownOf, toParameters } from '../../../www/app/settings.js'
import { STORIES } from '../../../www/app/stories.js'
import { tally } from '../../../www/app/tally.js'
import { truthOf } from '../../../www/app/truth.js'
import { experimentOf, story } from '../../../www/worker/story.js'

const parameters = text => new URLSearchParams(text)

for (const name of Object.keys(STORIES).filter(name => name !== 'peeking')) {
  test(`the world ${name} is the engine's`, () => {
    const few = { iterations: Math.min(STORIES[name].world.iterations, 8) }
    assert.deepEqual(simulate({ ...STORIES[name].world, name, ...few }, { seed: 5 }), simulate({ base: name, name, ...few }, { seed: 5 }))
    assert.equal(simulate({ ...STORIES[name].world, ...few }, { seed: 5 }).iterations.length, Math.min(simulate(name, { seed: 5 }).iterations.length, few.iterations))
  })

  test(`a story of ${name} has the assessments of its world, and an experiment that the engine takes`, () => {
    const world = { ...STORIES[name].world, name, iterations: 5 }
    const { iterations } = simulate(world, { seed: 2, assessments: true })
    for (let at = 0; at < iterations.length - 1; at++) {
      const look = story({ world, seed: 2, at })
      assert.deepEqual(look.assessment, iterations[at + 1].assessment)
      assert.equal(Date.parse(look.now) - Date.parse(look.experiment.start_time), iterations[at + 1].elapsed_seconds * 1000)
    }
    assert.ok(story({ world, seed: 2, at: iterations.length - 1 }).isOver)
    const versions = Object.fromEntries(world.versions.map(({ id }) => [id, { iter8_request_count: [100, 100] }]))
    const { baseline_assessment: found } = assess(experimentOf(world), { versions }, { now: '2026-01-01T00:10:00Z' })
    assert.deepEqual(found.criterion_assessments.map(({ id }) => id), iterations[0].versions[0].criteria.map(({ id }) => id))
  })
}

test('every setting survives the address, and what is not said is as in the story', () => {
  for (const name of Object.keys(STORIES)) {
    const settings = fromParameters(parameters(`story=${name}`))
    assert.deepEqual(settings.world, STORIES[name].world)
    assert.deepEqual(toParameters(settings), { story: name })
    for (const [holder, knob] of knobsOf(settings)) {
      const { min, max, step, per = 1 } = knob
      const value = shownOf(holder, knob) === min ? max : min
      // On the slider's own steps, as a person can move it.
      knob.set(holder, Number(((min + Math.round((value - min) / step) * step) / per).toPrecision(9)))
    }
    const link = toParameters(settings)
    assert.deepEqual(fromParameters(parameters(link)), settings, name)
    for (const method of ['v1', 'sequential']) assert.ok(simulate({ ...settings.world, iterations: 3 }, { seed: settings.seed, method }).iterations.length, name)
  }
})

test('versions and switches survive the address', () => {
  const settings = fromParameters(parameters('story=peeking&versions=4&reward=0&even=0&e3=7'))
  assert.deepEqual(settings.world.versions.map(({ id }) => id), ['v1', 'v2', 'v3', 'v4'])
  assert.equal(settings.world.split, undefined)
  assert.equal(settings.world.criteria.length, 1)
  assert.equal(settings.world.versions[3].error_rate, 0.07)
  assert.deepEqual(fromParameters(parameters(toParameters(settings))), settings)
  const even = fromParameters(parameters('story=peeking&versions=3'))
  assert.equal(even.world.split.length, 3)
  assert.ok(simulate({ ...even.world, iterations: 3 }, { seed: 1 }))
})

test('nonsense in the address is passed over or brought into range', () => {
  const { world, runs, peek } = fromParameters(parameters('story=__proto__&rps=1e99&n=-4&e0=x&versions=4000&runs=NaN&peek=0'))
  assert.deepEqual([world.requests_per_second, world.iterations, world.versions[0].error_rate, world.versions.length, runs, peek], [200, 6, 0.01, 20, 200, 1])
})

test('every slider says what it is, and stands within its range in every story', () => {
  for (const name of Object.keys(STORIES)) {
    for (const [holder, knob, key] of knobsOf(fromParameters(parameters(`story=${name}`)))) {
      const value = shownOf(holder, knob)
      assert.ok(knob.label && value >= knob.min && value <= knob.max, `${name}: ${key} ${value}`)
    }
  }
  assert.equal(new Set([...VERSION_KNOBS, ...WORLD_KNOBS].map(({ key }) => key)).size, VERSION_KNOBS.length + WORLD_KNOBS.length)
})

test('who looks at every second call sees every second call, and stops at the first winner', () => {
  const decided = (winners, isWronglyRolledBack = false) => ({ winners, isWronglyRolledBack, violatingShare: 0.25 })
  const truth = { winners: ['b'], violating: [] }
  const found = {
    truth,
    experiments: [
      { v1: decided([null, 'a', null, null, 'b']), sequential: decided([null, null, null, null, null]) },
      { v1: decided([null, null, 'b', 'a', 'a']), sequential: decided([null, null, null, 'b', 'b'], true) },
    ],
  }
  const all = tally(found, { peek: 1, calls: 4 })
  assert.deepEqual(all.v1, { looks: 4, wrong: [1, 1, 1, 1], right: [0, 1, 1, 1], first: [1, 2], rolledBack: 0, violating: 0.5 })
  assert.deepEqual(all.sequential, { looks: 4, wrong: [0, 0, 0, 0], right: [0, 0, 1, 1], first: [3], rolledBack: 1, violating: 0.5 })
  const second = tally(found, { peek: 2, calls: 4 })
  assert.deepEqual([second.v1.wrong, second.v1.right, second.v1.first], [[0, 0], [1, 2], [2, 1]])
  // The last look of who looks too late is the end, and experiments may end early.
  assert.deepEqual(tally(found, { peek: 9, calls: 4 }).v1.right, [1])
  assert.deepEqual(tally({ truth, experiments: [{ v1: decided([null]), sequential: decided([null, 'b']) }] }, { peek: 2, calls: 4 }).sequential.first, [])
})

test('where no version is truly better, or lies on its limit, nobody is a right winner, and the words say so', () => {
  const of = (name, change = () => {}) => {
    const { world } = structuredClone(STORIES[name])
    change(world)
    return truthOf(world, simulate({ ...world, name, iterations: 2 }, { seed: 1 }).truth)
  }
  for (const name of ['drift', 'overdispersion', 'heavy_tails']) {
    const { winners, words } = of(name)
    assert.deepEqual(winners, [], name)
    assert.match(words, /^v2 lies exactly on a limit, 1 × the baseline’s value: no data can show that it keeps it, so every winner is a false one\.$/)
  }
  assert.deepEqual(of('canary', world => (world.versions[1].latency_ms.mean = 200)).winners, [])
  assert.match(of('peeking').words, /^No version is better/)
  assert.deepEqual([of('incident').winners, of('incident').words], [['v2'], 'v2 may take over: it keeps its limits.'])
  assert.equal(of('abn').words, 'Here productpage-v3 should win.')
  assert.equal(of('canary_bad').words, 'Here reviews-v3 should win.')
  assert.equal(of('conformance').words, 'reviews-v2 keeps its limits.')
  // Off the limit by a step of the slider, and the engine's truth is all there is.
  assert.deepEqual(of('drift', world => (world.versions[1].error_rate = 0.039)).winners, ['v2'])
  assert.deepEqual(of('drift', world => (world.versions[1].error_rate = 0.041)).violating, ['v2'])
})
