// How long the package takes beside the native engine, on the same input in one run: a table, and the time from import
// to the first reply. `make bench` calls it; the native times are those of benches/assess.
//
// Here a request is JavaScript's objects and so is the reply; natively both are JSON text.

import { execFileSync } from 'node:child_process'

import { assess } from '../../pkg/index.js'
import { repository } from './support/project.js'
import { request } from './support/request.js'

const options = { now: '2026-03-01T11:00:00Z' }
const native = nativeMedians()
console.log('versions x metrics   native ms   WebAssembly ms   times')
for (const [key, milliseconds] of native) {
  const [versions, metrics] = key.split('x').map(Number)
  const ours = median(() => assess(request(versions, metrics), null, options))
  console.log(`${key.padEnd(18)}${milliseconds.toFixed(2).padStart(12)}${ours.toFixed(2).padStart(17)}${(ours / milliseconds).toFixed(2).padStart(8)}`)
}
console.log(`\nimport to first reply in Node: ${firstReply().toFixed(0)} ms`)

function nativeMedians() {
  const text = execFileSync('cargo', ['bench', '--quiet', '--bench', 'assess', '--', 'v1'], { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const rows = text.matchAll(/\((\d+), (\d+)\) +\S+ \S+ +│ \S+ \S+ +│ (\S+) (\S+)/g)
  return [...rows].map(([, versions, metrics, number, unit]) => [`${versions}x${metrics}`, Number(number) * { µs: 1e-3, ms: 1, s: 1e3 }[unit]])
}

function median(call) {
  const times = []
  // The first calls run before the engine's code is optimised.
  for (const started = performance.now(); times.length < 30 || performance.now() - started < 3000; ) {
    const before = performance.now()
    call()
    times.push(performance.now() - before)
  }
  return times.slice(times.length >> 2).sort((a, b) => a - b)[(times.length * 3) >> 3]
}

function firstReply() {
  const code = `
    const started = performance.now()
    const { assess } = await import(${JSON.stringify(new URL('../../pkg/index.js', import.meta.url).href)})
    const { experiment, observations, now } = await import(${JSON.stringify(new URL('./support/example.js', import.meta.url).href)})
    assess(experiment, observations, { now })
    console.log(performance.now() - started)`
  const times = Array.from({ length: 9 }, () => Number(execFileSync('node', ['--input-type=module', '-e', code], { encoding: 'utf8' })))
  return times.sort((a, b) => a - b)[4]
}
