// What a person does with the page: opens experiments of any kind, sees what is wrong, keeps and shares what was seen.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'

import { close } from '../support/browser.js'
import { experiment, observations } from '../support/example.js'
import { linkOf, paste, reason, serve, tab, until } from './support.js'

after(close)

const fault = page => until(() => page.evaluate(() => document.querySelector('#fault')?.textContent), 'a fault')

async function opened(t, hash = '#watch?story=canary&every=60', options) {
  const address = await serve(t)
  const found = await tab(t, options)
  await found.page.goto(address + hash)
  await reason(found.page)
  return { address, ...found }
}

test('a wrong experiment marks the line and names the field, in JSON and in YAML', async t => {
  const { page } = await opened(t)
  const wrong = structuredClone({ ...experiment, observations })
  wrong.criteria[0].threshold.value = 'much'
  const json = JSON.stringify(wrong, null, 2)
  const line = json.split('\n').findIndex(one => one.includes('"much"')) + 1
  await paste(page, json)
  assert.match(await fault(page), new RegExp(`^Line ${line}, criteria\\[0\\]\\.threshold\\.value: `))
  assert.equal(await page.evaluate(() => document.querySelector('.gutter mark').textContent.trim()), String(line))
  await page.locator('#text').fill('name: a\nbaseline: {id: [}\n')
  await page.getByRole('button', { name: 'Watch it' }).click()
  await until(async () => /^Line 2: /.test(await fault(page)), 'the line of the syntax error')
  await page.locator('#text').fill('start_time: 2026-01-01T00:00:00Z\nservice_name: shop\nbaseline:\n  id: v1\ncandidates: []\nmetric_specs:\n  counter_metrics: 7\n')
  await page.getByRole('button', { name: 'Watch it' }).click()
  await until(async () => /^Line 7, metric_specs\.counter_metrics/.test(await fault(page)), 'the line of the field')
})

test('an experiment with its metric data is assessed at once, and its link restores it', async t => {
  const { page, said, address } = await opened(t)
  await paste(page, JSON.stringify({ ...experiment, observations }))
  await until(async () => (await page.evaluate(() => document.querySelector('h1').textContent)) === 'shop', 'the experiment')
  const first = await reason(page)
  const link = await linkOf(page)
  assert.match(link, /#watch\?experiment=/)
  const { page: other } = await tab(t)
  await other.goto(link)
  assert.equal(await reason(other), first)
  assert.deepEqual(said, [])
  // A link of one's own server's port is of no use elsewhere: the state is all in the fragment.
  assert.ok(link.startsWith(address))
})

test('a story moves, can be stepped and paused, and its link shows the same', async t => {
  const { page } = await opened(t, '#watch?story=abn&seed=3&every=60')
  const look = () => page.evaluate(() => Number(/look (\d+)/.exec(document.querySelector('.about').textContent)[1]))
  await page.getByRole('button', { name: 'Pause' }).click()
  for (let i = 0; i < 5; i++) {
    const before = await look()
    await page.getByRole('button', { name: 'Step' }).click()
    await until(async () => (await look()) === before + 1, 'one look more')
  }
  const after = await reason(page)
  const { page: other } = await tab(t)
  await other.goto(await page.evaluate(() => location.href))
  await reason(other)
  for (let i = 0; i < 5; i++) {
    await other.getByRole('button', { name: 'Step' }).click()
    await until(async () => other.evaluate(next => document.querySelector('.about').textContent.includes(`look ${next} `), i + 2), 'one look more')
  }
  assert.equal(await reason(other), after)
})

test('a session is exported and opened again; its tables and pictures are whole', async t => {
  const { page } = await opened(t, '#watch?story=abn&every=0.2')
  await until(() => page.evaluate(() => /look (\d+)/.exec(document.querySelector('.about').textContent)[1] >= 8), 'eight looks')
  await page.getByRole('button', { name: 'Pause' }).click()
  const files = {}
  for (const kind of ['JSON', 'CSV', 'SVG', 'PNG']) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByLabel('Export the session').selectOption(kind)])
    files[kind] = readFileSync(await download.path())
  }
  const session = JSON.parse(files.JSON)
  assert.equal(session.rows.length, session.count)
  const lines = files.CSV.toString().trim().split('\r\n').map(line => line.split(','))
  assert.equal(lines.length, 1 + session.rows.length * 3 * 4)
  assert.ok(lines.every(line => line.length === lines[0].length))
  assert.deepEqual([...files.PNG.subarray(1, 4)].map(byte => String.fromCharCode(byte)).join(''), 'PNG')
  const isDrawn = await page.evaluate(text => {
    const parsed = new DOMParser().parseFromString(text, 'image/svg+xml')
    return !parsed.querySelector('parsererror') && parsed.querySelectorAll('path[stroke]').length
  }, files.SVG.toString())
  assert.ok(isDrawn > 10)
  const { page: other } = await opened(t)
  await other.getByRole('button', { name: 'Open…' }).click()
  await other.locator('#file').setInputFiles({ name: 'session.json', mimeType: 'application/json', buffer: files.JSON })
  await until(() => other.evaluate(count => document.querySelector('.about').textContent.includes(`look ${count} `), session.count), 'the session')
  assert.equal(await reason(other), session.assessment.winner_assessment.reason)
})

test('a Prometheus that cannot be reached is explained, with what to do', async t => {
  const { page } = await opened(t)
  const { observations: _, ...asking } = { ...experiment }
  const templates = asking.metric_specs.counter_metrics.map(metric => ({ ...metric, query_template: `sum(increase(${metric.name}[$interval])) by ($version_labels)` }))
  const versions = { baseline: { id: 'v1', version_labels: { version: 'v1' } }, candidates: [{ id: 'v2', version_labels: { version: 'v2' } }] }
  await paste(page, JSON.stringify({ ...asking, ...versions, metric_specs: { ...asking.metric_specs, counter_metrics: templates } }), 'http://127.0.0.1:9')
  const words = await until(() => page.evaluate(() => !document.querySelector('.trouble').hidden && document.querySelector('.trouble').textContent), 'an explanation')
  for (const part of ['http://127.0.0.1:9 cannot be asked', 'CORS', '--web.cors.origin', '/-/ready']) assert.ok(words.includes(part), words)
  assert.match(await page.evaluate(() => document.querySelector('.notes').textContent), /127\.0\.0\.1|fetch|iter8_request_count/i)
})

test('the playground tells how often each method is wrong, can be cancelled, and its link gives the same', async t => {
  const address = await serve(t)
  const { page, said } = await tab(t)
  await page.goto(`${address}#play?runs=20&n=20`)
  const headline = of => until(() => of.evaluate(() => /of 20 experiments/.test(document.querySelector('.outcome [role=status]')?.textContent) && document.querySelector('.outcome [role=status]').textContent), 'an outcome')
  const first = await headline(page)
  assert.match(first, /every winner is a false one\. Looking 20 times, method v1 named a wrong winner in .* method sequential in/)
  await page.locator('#e1').fill('2')
  assert.match(await page.evaluate(() => location.hash), /e1=2/)
  await page.locator('#runs').fill('1000')
  await page.getByRole('button', { name: 'Run' }).click()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await until(() => page.evaluate(() => document.querySelector('.headline').textContent.startsWith('Cancelled')), 'an end')
  const { page: other } = await tab(t)
  await other.goto(`${address}#play?runs=20&n=20`)
  assert.equal(await headline(other), first)
  assert.deepEqual(said, [])
})

test('a thousand looks are kept in a thousand rows', async t => {
  const { page } = await opened(t)
  const sizes = await page.evaluate(async () => {
    const { add, empty, toJson } = await import('/app/history.js')
    const element = document.querySelector('iter8-assessment')
    const history = empty()
    const sizes = []
    for (let look = 1; look <= 5000; look++) {
      add(history, { now: new Date(1767225600000 + look * 1000).toISOString(), experiment: element.experiment, assessment: element.assessment, asked: [] })
      if (look % 1000 === 0) sizes.push([history.rows.length, toJson(history).length, history.rows[0].look, history.rows.at(-1).look])
    }
    return sizes
  })
  for (const [rows, , first, last] of sizes) assert.ok(rows <= 1000 && first === 1 && last % 1000 === 0, JSON.stringify(sizes))
  assert.ok(sizes.at(-1)[1] < sizes[0][1] * 1.05, JSON.stringify(sizes))
})
