// What stands in examples/ works as it stands: with a real Prometheus, a page, a worker, and React.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { close, page, serve, title } from './support/browser.js'
import { nativeReply, project, repository, run } from './support/project.js'

after(close)

function withExample(t, name, files = {}, options = {}) {
  const folder = project(t, files, options)
  cpSync(join(repository, 'examples', name), folder, { recursive: true })
  return folder
}

test('the script for Node assesses by a real Prometheus, and tells of one that is gone', { timeout: 90_000 }, async t => {
  const port = 21000 + (process.pid % 20000)
  const target = job => `{job_name: ${job}, static_configs: [{targets: ["127.0.0.1:${port}"]}]}`
  const started = new Date(Date.now() - 60_000).toISOString()
  const version = id => ({ id, version_labels: { job: id } })
  const experiment = {
    start_time: started,
    service_name: 'prometheus',
    baseline: version('v1'),
    candidates: [version('v2')],
    metric_specs: {
      counter_metrics: [{ name: 'iter8_request_count', query_template: 'sum(increase(prometheus_http_requests_total[$interval])) by ($version_labels)' }],
      ratio_metrics: [],
    },
    criteria: [{ id: 'count', metric_id: 'iter8_request_count' }],
  }
  const folder = withExample(t, 'node-prometheus', {
    'experiment.json': JSON.stringify(experiment),
    'prometheus.yml': `global: {scrape_interval: 1s}\nscrape_configs: [${target('v1')}, ${target('v2')}]\n`,
  })
  const flags = ['--config.file=prometheus.yml', `--web.listen-address=127.0.0.1:${port}`, '--storage.tsdb.path=data', '--log.level=error']
  const prometheus = spawn('prometheus', flags, { cwd: folder, stdio: 'ignore' })
  t.after(() => prometheus.kill('SIGKILL'))
  const assess = async () => JSON.parse(await run(folder, 'node', ['assess.js', 'experiment.json', `http://127.0.0.1:${port}`]))
  // Each target is scraped at an offset of its own, so the two versions become known in either order.
  const counts = ({ baseline_assessment, candidate_assessments }) => [baseline_assessment, ...candidate_assessments].map(version => version.request_count)
  let assessment = await assess()
  for (let i = 0; i < 40 && !counts(assessment).every(count => count > 0); i++) {
    await sleep(500)
    assessment = await assess()
  }
  assert.ok(counts(assessment).every(count => count > 0), JSON.stringify([counts(assessment), assessment.notes]))
  prometheus.kill('SIGKILL')
  await sleep(300)
  const without = await assess()
  assert.ok(without.status.includes('no_prom_server'), JSON.stringify(without.notes))
})

test('the page needs no build step', async t => {
  const folder = withExample(t, 'browser')
  const echo = `<script type="module">
    const verdict = document.querySelector('#verdict'), errors = document.querySelector('#errors')
    const say = () => { if (verdict.value.startsWith('90')) document.title = verdict.value; else if (verdict.value !== 'loading') { errors.value = 90; errors.dispatchEvent(new Event('input')) } }
    document.title = 'wait'; setInterval(say, 20)
  </script></html>`
  const { readFileSync } = await import('node:fs')
  writeFileSync(join(folder, 'index.html'), readFileSync(join(folder, 'index.html'), 'utf8').replace('</html>', echo))
  const server = await serve(folder)
  t.after(server.end)
  assert.match(await title(server.address), /^90 errors: v1 wins: every candidate is shown/)
})

test('the worker assesses, and tells what is wrong', async t => {
  const main = `
    import { experiment, observations, now } from './example.js'
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
    const found = {}
    worker.onmessage = ({ data }) => {
      found[data.id] = data.assessment ?? data.error
      if (found[1] && found[2]) document.title = found[2].path + JSON.stringify(found[1])
    }
    worker.postMessage({ id: 1, experiment, observations, now })
    worker.postMessage({ id: 2, experiment, observations })`
  const folder = withExample(t, 'worker', { 'index.html': page(), 'main.js': main })
  await run(folder, 'vite', ['build', '--logLevel', 'error'])
  const server = await serve(join(folder, 'dist'))
  t.after(server.end)
  assert.equal(await title(server.address), `now${nativeReply()}`)
})

/** What the document is called once `main` runs beside the hook, as Vite builds it. */
async function titleOfReact(t, main) {
  const folder = withExample(t, 'react', { 'index.html': page(), 'main.js': main }, { tools: ['react', 'react-dom', 'scheduler'] })
  await run(folder, 'vite', ['build', '--logLevel', 'error'])
  const server = await serve(join(folder, 'dist'))
  t.after(server.end)
  return await title(server.address)
}

test('the hook of React gives the assessment, then follows its arguments', async t => {
  const main = `
    import { createElement, useState } from 'react'
    import { createRoot } from 'react-dom/client'
    import { useAssessment } from './useAssessment.js'
    import { experiment, observations, now } from './example.js'
    function App() {
      const [when, setWhen] = useState('never')
      const { assessment, error } = useAssessment(experiment, observations, when)
      if (error && when === 'never') setTimeout(() => setWhen(now))
      if (assessment) document.title = JSON.stringify(assessment)
      return null
    }
    createRoot(document.body.appendChild(document.createElement('div'))).render(createElement(App))`
  assert.equal(await titleOfReact(t, main), nativeReply())
})

test('the hook of React comes to rest where its arguments are made anew in each render', async t => {
  const main = `
    import { createElement } from 'react'
    import { createRoot } from 'react-dom/client'
    import { useAssessment } from './useAssessment.js'
    import { experiment, observations, now } from './example.js'
    let renders = 0
    function App() {
      renders++
      const { assessment } = useAssessment({ ...experiment }, { ...observations }, now)
      if (assessment && !globalThis.isSeen) {
        globalThis.isSeen = true
        setTimeout(() => (document.title = renders + ' renders'), 1000)
      }
      return null
    }
    createRoot(document.body.appendChild(document.createElement('div'))).render(createElement(App))`
  assert.equal(await titleOfReact(t, main), '2 renders')
})
