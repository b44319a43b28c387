// The example's page beside Kiali: its model and a Prometheus on one side, a verdict and what is missing on the other.

import assert from 'node:assert/strict'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'

import { close, serve } from '../support/browser.js'
import { counter, detail, nothing, ratio } from '../support/kiali.js'
import { project, repository } from '../support/project.js'
import { about, prometheus } from '../support/prometheus.js'
import { reason, tab, until } from './support.js'

after(close)

test('the page shows the verdict, says what Kiali does not, and takes up what changes', async t => {
  const rates = { '5..': about(0.04), istio_requests_total: 10 }
  const backend = await prometheus({ 'reviews-v2': rates, 'reviews-v3': rates })
  t.after(backend.end)
  const folder = project(t, {})
  cpSync(join(repository, 'examples/kiali'), folder, { recursive: true })
  mkdirSync(join(folder, 'node_modules/@patternfly'), { recursive: true })
  symlinkSync(dirname(createRequire(import.meta.url).resolve('@patternfly/patternfly/package.json')), join(folder, 'node_modules/@patternfly/patternfly'))
  const errors = ratio('iter8_error_rate', counter('iter8_error_count', "istio_requests_total{response_code=~'5..'}"), counter('iter8_request_count', 'istio_requests_total'), 'lower')
  const experiments = join(folder, 'api/iter8/namespaces/bookinfo/experiments')
  mkdirSync(experiments, { recursive: true })
  const write = criteria => writeFileSync(join(experiments, 'reviews'), JSON.stringify(detail(criteria, { phase: 'Completed', endTime: '2026-01-01T10:20:00Z' })))
  write([[errors, 'absolute', 0.05]])

  const files = await serve(folder)
  t.after(files.end)
  const { page, said } = await tab(t)
  await page.goto(`${files.address}?namespace=bookinfo&experiment=reviews&refresh=0.3&prometheus=${encodeURIComponent(backend.address)}`)
  assert.match(await reason(page), /^reviews-v3 wins: /)
  const text = selector => page.evaluate(selector => document.querySelector(selector).textContent, selector)
  assert.match(await text('#notes'), /does not say whether iter8_error_rate lies between 0 and 1/)
  assert.equal(await text('#name'), 'reviews: Completed')

  write([[errors, 'absolute', 0.05], [nothing('tickets'), 'absolute', 3]])
  await until(async () => /^No winner/.test(await reason(page)), 'the winner is withdrawn')
  assert.match(await text('#notes'), /does not serve the definition of tickets/)

  writeFileSync(join(experiments, 'reviews'), '{"experimentItem": {}}')
  await until(async () => /^criterias: this is not what Kiali serves/.test(await text('#fault')), 'the fault')
  assert.deepEqual(said.filter(one => !one.includes('favicon')), [])
})
