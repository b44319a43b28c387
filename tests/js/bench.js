// How long the package takes beside the native engine, on the same input in one run, and the time from import to the first
// reply in Node and in Chromium. `make bench` calls it; a minute where the native benchmark is built.
//
// Both engines run in turn and in several rounds, so that a machine that is busy for a while is so for both. A figure is the
// median of a round, and of the rounds the least. Here a request is JavaScript's objects and so is the reply; natively both
// are JSON text. Not here: more of the native engine, which benches/assess measures.

import { execFileSync } from 'node:child_process'

import { assess } from '../../pkg/index.js'
import { close, page, serve, title } from './support/browser.js'
import { project, repository } from './support/project.js'
import { request } from './support/request.js'

const options = { now: '2026-03-01T11:00:00Z' }
const ROUNDS = 3
const ROUND_SECONDS = 0.7
const FIRST_REPLIES = 9

for (const method of ['sequential', 'v1']) {
  const figures = new Map()
  for (let round = 0; round < ROUNDS; round++) {
    for (const [size, milliseconds] of nativeMedians(method)) {
      const [versions, metrics] = size.split('x').map(Number)
      const figure = figures.get(size) ?? { native: Infinity, ours: Infinity }
      figure.native = Math.min(figure.native, milliseconds)
      figure.ours = Math.min(figure.ours, ourMedian({ ...request(versions, metrics), method }))
      figures.set(size, figure)
    }
  }
  console.log(`${method.padEnd(18)}   native ms   WebAssembly ms   times`)
  for (const [size, { native, ours }] of figures) {
    console.log(`${size.padEnd(18)}${native.toFixed(3).padStart(12)}${ours.toFixed(3).padStart(17)}${(ours / native).toFixed(2).padStart(8)}`)
  }
}
console.log(`\nimport to first reply, median (least): Node ${inWords(firstRepliesInNode())}, Chromium ${inWords(await firstRepliesInChromium())}`)

/** `[size, milliseconds]` of each size that benches/assess knows, by `method`. */
function nativeMedians(method) {
  // The benchmarks with a hundred intervals are called by the method too.
  const command = ['bench', '--quiet', '--bench', 'assess', '--', method, '--skip', '_100', '--max-time', String(ROUND_SECONDS)]
  const text = execFileSync('cargo', command, { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  const rows = text.matchAll(/\((\d+), (\d+)\) +\S+ \S+ +│ \S+ \S+ +│ (\S+) (\S+)/g)
  return [...rows].map(([, versions, metrics, number, unit]) => [`${versions}x${metrics}`, Number(number) * { µs: 1e-3, ms: 1, s: 1e3 }[unit]])
}

function ourMedian(experiment) {
  const times = []
  for (const started = performance.now(); times.length < 8 || performance.now() - started < ROUND_SECONDS * 1e3; ) {
    const before = performance.now()
    assess(experiment, null, options)
    times.push(performance.now() - before)
  }
  // The first calls run before the engine's code is optimised.
  return sorted(times.slice(times.length >> 2))[(times.length * 3) >> 3]
}

/** Code that gives the milliseconds from before the import of `engine` to the first reply. */
function measured(engine, example, init) {
  return `
    const started = performance.now()
    const { default: init, assess } = await import('${engine}')
    ${init}
    const { experiment, observations, now } = await import('${example}')
    assess(experiment, observations, { now })
    const taken = performance.now() - started`
}

function firstRepliesInNode() {
  const address = path => new URL(path, import.meta.url).href
  const code = `${measured(address('../../pkg/index.js'), address('./support/example.js'), '')}\nconsole.log(taken)`
  return Array.from({ length: FIRST_REPLIES }, () => Number(execFileSync('node', ['--input-type=module', '-e', code], { encoding: 'utf8' })))
}

/** Each on a page of its own, from a server on this machine; the browser keeps nothing between them. */
async function firstRepliesInChromium() {
  const ends = [close]
  const main = `${measured('./node_modules/iter8-analytics/index.js', './example.js', 'await init()')}\ndocument.title = String(taken)`
  const folder = project({ after: end => ends.push(end) }, { 'index.html': page(), 'main.js': main })
  const server = await serve(folder, () => ({ 'cache-control': 'no-store' }))
  const times = []
  for (let i = 0; i < FIRST_REPLIES; i++) times.push(Number(await title(server.address)))
  server.end()
  for (const end of ends) await end()
  return times
}

function inWords(times) {
  return `${sorted(times)[times.length >> 1].toFixed(0)} ms (${Math.min(...times).toFixed(0)})`
}

function sorted(numbers) {
  return numbers.sort((a, b) => a - b)
}
