// The example's controller drives simulated services through the real server and a real Prometheus.
//
// Here the canaries, three times as fast as told; with LONG_TESTS every story at its own pace (four minutes). A busy
// machine may make Prometheus late, which puts winners off: that is no fault, a wrong winner is.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'

import { repository, run } from './support/project.js'
import { binary } from './support/server.js'

const loop = async flags => JSON.parse(await run(repository, 'node', [join(repository, 'examples/controller-loop/loop.js'), '--binary', binary, '--format', 'json', ...flags]))
const ends = ({ ends }) => Object.keys(ends)

function sound(result) {
  assert.equal(result.wrongWinners, 0, JSON.stringify(result))
  assert.ok(ends(result).every(end => end.startsWith('Traffic To ')), `parked: ${JSON.stringify(result.ends)}`)
}

const isLate = ({ notes }) => notes.some(code => code.startsWith('backend_'))

test('the canaries end as they should, with last_state echoed, pruned, and remembered by the server', { timeout: 170_000 }, async () => {
  const results = await loop(['canary', 'canary_bad', 'conformance', '--speed', '3'])
  assert.deepEqual(results.map(one => `${one.story} ${one.lastState}`), ['canary', 'canary_bad', 'conformance'].flatMap(one => [`${one} echoed`, `${one} pruned`, `${one} remembered`]))
  results.forEach(sound)
  const [good, , remembered, ...others] = results
  for (const one of [good, remembered]) if (!isLate(one)) assert.deepEqual(ends(one), ['Traffic To Winner: candidate-0'], one.reasons[0])
  const alone = others[3]
  for (const one of others.slice(0, 3)) assert.ok(one.shareToBad < 0.1, JSON.stringify(one))
  assert.deepEqual(ends(alone), ['Traffic To Baseline (Abort) at 0'])
})

test('every tutorial finds its winner', { skip: !process.env.LONG_TESTS, timeout: 400_000 }, async t => {
  const results = await loop([])
  results.forEach(sound)
  for (const one of results.filter(result => !isLate(result))) {
    t.diagnostic(`${one.title}, ${one.lastState}: ${ends(one)}, first winner at ${Object.keys(one.firstWinner)}`)
    if (one.right === null) assert.deepEqual(ends(one), ['Traffic To Baseline (Abort) at 0'])
    else if (one.right === 'baseline') assert.match(ends(one)[0], /^Traffic To (Baseline|Winner: baseline)/)
    else if (one.lastState !== 'pruned') assert.deepEqual(ends(one), [`Traffic To Winner: ${one.right}`], one.reasons[0])
    if (one.shareToBad !== null && one.story !== 'abn_uniform') assert.ok(one.shareToBad < 0.08, JSON.stringify(one))
  }
})

test('what cannot be run is refused with what can', async () => {
  await assert.rejects(loop(['canaries']), /unknown story `canaries`; there are performance, conformance, canary, /)
  await assert.rejects(loop(['canary', '--speed', '9']), /--speed: a number from 1 to 5/)
  await assert.rejects(loop(['canary', '--binary', 'no-such-program']), /no-such-program does not start/)
})
