// Two stories by a real Prometheus with a real exporter behind: what a person would see who points the page at theirs.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { close } from '../support/browser.js'
import { freePort } from '../support/server.js'
import { folder, serve, tab, until } from './support.js'

after(close)

// Versions that serve `rate` requests a second, of which some fail, some buy, all take their time.
async function exporter(t, versions) {
  const started = Date.now()
  const server = createServer((_, response) => {
    const seconds = (Date.now() - started) / 1000
    const lines = Object.entries(versions).flatMap(([id, { rate, errors, latency, sales = 0 }]) => {
      const requests = Math.floor(rate * seconds)
      // Uneven, as traffic is: whole events, one after the other.
      const part = share => Math.floor(requests * share)
      return [['requests_total', requests], ['errors_total', part(errors)], ['latency_ms_total', requests * latency], ['sales_total', part(sales)]]
        .map(([name, value]) => `shop_${name}{version="${id}"} ${value}`)
    })
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(`${lines.join('\n')}\n`)
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return server.address().port
}

async function prometheus(t, target) {
  const [here, port] = [folder(t), await freePort()]
  writeFileSync(join(here, 'prometheus.yml'), `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: shop, static_configs: [{targets: ["127.0.0.1:${target}"]}]}]\n`)
  const flags = ['--config.file=prometheus.yml', `--web.listen-address=127.0.0.1:${port}`, '--storage.tsdb.path=data', '--log.level=error']
  const server = spawn('prometheus', flags, { cwd: here, stdio: 'ignore' })
  t.after(() => server.kill('SIGKILL'))
  const address = `http://127.0.0.1:${port}`
  await until(async () => (await fetch(`${address}/-/ready`).catch(() => undefined))?.ok, 'Prometheus is ready')
  return address
}

// As a person would write it: YAML.
const experiment = (start, ids, hasReward) => `
name: shop
start_time: ${start}
service_name: shop
baseline: {id: ${ids[0]}, version_labels: {version: ${ids[0]}}}
candidates:
${ids.slice(1).map(id => `- {id: ${id}, version_labels: {version: ${id}}}`).join('\n')}
metric_specs:
  counter_metrics:
${[['iter8_request_count', 'requests'], ['errors', 'errors'], ['latency_sum', 'latency_ms'], ['sales', 'sales']].map(([name, metric]) => `  - {name: ${name}, query_template: "sum(increase(shop_${metric}_total[$interval])) by ($version_labels)"}`).join('\n')}
  ratio_metrics:
  - {name: error_rate, numerator: errors, denominator: iter8_request_count, preferred_direction: lower, zero_to_one: true}
  - {name: latency_ms, numerator: latency_sum, denominator: iter8_request_count, preferred_direction: lower}
  - {name: sales_rate, numerator: sales, denominator: iter8_request_count, preferred_direction: higher, zero_to_one: true}
criteria:
- {id: errors, metric_id: error_rate, threshold: {type: absolute, value: 0.2}}
- {id: latency, metric_id: latency_ms, threshold: {type: absolute, value: 200}}
${hasReward ? '- {id: sales, metric_id: sales_rate, is_reward: true}\n' : ''}`

for (const [name, versions, hasReward] of [
  ['a canary', { v1: { rate: 40, errors: 0.02, latency: 35 }, v2: { rate: 20, errors: 0.01, latency: 38 } }, false],
  ['an A/B/n test', { v1: { rate: 40, errors: 0.02, latency: 35, sales: 0.1 }, v2: { rate: 20, errors: 0.02, latency: 38, sales: 0.35 }, v3: { rate: 20, errors: 0.03, latency: 60, sales: 0.2 } }, true],
]) {
  test(`${name} is watched by a real Prometheus`, async t => {
    const port = await exporter(t, versions)
    const [backend, address] = [await prometheus(t, port), await serve(t)]
    const { page, said } = await tab(t)
    await page.goto(`${address}#watch?story=canary&every=60`)
    await page.getByRole('button', { name: 'Open…' }).click()
    await page.locator('#backend').fill(backend)
    // Long enough ago that the engine asks at once.
    await page.locator('#text').fill(experiment(new Date(Date.now() - 30_000).toISOString(), Object.keys(versions), hasReward))
    await page.getByRole('button', { name: 'Watch it' }).click()
    const found = () => page.evaluate(() => document.querySelector('iter8-assessment')?.assessment)
    await page.getByLabel('A look every').selectOption('1')
    const assessment = await until(async () => {
      const seen = await found()
      return [seen?.baseline_assessment, ...(seen?.candidate_assessments ?? [])].every(version => version?.request_count > 100) && seen
    }, 'a hundred requests of every version', 60)
    assert.equal(assessment.candidate_assessments.length, Object.keys(versions).length - 1)
    assert.equal(assessment.winner_assessment.current_best_version, 'v2')
    const [v1] = [assessment.baseline_assessment].map(({ criterion_assessments: [errors, latency] }) => [errors.statistics.value, latency.statistics.value])
    assert.ok(Math.abs(v1[0] - 0.02) < 0.02 && Math.abs(v1[1] - 35) < 5, String(v1))
    await page.locator('summary', { hasText: 'What exactly was asked' }).click()
    await until(() => page.evaluate(() => /iter8_request_count, instant: success/.test(document.body.textContent)), 'what was asked')
    assert.deepEqual(said, [])
    assert.match(page.url(), /prometheus=http/)
  })
}
