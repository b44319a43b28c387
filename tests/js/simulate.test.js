// Worlds through the package: the command line's bytes, its words for faults, and right ends.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { simulate } from '../../pkg/index.js'
import { native } from './support/project.js'

// What the command line prints, as JavaScript writes it.
const printed = (world, args) => {
  const isName = typeof world === 'string'
  const options = isName ? {} : { input: JSON.stringify(world) }
  return JSON.stringify(JSON.parse(native(['simulate', isName ? world : '-', '--format', 'json', ...args], options)))
}

for (const world of ['conformance', 'canary', 'canary_bad', 'ab', 'abn', 'drift', 'incident', 'heavy_tails']) {
  test(`${world} runs as on the command line`, () => {
    assert.equal(JSON.stringify(simulate(world, { seed: 7 })), printed(world, ['--seed', '7']))
  })
}

test('a world of one\'s own and either method run as on the command line', () => {
  const world = { base: 'abn', icc: 0.01, noise: 0.2, blocks: [[4, 15]], last_state: 'pruned', observations: 'totals', drift: [[0, 1], [5, 2]] }
  for (const method of ['v1', 'sequential']) {
    assert.equal(JSON.stringify(simulate(world, { seed: 3, method })), printed(world, ['--seed', '3', '--method', method]))
  }
})

test('each iteration keeps its assessment only if asked', () => {
  const [without, with_] = [false, true].map(assessments => simulate('canary', { seed: 1, assessments }))
  assert.ok(without.iterations.every(step => !('assessment' in step)))
  for (const step of with_.iterations) {
    assert.equal(step.assessment.winner_assessment.current_best_version, step.best)
    const split = step.assessment.traffic_split_recommendation.progressive
    assert.deepEqual(step.versions.map(({ id }) => split[id]), step.versions.map(({ split }) => split))
  }
})

test('faults of a world and of the options are told with their paths', () => {
  const faults = (world, options) => {
    try {
      simulate(world, options)
    } catch (error) {
      assert.equal(error.name, 'Iter8Error')
      return error.errors.map(({ path }) => path)
    }
  }
  assert.deepEqual(faults({ base: 'canary', iterations: 0, icc: 2 }, { seed: 1 }), ['iterations', 'icc'])
  assert.deepEqual(faults({ versions: [{ id: 'a', error_rate: Number.NaN }] }, { seed: 1 }), ['versions[0].error_rate'])
  assert.deepEqual(faults('canary', {}), ['seed'])
  assert.deepEqual(faults('canary', { seed: 'random', alpha: 1 }), ['seed', 'alpha'])
  assert.deepEqual(faults('nowhere', { seed: 1 }), [''])
})

test('the tutorials end rightly in every one of ten runs', t => {
  for (const [world, winner] of [['canary', 'reviews-v3'], ['ab', 'productpage-v3'], ['abn', 'productpage-v3']]) {
    const runs = Array.from({ length: 10 }, (_, seed) => simulate(world, { seed }).summary)
    assert.deepEqual(new Set(runs.map(run => run.winner)), new Set([winner]), world)
    assert.ok(runs.every(run => !run.named_wrongly))
    t.diagnostic(`${world}: a winner at iterations ${runs.map(run => run.first_winner_iteration)}`)
  }
})

test('a hundred looks take a moment', t => {
  for (const method of ['sequential', 'v1']) {
    const started = performance.now()
    for (let seed = 0; seed < 3; seed++) simulate('aa', { seed, method })
    t.diagnostic(`${method}: ${((performance.now() - started) / 3).toFixed(0)} ms for 100 looks`)
  }
})
