// Finished experiments on the page, and Experiment resources with the engine itself: what kubectl prints is all one needs.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { close } from '../support/browser.js'
import { repository } from '../support/project.js'
import { accessible, linkOf, paste, reason, serve, tab, until } from './support.js'

after(close)

const example = name => readFileSync(join(repository, 'examples/resources', name), 'utf8')
const [running, metrics, finished] = ['checkout.yaml', 'metrics.yaml', 'finished.yaml'].map(example)

async function opened(t, hash = '#watch?story=conformance&every=60', options) {
  const address = await serve(t)
  const found = await tab(t, options)
  await found.page.goto(address + hash)
  return { address, ...found }
}

const fault = (page, id = '#fault') => until(() => page.evaluate(id => document.querySelector(id)?.textContent, id), 'a fault')
const options = page => until(() => page.evaluate(() => [...document.querySelector('#which').options].map(({ text }) => text)).then(found => found.length && found), 'the choice')
const headline = page => page.evaluate(() => document.querySelector('#trend .headline')?.textContent)

async function add(page, text) {
  await page.evaluate(() => (document.querySelector('#trend details').open = true))
  await page.locator('#trend-text').fill(text)
  await page.getByRole('button', { name: 'Add', exact: true }).click()
}

// What the table says, a row an array of its cells' texts.
const rows = page => page.evaluate(() => [...document.querySelectorAll('#trend tbody tr')].map(row => [...row.children].map(({ textContent }) => textContent)))

const resource = (name, { status, criteria = [{ metric: 'm' }], service = 'shop' }) => ({ apiVersion: 'iter8.tools/v1alpha2', kind: 'Experiment', metadata: { name, namespace: 'shop' }, spec: { service: { name: service, baseline: 'old', candidates: ['new'] }, criteria }, status })
const over = (ended, value, winner = 'new') => ({ phase: 'Completed', endTimestamp: ended, assessment: { baseline: { id: 'baseline', name: 'old', criterion_assessments: [{ id: 'm', metric_id: 'm', statistics: { value: 9 } }] }, candidates: [{ id: 'candidate-0', name: 'new', criterion_assessments: [{ id: 'm', metric_id: 'm', statistics: { value } }] }], winner: { name: winner, winning_version_found: winner !== undefined, current_best_version: 'candidate-0' } } })

test('an Experiment and the ConfigMap of its metrics are read by the engine itself: one is picked, and asks its Prometheus', async t => {
  const asked = []
  const server = createServer((request, response) => {
    asked.push(new URL(request.url, 'http://x').searchParams.get('query'))
    response.writeHead(200, { 'access-control-allow-origin': '*' }).end('{"status":"success","data":{"resultType":"vector","result":[]}}')
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  t.after(() => (server.closeAllConnections(), server.close()))
  const { page, said } = await opened(t)
  await reason(page)
  await paste(page, `${running}---\n${metrics}`, `http://127.0.0.1:${server.address().port}`)
  assert.deepEqual(await options(page), ['shop/cart-canary', 'shop/checkout-abn'])
  await accessible(page, 'the choice')
  await page.locator('#which').selectOption('shop/checkout-abn')
  await page.getByRole('button', { name: 'Watch it' }).click()
  await until(() => page.evaluate(() => document.querySelector('h1')?.textContent === 'checkout-abn'), 'the experiment')
  assert.equal(await page.evaluate(() => document.querySelector('iter8-assessment').shadowRoot.querySelectorAll('tbody tr').length), 3)
  assert.equal(await page.evaluate(() => document.querySelector('#pace').value), '20', 'the resource says how often')
  // It has not started: it begins now, and there is something to ask a second later.
  await page.getByLabel('A look every').selectOption('1')
  await until(() => asked.some(query => /^sum\(increase\(shop_orders_total/.test(query)), 'a query')
  const { page: other } = await tab(t)
  await other.goto(await linkOf(page))
  await until(() => other.evaluate(() => document.querySelector('h1')?.textContent === 'checkout-abn'), 'the same from the link')
  assert.deepEqual(said, [])
})

test('a field that a resource does not have is told by its line, and so are metrics that are missing', async t => {
  const { page } = await opened(t)
  await reason(page)
  const wrong = `${running.replace('threshold: {type: absolute, value: 0.05}', 'treshold: {type: absolute, value: 0.05}')}---\n${metrics}`
  const line = wrong.split('\n').findIndex(one => one.includes('treshold')) + 1
  await paste(page, wrong)
  assert.match(await fault(page), new RegExp(`^Line ${line}, documents\\[0\\]\\.spec\\.criteria\\[1\\]\\.treshold: no such field`))
  assert.equal(await page.evaluate(() => document.querySelector('.gutter mark').textContent.trim()), String(line))
  await page.locator('#text').fill(running)
  await page.getByRole('button', { name: 'Watch it' }).click()
  await until(async () => /no metrics: neither here nor in a ConfigMap/.test(await fault(page)), 'that metrics are missing')
  await page.locator('#text').fill(`${running.split('---')[0]}---\n${metrics}`)
  await page.getByRole('button', { name: 'Watch it' }).click()
  await until(async () => /^there are no metric data: name a Prometheus above/.test(await fault(page)), 'that a Prometheus is missing')
})

test('what is over is shown as its status tells, without Prometheus and metrics, or assessed again as of its end', async t => {
  const { page, said } = await opened(t)
  await reason(page)
  await paste(page, `${finished}---\n${metrics}`)
  assert.deepEqual((await options(page)).slice(0, 2), ['shop/cart-canary, completed: assessed again as of 2026-01-01T10:02:00Z', 'shop/cart-canary, completed: as its status tells'])
  await page.locator('#text').fill(finished)
  await page.getByRole('button', { name: 'Watch it' }).click()
  await until(async () => (await options(page))[1] === 'shop/cart-next: as its status tells', 'the statuses alone')
  await page.locator('#which').selectOption({ index: 1 })
  await page.getByRole('button', { name: 'Watch it' }).click()
  await until(async () => (await reason(page)) === 'cart-v3 wins, as the status tells.', 'the status')
  const cells = await page.evaluate(() => [...document.querySelector('iter8-assessment').shadowRoot.querySelectorAll('tbody tr')].map(row => row.textContent))
  assert.match(cells[0], /cart-v2.*700\srequests.*0\.4 %/s)
  assert.match(cells[1], /cart-v3.*winner.*900\srequests.*99\.6 %.*100 %.*99\.3/s)
  assert.deepEqual(said, [])
})

test('finished experiments are told over time: who won, the metrics beside the baseline, and the later telling counts', async t => {
  const { page, said, asked, address } = await opened(t, '#trend')
  await until(() => headline(page), 'the panel')
  await accessible(page, 'the empty panel')
  await add(page, finished)
  await until(async () => (await headline(page)) === '2 experiments are over: a candidate won in all of them.', 'the sentence')
  const told = await rows(page)
  assert.deepEqual(told.map(row => row.map(text => text.replaceAll('\u2011', '-').replaceAll('\u00a0', ' '))), [
    ['cart-nextshop', '2026-02-01 10:02', 'cart', '★ cart-v3over cart-v2', '99.3baseline –'],
    ['cart-canaryshop', '2026-01-01 10:02', 'cart', '★ cart-v2over cart-v1', '85.5baseline –'],
  ])
  const chart = await until(() => page.evaluate(() => document.querySelector('#trend canvas')?.ariaLabel?.includes('. ') && document.querySelector('#trend canvas').ariaLabel), 'a chart')
  assert.match(chart, /^iter8_mean_latency\. 2026-01-01 cart-canary: cart-v2 85\.5, cart-v1 –; 2026-02-01 cart-next: cart-v3 99\.3/)
  assert.match(await page.evaluate(() => document.querySelector('#trend figure p').textContent), /^cart: from 85\.5 \(cart-v2\) to 99\.3 \(cart-v3\) over 2 winners\./)
  await accessible(page, 'the panel')
  // Told once more, otherwise: not over, without winner, won by the baseline, and all told at once as kubectl lists them.
  const items = [resource('a', { status: over('2026-03-01T00:00:00Z', 7) }), resource('b', { status: { phase: 'Progressing' } }), resource('c', { status: over('2026-03-02T00:00:00Z', 8, 'old') }), resource('d', { status: { ...over('2026-03-03T00:00:00Z', 8), assessment: { ...over('', 8).assessment, winner: { winning_version_found: false, current_best_version: 'candidate-0' } } } }), { kind: 'Service', spec: {} }]
  await add(page, JSON.stringify({ kind: 'List', apiVersion: 'v1', items }))
  await until(async () => (await headline(page)) === '5 experiments are over: a candidate won in 3, the baseline stayed in 1, nobody won in 1.', 'all of them')
  await add(page, JSON.stringify(resource('a', { status: over('2026-03-05T00:00:00Z', 6) })))
  await until(async () => (await rows(page))[0][0] === 'ashop', 'the later telling')
  assert.equal((await rows(page)).length, 5)
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export CSV' }).click()])
  const lines = readFileSync(await download.path(), 'utf8').trim().split('\r\n').map(line => line.split(','))
  assert.ok(lines.every(line => line.length === lines[0].length))
  assert.deepEqual(lines.filter(line => line[2] === 'a').map(line => line.slice(4, 9)), [['won by a candidate', 'old', 'baseline', 'm', '9'], ['won by a candidate', 'new', 'winner', 'm', '6']])
  assert.deepEqual(said, [])
  assert.deepEqual(asked.filter(one => !one.startsWith(address) && !one.startsWith('blob:')), [])
})

test('a session, a reply and the example are finished experiments too, and files may be dropped together', async t => {
  const { page, said } = await opened(t, '#watch?story=abn&every=0.2')
  await until(async () => /wins/.test(await reason(page)), 'a winner')
  await page.getByRole('button', { name: 'Pause' }).click()
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByLabel('Export the session').selectOption('JSON')])
  const session = readFileSync(await download.path())
  await page.evaluate(() => (location.hash = '#trend'))
  await page.getByRole('button', { name: 'See an example' }).click()
  await until(async () => (await headline(page)) === '5 experiments are over: a candidate won in 4, the baseline stayed in 1.', 'the example')
  const reply = JSON.stringify(JSON.parse(session).assessment)
  await page.locator('#trend-file').setInputFiles([{ name: 'session.json', mimeType: 'application/json', buffer: session }, { name: 'rollout.json', mimeType: 'application/json', buffer: Buffer.from(reply) }])
  await until(async () => /^7 experiments/.test(await headline(page)), 'both files')
  const names = (await rows(page)).map(([name]) => name)
  assert.ok(names.includes('A/B/n') && names.includes('rollout'), String(names))
  for (const width of [360, 1280, 3840]) {
    await page.setViewportSize({ width, height: 900 })
    const [inside, outside] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth])
    assert.ok(inside <= outside, `${inside} px in ${outside}`)
  }
  await accessible(page, 'the example')
  await page.getByRole('button', { name: 'Clear' }).click()
  assert.deepEqual(await rows(page), [])
  assert.deepEqual(said, [])
})

test('what is no finished experiment is told, and hostile names stay text', async t => {
  const { page, said } = await opened(t, '#trend')
  await until(() => headline(page), 'the panel')
  for (const [text, words] of [
    ['', /^Line 1: the text is empty/],
    ['a: [', /^Line \d+: /],
    ['['.repeat(100_000), /^the text is nested too deeply: /],
    ['7', /^there is no experiment among these/],
    [JSON.stringify(resource('b', { status: { phase: 'Progressing' } })), /^no experiment among these is over/],
    ['{"items":[{"items":[null,{"spec":{}}]}]}', /^there is no experiment/],
  ]) {
    await add(page, text)
    await until(async () => words.test(await fault(page, '#trend-fault')), String(words))
  }
  const evil = '<img src=x onerror=alert(1)>'
  const many = Array.from({ length: 300 }, (_, index) => resource(index === 0 ? evil : `${'n'.repeat(200)}${index}`, { service: index % 3 ? evil : 's', status: over(index % 7 ? new Date(1.7e12 + index * 1e8).toISOString() : 'never', [1e308, -1e308, 'NaN', null, 3][index % 5]) }))
  await add(page, JSON.stringify(many))
  await until(async () => /^300 experiments/.test(await headline(page)), 'all of them')
  assert.equal(await page.evaluate(() => document.querySelectorAll('#trend img').length), 0)
  const [inside, outside] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth])
  assert.ok(inside <= outside, `${inside} px in ${outside}`)
  assert.deepEqual(said, [])
})
