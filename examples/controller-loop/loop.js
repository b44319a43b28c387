// iter8's tutorials from their first iteration to their last: a stand-in for the controller, a simulated service, a real
// Prometheus, our server.
//
//     node loop.js [STORY...] [--speed 1] [--runs 1] [--last-state echoed|pruned|remembered|all] [--method sequential|v1]
//                  [--binary iter8-analytics] [--format table|json]
//
// All stories run at once, each on a service of its own. Not here: anything of the engine.

import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { control } from './controller.js'
import { start } from './processes.js'
import { Service } from './service.js'
import { STORIES } from './stories.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    speed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '1' },
    'last-state': { type: 'string', default: 'all' },
    method: { type: 'string', default: 'sequential' },
    binary: { type: 'string', default: 'iter8-analytics' },
    format: { type: 'string', default: 'table' },
  },
})
const speed = within('speed', Number(values.speed), 1, 5)
const runs = within('runs', Number(values.runs), 1, 50)
const names = positionals.length > 0 ? positionals : Object.keys(STORIES)
const unknown = names.find(name => !STORIES[name])
if (unknown) refuse(`unknown story \`${unknown}\`; there are ${Object.keys(STORIES).join(', ')}`)
const STATES = ['echoed', 'pruned', 'remembered']
const states = values['last-state'] === 'all' ? STATES : STATES.filter(state => state === values['last-state'])
if (states.length === 0) refuse(`--last-state: ${STATES.join(', ')} or all`)

const loops = names.flatMap(name => states.flatMap(lastState => Array.from({ length: runs }, (_, run) => ({ name, lastState, run, story: STORIES[name] }))))
for (const [index, loop] of loops.entries()) loop.service = new Service(loop.story, `loop-${index}`, { speed, seed: loop.run + 1 })

const { endpoint, remembering, end } = await start(loops.map(loop => loop.service), { ...values, remembered: states.includes('remembered') })
const seconds = Math.max(...names.map(name => ((STORIES[name].iterations + 1) * STORIES[name].intervalSeconds) / speed))
console.error(`${loops.length} experiments by the method ${values.method}, ${speed} times as fast as told: done in ${Math.ceil(seconds)} s.`)
try {
  await Promise.all(loops.map(run))
} finally {
  end()
}
const results = names.flatMap(name => states.map(lastState => summary(name, lastState)))
if (values.format === 'json') console.log(JSON.stringify(results, null, 2))
else print(results)

async function run(loop, index) {
  const { story, service, lastState } = loop
  // One after the other, so that not all look at once.
  await sleep((index / loops.length) * (story.intervalSeconds * 1000) / speed)
  service.open()
  const whole = sleep((story.iterations * story.intervalSeconds * 1000) / speed)
  loop.outcome = await control(story, service, { endpoint: lastState === 'remembered' ? remembering : endpoint, speed, lastState, strategy: story.strategy })
  // An experiment that ended early is counted as long as the others: its traffic goes on.
  await whole
  loop.counts = service.counts()
}

/** What became of all runs of one story. */
function summary(name, lastState) {
  const { title, right, versions, v1, iterations } = STORIES[name]
  const same = loops.filter(loop => loop.name === name && loop.lastState === lastState)
  const total = key => same.flatMap(loop => loop.counts).reduce((sum, count) => sum + count[key], 0)
  const bad = new Set(versions.filter(version => version.isBad).map(version => version.name))
  const toBad = same.flatMap(loop => loop.counts).filter(count => bad.has(count.name)).reduce((sum, count) => sum + count.requests, 0)
  return {
    story: name,
    title,
    lastState,
    right: right ?? null,
    iterations,
    ends: tally(same.map(({ outcome }) => ending(outcome))),
    firstWinner: tally(same.map(({ outcome }) => firstWinner(outcome) ?? 'never')),
    wrongWinners: same.filter(({ outcome }) => outcome.iterations.some(one => one.winner !== undefined && one.winner !== right)).length,
    lastWeights: same.at(-1).outcome.iterations.at(-1)?.weights ?? null,
    shareToBad: bad.size > 0 ? toBad / total('requests') : null,
    reward: versions.some(version => version.sells) ? total('books') / total('requests') : null,
    reasons: [...new Set(same.map(({ outcome }) => outcome.iterations.at(-1)?.reason).filter(Boolean))],
    notes: [...new Set(same.flatMap(({ outcome }) => [...outcome.notes]))],
    v1: v1?.[lastState] ?? null,
  }
}

function ending({ phase, message, winner, iterations }) {
  if (phase === 'Pause') return message
  if (message.endsWith('(Abort)')) return `${message} at ${iterations.length}`
  return winner ? `${message}: ${winner}` : message
}

/** The first iteration, from 0, with the winner of the end. */
function firstWinner({ iterations, winner }) {
  const first = iterations.findIndex(one => one.winner !== undefined && one.winner === winner)
  return first < 0 ? undefined : first
}

function tally(list) {
  const counts = new Map()
  for (const one of list) counts.set(one, (counts.get(one) ?? 0) + 1)
  return Object.fromEntries([...counts].sort(([one], [other]) => (one > other ? 1 : -1)))
}

function print(all) {
  const counted = counts => Object.entries(counts).map(([what, count]) => (runs > 1 ? `${what} (${count})` : what)).join(', ')
  const head = ['story', 'last_state', 'end', 'first winner at', 'v1.0.0', 'to bad versions', 'v1.0.0', 'books a request', 'v1.0.0']
  const rows = all.map(one => [
    one.title,
    one.lastState,
    counted(one.ends),
    counted(one.firstWinner),
    one.v1?.first ?? '',
    one.shareToBad === null ? '' : `${(one.shareToBad * 100).toFixed(1)} %`,
    one.v1?.bad ?? '',
    one.reward === null ? '' : one.reward.toFixed(2),
    one.v1?.reward ?? '',
  ])
  for (const row of [head, head.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`)
}

function within(name, value, least, most) {
  return value >= least && value <= most ? value : refuse(`--${name}: a number from ${least} to ${most}`)
}

function refuse(message) {
  console.error(message)
  process.exit(2)
}
