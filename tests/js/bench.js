// How long the package takes beside the native engine, on the same input in one run, and the time from import to the first
// reply in Node and in Chromium. `make bench` calls it; two minutes where the native benchmark is built.
//
// Both engines run in turn and in several rounds, so that a machine that is busy for a while is so for both. The least time
// is what others on the machine disturb least, and what is compared; the median is of a round, and of the rounds the least.
// Here a request is JavaScript's objects and so is the reply; natively both are JSON text. Not here: more of the native
// engine, which benches/assess measures.

import { execFileSync } from 'node:child_process'

import { assess } from '../../pkg/index.js'
import { close, page, serve, title } from './support/browser.js'
import { project, repository } from './support/project.js'
import { request } from './support/request.js'

const options = { now: '2026-03-01T11:00:00Z' }
const ROUNDS = 3
const ROUND_SECONDS = 0.7
const FIRST_REPLIES = 15

const native = nativeBenchmark()
console.log('One assessment, milliseconds; times: WebAssembly by native, of the least\n')
const engines = [['method', 'versions', 'metrics', 'native least', 'median', 'WebAssembly least', 'median', 'times', 'allowed']]
for (const method of ['sequential', 'v1']) {
  for (const [size, { natively, ours }] of compared(method)) {
    const [versions, metrics] = size.split('x')
    const times = (ours.least / natively.least).toFixed(2)
    engines.push([method, versions, metrics, ...[natively, ours].flatMap(({ least, median }) => [least.toFixed(3), median.toFixed(3)]), times, '1.30'])
  }
}
print(engines)

console.log(`\nFrom import to the first reply, milliseconds; median of ${FIRST_REPLIES} processes or pages, the least of all in brackets\n`)
print([
  ['host', 'import', 'load the engine', 'first reply', 'in all', 'allowed', 'a second reply'],
  firstReplies('Node', 50, firstRepliesInNode()),
  firstReplies('Chromium', 100, await firstRepliesInChromium()),
])

/** The least times of all rounds by size. */
function compared(method) {
  const figures = new Map()
  const less = (one, other) => ({ least: Math.min(one.least, other.least), median: Math.min(one.median, other.median) })
  for (let round = 0; round < ROUNDS; round++) {
    for (const [size, natively] of nativeTimes(method)) {
      const [versions, metrics] = size.split('x').map(Number)
      const ours = ourTimes({ ...request(versions, metrics), method })
      const so = figures.get(size)
      figures.set(size, so ? { natively: less(so.natively, natively), ours: less(so.ours, ours) } : { natively, ours })
    }
  }
  return figures
}

/** Where cargo puts the native benchmark, which it builds if need be. */
function nativeBenchmark() {
  console.error('Building the native benchmark: minutes the first time.')
  const command = ['bench', '--quiet', '--bench', 'assess', '--no-run', '--message-format', 'json']
  const text = execFileSync('cargo', command, { cwd: repository, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'] })
  return text.trim().split('\n').map(line => JSON.parse(line)).find(({ executable, target }) => executable && target.name === 'assess').executable
}

/** `[size, times]` of each size that benches/assess knows, by `method`. */
function nativeTimes(method) {
  // The benchmarks with a hundred intervals are called by the method too.
  const text = execFileSync(native, ['--bench', method, '--skip', '_100', '--max-time', String(ROUND_SECONDS)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const rows = [...text.matchAll(/\((\d+), (\d+)\) +(\S+) (\S+) +│ \S+ \S+ +│ (\S+) (\S+)/g)]
  if (rows.length === 0) throw new Error(`no times in what the native benchmark says:\n${text}`)
  const milliseconds = (number, unit) => Number(number) * { ns: 1e-6, µs: 1e-3, ms: 1, s: 1e3 }[unit]
  return rows.map(([, versions, metrics, least, its, median, unit]) => [`${versions}x${metrics}`, { least: milliseconds(least, its), median: milliseconds(median, unit) }])
}

function ourTimes(experiment) {
  const times = []
  for (const started = performance.now(); times.length < 8 || performance.now() - started < ROUND_SECONDS * 1e3; ) {
    const before = performance.now()
    assess(experiment, null, options)
    times.push(performance.now() - before)
  }
  // The first calls run before the engine's code is optimised.
  const late = sorted(times.slice(times.length >> 2))
  return { least: late[0], median: late[late.length >> 1] }
}

/** Code that puts milliseconds into `taken`: of the import of `engine`, of loading it, and of two replies. */
function measured(engine, example, load) {
  return `
    const { experiment, observations, now } = await import('${example}')
    const at = [performance.now()]
    const { default: init, assess, version } = await import('${engine}')
    at.push(performance.now())
    ${load}
    at.push(performance.now())
    for (let i = 0; i < 2; i++) {
      assess(experiment, observations, { now })
      at.push(performance.now())
    }
    const taken = at.slice(1).map((end, index) => end - at[index]).join()`
}

function firstRepliesInNode() {
  const address = path => new URL(path, import.meta.url).href
  const code = `${measured(address('../../pkg/index.js'), address('./support/example.js'), 'version()')}\nconsole.log(taken)`
  return Array.from({ length: FIRST_REPLIES }, () => execFileSync('node', ['--input-type=module', '-e', code], { encoding: 'utf8' }))
}

/** Each on a page of its own, from a server on this machine; the browser keeps nothing between them. */
async function firstRepliesInChromium() {
  const ends = [close]
  const main = `${measured('./node_modules/iter8-analytics/index.js', './example.js', 'await init()')}\ndocument.title = taken`
  const folder = project({ after: end => ends.push(end) }, { 'index.html': page(), 'main.js': main })
  const server = await serve(folder, () => ({ 'cache-control': 'no-store' }))
  const times = []
  for (let i = 0; i < FIRST_REPLIES; i++) times.push(await title(server.address))
  server.end()
  for (const end of ends) await end()
  return times
}

/** A row of the second table, of the runs' comma-separated times. */
function firstReplies(host, allowed, texts) {
  const runs = texts.map(text => text.split(',').map(Number))
  const inWords = times => `${sorted(times)[times.length >> 1].toFixed(1)} (${Math.min(...times).toFixed(1)})`
  const steps = [0, 1, 2, 3].map(step => inWords(runs.map(times => times[step])))
  const inAll = inWords(runs.map(([load, start, reply]) => load + start + reply))
  return [host, ...steps.slice(0, 3), inAll, String(allowed), steps[3]]
}

/** Rows below a heading, in columns: words to the left, numbers to the right. */
function print(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)))
  for (const row of rows) console.log(row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '))
}

function sorted(numbers) {
  return numbers.sort((a, b) => a - b)
}
