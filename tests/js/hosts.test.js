// The packed package as people install it: Node in both module systems, threads, TypeScript; and what the package says
// of itself.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'

import { version } from '../../pkg/index.js'
import { entry, nativeReply, pack, project, repository, run } from './support/project.js'

const expected = nativeReply()
// Characters that mean something in an address.
const ODD = { name: 'iter8 #%é-' }

test('an ES module in Node replies as the command line does, without init', async t => {
  const folder = project(t, { 'main.js': `${entry('// nothing to load')}\nconsole.log(reply)` }, ODD)
  assert.equal((await run(folder, 'node', ['main.js'])).trim(), expected)
})

test('require replies the same, with and without init, beside an import', async t => {
  const main = `
    const { default: init, assess, queries, observe, version } = require('iter8-analytics')
    import('./example.js').then(async ({ default: _, ...all }) => {
      const reply = JSON.stringify(assess(all.experiment, all.observations, { now: all.now }))
      await init()
      const other = await import('iter8-analytics')
      await other.default()
      if (other.assess === assess || JSON.stringify(other.assess(all.experiment, all.observations, { now: all.now })) !== reply) throw 1
      console.log(reply)
    })`
  const folder = project(t, { 'main.cjs': main }, ODD)
  assert.equal((await run(folder, 'node', ['main.cjs'])).trim(), expected)
})

test('a worker thread replies the same', async t => {
  const folder = project(t, {
    'main.js': "import { Worker } from 'node:worker_threads'\nnew Worker(new URL('./thread.js', import.meta.url)).on('message', console.log)",
    'thread.js': `${entry()}\nimport { parentPort } from 'node:worker_threads'\nparentPort.postMessage(reply)`,
  })
  assert.equal((await run(folder, 'node', ['main.js'])).trim(), expected)
})

test('bytes, a compiled module and an address load the engine too', async t => {
  for (const given of ['bytes', 'new WebAssembly.Module(bytes)', 'address']) {
    const init = `
      import { readFileSync } from 'node:fs'
      const address = new URL(import.meta.resolve('iter8-analytics/engine.wasm'))
      const bytes = readFileSync(address)
      await start({ module: ${given} })
      await start()`
    const folder = project(t, { 'main.js': `${entry(init)}\nconsole.log(reply)` })
    assert.equal((await run(folder, 'node', ['main.js'])).trim(), expected, given)
  }
})

test('what is no engine is named, and another try may follow', async t => {
  const init = `
    const error = await start({ module: new Uint8Array(8) }).catch(error => error)
    if (!error.message.startsWith('iter8-analytics: cannot load the engine from what init() was given: ')) throw error
    await start()`
  const folder = project(t, { 'main.js': `${entry(init)}\nconsole.log(reply)` })
  assert.equal((await run(folder, 'node', ['main.js'])).trim(), expected)
})

const TYPED = `
import { assessKiali, fromKiali } from 'iter8-analytics/kiali'
import type { KialiExperimentDetail } from 'iter8-analytics/kiali'
import { assessment as kuiAssessment, createXMLHttpRequest } from 'iter8-analytics/kui'
import init, { assess, observe, queries, version } from 'iter8-analytics'
import type { Assessment, CounterKind, Experiment, HistogramMetric, Iter8Error, Observations } from 'iter8-analytics'

export async function around(detail: KialiExperimentDetail, experiment: Experiment): Promise<string> {
  const { assessment, now } = await assessKiali(detail, () => ({ error: 'none' }), { metrics: experiment.metric_specs })
  const XMLHttpRequest = createXMLHttpRequest({ prometheus: 'http://localhost:9090' })
  const call = new XMLHttpRequest()
  call.onreadystatechange = () => call.responseText
  const reply = await kuiAssessment({ ...experiment, edgeServiceInformation: {} }, { ask: () => ({ error: 'none' }) })
  return now + reply.timestamp + assessment.timestamp + fromKiali(detail).notes[0]?.code
}

export async function judge(experiment: Experiment, observations: Observations): Promise<number> {
  await init()
  const now = new Date(0).toISOString()
  const assessment: Assessment = assess(experiment, observations, { now, method: 'v1', seed: 'random' })
  const asked = queries(experiment, { now })
  observe(experiment, asked.map(() => ({ error: 'none' })), { now })
  for (const { query, step } of queries(experiment, { now, answers: [] })) if (step !== undefined) query.length + step
  const latencies: HistogramMetric = { name: 'latency_ms', query_template: 'sum(increase(a[$interval])) by (le)', sum: 'total' }
  const data: Observations = { versions: { v1: {
    a: { total: 3, intervals: [1, null] }, latency_ms: [{ buckets: { '5': 1, '+Inf': 2 }, sum: 9 }, null],
  } }, blocks: [2] }
  const careful: Experiment = { ...experiment, method: 'sequential', alpha: 0.01, rollback: 'never', scrape_interval_seconds: 5,
    metric_specs: { ...experiment.metric_specs, histogram_metrics: [latencies] },
    criteria: [{ id: 'p99', metric_id: 'latency_ms', quantile: 0.99, threshold: { type: 'absolute', value: 500 } }] }
  const evidence = assess(careful, data, { now }).baseline_assessment.criterion_assessments[0]?.evidence
  const verdict: 'satisfied' | 'violated' | 'undecided' | undefined = evidence?.verdict
  // @ts-expect-error no such kind of counter
  const wrong: CounterKind = verdict ?? 'squares'
  // @ts-expect-error now is mandatory
  queries(experiment, {})
  // @ts-expect-error a misspelt strategy
  assess({ ...experiment, traffic_control: { strategy: 'all' } }, null, { now })
  const severity: 'info' | 'warning' | 'error' | undefined = assessment.notes[0]?.severity
  return assessment.winner_assessment.probability_of_winning_for_best_version + version().length + (severity ?? '').length
}

export function isOurs(error: unknown): error is Iter8Error {
  return error instanceof Error && error.name === 'Iter8Error'
}
`

for (const [module, resolution, name] of [['esnext', 'bundler', 'main.ts'], ['node16', 'node16', 'main.mts'], ['node16', 'node16', 'main.cts']]) {
  test(`TypeScript is content with ${resolution} and ${name}`, async t => {
    const folder = project(t, { [name]: TYPED })
    const flags = ['--strict', '--noEmit', '--target', 'es2022', '--lib', 'es2022', '--exactOptionalPropertyTypes', '--types', '']
    const main = name.endsWith('.cts') ? [...flags, '--esModuleInterop'] : flags
    await run(folder, 'tsc', [...main, '--module', module, '--moduleResolution', resolution, name])
  })
}

test('the version is the same everywhere', () => {
  const manifest = JSON.parse(readFileSync(join(repository, 'pkg/package.json'), 'utf8'))
  const [, crate] = /^version = "(.*)"$/m.exec(readFileSync(join(repository, 'Cargo.toml'), 'utf8'))
  assert.deepEqual([manifest.version, version()], [crate, crate])
})

test('publint and attw find nothing', async t => {
  const folder = project(t, {})
  await run(folder, 'publint', ['--strict', pack()])
  const found = await run(folder, 'attw', [pack(), '--format', 'ascii', '--no-emoji'])
  assert.match(found, /No problems found/)
})

test('one module is in the tarball, and what is loaded is small', t => {
  const folder = join(project(t, {}), 'node_modules/iter8-analytics')
  const size = name => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length
  const names = ['wasm/iter8_analytics_bg.wasm', 'index.js']
  const bytes = names.reduce((sum, name) => sum + size(name), 0)
  t.diagnostic(`${bytes} bytes of gzip`)
  assert.ok(bytes <= GZIP_BYTES_MAX, `${bytes} bytes`)
})

test('floats and texts are written by the host: the standard library\'s printers are not in the module', () => {
  const module = readFileSync(join(repository, 'pkg/wasm/iter8_analytics_bg.wasm'), 'latin1')
  // Words of asserts in core: of its printer of floats (`{}` of an f64), and of what a string index panics with.
  for (const words of ['d.mant > 0', 'is not a char boundary', 'called `Result::unwrap()`']) {
    assert.ok(!module.includes(words), `${words}: see src/wire/digits.rs`)
  }
})

// A page loads this once: what it weighs now, so that it only gets less.
const GZIP_BYTES_MAX = 192_000
