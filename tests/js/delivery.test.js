// What the examples for Argo Rollouts and Flagger send is sent to the real server, and what they read is read of its replies.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { parse, parseAllDocuments } from 'yaml'

import { about, prometheus } from './support/prometheus.js'
import { repository } from './support/project.js'
import { freePort, server, until } from './support/server.js'

const read = name => readFileSync(join(repository, 'examples', name), 'utf8')
const argo = parse(read('argo/analysis-template.yaml'))
const [metric] = argo.spec.metrics
const ago = seconds => new Date(Date.now() - seconds * 1000).toISOString()
const HASHES = ['5d8f', '77c4']
const labels = hash => ({ namespace: 'shop', rollouts_pod_template_hash: hash })
const rates = errors => ({ '5..': about(errors), http_requests_total: 20 })

/** What Argo makes of one look: arguments in their places, the request, the path, the conditions. */
async function measure(address, args) {
  const { web } = metric.provider
  const body = web.body.replace(/\{\{\s*args\.([\w-]+)\s*\}\}/g, (_, name) => args[name] ?? assert.fail(`no argument ${name}`))
  const headers = Object.fromEntries(web.headers.map(({ key, value }) => [key, value]))
  const reply = await fetch(web.url.replace('http://iter8-analytics.iter8:8080', address), { method: web.method, headers, body })
  if (reply.status < 200 || reply.status >= 300) return { phase: 'Error', reply: await reply.text() }
  const result = jsonPath(web.jsonPath, await reply.json())
  // The conditions are in the words that Argo's expressions and JavaScript share.
  const holds = condition => new Function('result', `return ${condition}`)(result)
  const phase = holds(metric.failureCondition) ? 'Failed' : holds(metric.successCondition) ? 'Successful' : 'Inconclusive'
  return { phase, reply: result }
}

/** `{$.a.b[0]}` of `value`. */
function jsonPath(path, value) {
  const [, steps] = /^\{\$(.*)\}$/.exec(path)
  return [...steps.matchAll(/\.(\w+)|\[(\d+)\]/g)].reduce((found, [, key, index]) => found[key ?? Number(index)], value)
}

const args = startTime => ({ service: 'checkout', namespace: 'shop', 'stable-hash': HASHES[0], 'canary-hash': HASHES[1], 'start-time': startTime })

for (const [what, errors, seconds, phase] of [
  ['a canary that is shown to be good is a success', 0.05, 1200, 'Successful'],
  ['a canary that is shown to fail too often is a failure', 2, 1200, 'Failed'],
  ['a canary of which little is known is inconclusive', 0.4, 45, 'Inconclusive'],
]) {
  test(`Argo Rollouts: ${what}`, async t => {
    const backend = await prometheus({ [HASHES[0]]: rates(0.05), [HASHES[1]]: rates(errors) }, { labels })
    t.after(backend.end)
    const address = await server(t, [], { ITER8_ANALYTICS_METRICS_BACKEND_URL: backend.address })
    const { phase: found, reply } = await measure(address, args(ago(seconds)))
    assert.equal(found, phase, JSON.stringify([reply.winner_assessment, reply.notes]))
  })
}

test('Argo Rollouts: a Prometheus that is gone is inconclusive, a wrong experiment an error that names its field', async t => {
  const address = await server(t, [], { ITER8_ANALYTICS_METRICS_BACKEND_URL: 'http://127.0.0.1:9' })
  assert.equal((await measure(address, args(ago(600)))).phase, 'Inconclusive')
  const { phase, reply } = await measure(address, args('yesterday'))
  assert.equal(phase, 'Error')
  assert.match(reply, /"start_time"/)
})

test('Argo Rollouts: the template and the Rollout fit together, and no look without a verdict is a success', () => {
  const rollout = parse(read('argo/rollout.yaml'))
  const { steps, analysis: inBackground } = rollout.spec.strategy.canary
  assert.equal(inBackground, undefined, 'steps may end before a verdict')
  const { analysis } = steps.find(step => step.analysis)
  assert.deepEqual(analysis.templates, [{ templateName: argo.metadata.name }])
  assert.deepEqual(analysis.args.map(one => one.name), argo.spec.args.map(one => one.name))
  assert.ok(metric.inconclusiveLimit < metric.count && metric.failureLimit === 0)
})

const FLAGGER = { name: 'checkout', namespace: 'shop', phase: 'Progressing', metadata: { test: 'all' } }

/** Our server, the bridge before it, and a Prometheus that scrapes it. */
async function flagger(t, errors) {
  const workload = name => ({ destination_workload: name, destination_workload_namespace: 'shop' })
  const mesh = errors => ({ '5..': about(errors), istio_requests_total: 20 })
  const backend = await prometheus({ 'checkout-primary': mesh(0.05), checkout: mesh(errors) }, { labels: workload })
  t.after(backend.end)
  const analytics = await server(t, [], { ITER8_ANALYTICS_METRICS_BACKEND_URL: backend.address })
  const folder = mkdtempSync(join(tmpdir(), 'iter8-flagger-'))
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  // Flagger's canaries take minutes: the experiment of this one has begun a while ago.
  writeFileSync(join(folder, 'experiment.json'), read('flagger/experiment.json').replace('{{ start_time }}', ago(1200)))
  const ports = [await freePort(), await freePort()]
  writeFileSync(join(folder, 'prometheus.yml'), `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: iter8, static_configs: [{targets: ["${new URL(analytics).host}"]}]}]\n`)
  for (const [program, flags] of [
    ['node', [join(repository, 'examples/flagger/bridge.js'), 'experiment.json', analytics, String(ports[0])]],
    ['prometheus', ['--config.file=prometheus.yml', `--web.listen-address=127.0.0.1:${ports[1]}`, '--storage.tsdb.path=data', '--log.level=error']],
  ]) {
    const child = spawn(program, flags, { cwd: folder, stdio: 'ignore' })
    t.after(() => child.kill('SIGKILL'))
  }
  const bridge = `http://127.0.0.1:${ports[0]}`
  const hook = async (type, body = FLAGGER) => {
    const reply = await fetch(`${bridge}/${type}`, { method: 'POST', body: JSON.stringify(body) })
    return { status: reply.status, words: await reply.text() }
  }
  await until(() => fetch(bridge).catch(() => undefined), 'the bridge listens')
  return { hook, prometheus: `http://127.0.0.1:${ports[1]}` }
}

const templates = parseAllDocuments(read('flagger/metric-templates.yaml')).map(one => one.toJS())
const canary = parse(read('flagger/canary.yaml'))

/** Whether each of the canary's metrics lies in its range; undefined where Prometheus has no value, as Flagger puts it. */
async function checks(address) {
  const value = async query => {
    const reply = await fetch(`${address}/api/v1/query?${new URLSearchParams({ query })}`).catch(() => undefined)
    return (await reply?.json())?.data.result[0]?.value[1]
  }
  const fill = query => query.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name) => ({ name: canary.metadata.name, namespace: canary.metadata.namespace })[name] ?? assert.fail(`Flagger has no ${name}`))
  const found = await Promise.all(canary.spec.analysis.metrics.map(async ({ name, templateRef, thresholdRange: { min = -Infinity, max = Infinity } }) => {
    const at = await value(fill(templates.find(one => one.metadata.name === templateRef.name).spec.query))
    return [name, at === undefined ? undefined : Number(at) >= min && Number(at) <= max]
  }))
  return Object.fromEntries(found)
}

test('Flagger: a good canary passes every check and is promoted once that is shown', async t => {
  const { hook, prometheus: address } = await flagger(t, 0.05)
  assert.deepEqual(await checks(address), { verdict: undefined, rollback: undefined })
  assert.equal((await hook('pre-rollout')).status, 200)
  assert.equal((await hook('rollout')).status, 200)
  const promotion = await hook('confirm-promotion')
  assert.deepEqual([promotion.status, (await hook('rollback')).status], [200, 409], promotion.words)
  await until(async () => (await checks(address)).verdict !== undefined, 'Prometheus has scraped the verdict')
  assert.deepEqual(await checks(address), { verdict: true, rollback: true })
  assert.equal((await hook('post-rollout')).status, 200)
})

test('Flagger: a bad canary fails its checks, is not promoted, and is taken back with the reason', async t => {
  const { hook, prometheus: address } = await flagger(t, 2)
  const rollout = await hook('rollout')
  assert.equal(rollout.status, 409)
  assert.match(rollout.words, /primary/)
  assert.equal((await hook('confirm-promotion')).status, 409)
  assert.equal((await hook('rollback')).status, 200)
  await until(async () => (await checks(address)).verdict !== undefined, 'Prometheus has scraped the verdict')
  assert.deepEqual(await checks(address), { verdict: false, rollback: false })
})

test('Flagger: what is no body of its own is refused, and the canary calls hooks that there are', async t => {
  const { hook } = await flagger(t, 0.05)
  for (const body of [{}, { name: 'a"b', namespace: 'shop' }, null]) assert.equal((await hook('rollout', body)).status, 400)
  assert.equal((await hook('gate')).status, 404)
  for (const { type, url } of canary.spec.analysis.webhooks) assert.equal(new URL(url).pathname, `/${type}`)
})
