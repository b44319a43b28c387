// What happens around the page: a tab that nobody sees, two tabs, https before an http Prometheus, back and forward, haste.

import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { extname, join } from 'node:path'
import { after, test } from 'node:test'

import { chromium } from 'playwright-core'

import { close } from '../support/browser.js'
import { experiment, observations } from '../support/example.js'
import { repository } from '../support/project.js'
import { folder, linkOf, paste, reason, serve, tab, until } from './support.js'

after(close)

const look = page => page.evaluate(() => Number(/look (\d+)/.exec(document.querySelector('.about')?.textContent)?.[1] ?? 0))
const heading = (page, text) => until(() => page.evaluate(text => document.querySelector('h1')?.textContent === text && !document.querySelector('#watch').hidden, text), `the experiment ${text}`)

test('a tab that nobody sees goes on looking, and is up to date when it is seen again', async t => {
  const address = await serve(t)
  const { page, said } = await tab(t)
  // As browsers do it to hidden tabs: no frames, and a tick of the clock a minute.
  await page.addInitScript(() => {
    const [frame, timeout] = [globalThis.requestAnimationFrame, globalThis.setTimeout]
    let isHidden = false
    const waiting = []
    globalThis.hide = hidden => {
      isHidden = hidden
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
      if (!hidden) for (const run of waiting.splice(0)) frame(run)
    }
    globalThis.requestAnimationFrame = run => (isHidden ? waiting.push(run) : frame(run))
    globalThis.setTimeout = (run, after, ...rest) => timeout(run, isHidden ? Math.max(after ?? 0, 60_000) : after, ...rest)
  })
  await page.goto(`${address}#watch?story=abn&every=1`)
  await reason(page)
  await page.evaluate(() => globalThis.hide(true))
  const before = await look(page)
  const started = Date.now()
  await until(async () => (await look(page)) >= before + 4, 'four looks in a hidden tab', 20)
  assert.ok(Date.now() - started > 2500, 'at its pace')
  await page.evaluate(() => globalThis.hide(false))
  const seen = await look(page)
  // Each look has its row: none was left out.
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByLabel('Export the session').selectOption('JSON')])
  const session = JSON.parse(readFileSync(await download.path(), 'utf8'))
  assert.ok(session.count >= seen)
  assert.deepEqual(session.rows.map(({ look }) => look), Array.from({ length: session.count }, (_, index) => index + 1))
  await until(() => page.evaluate(() => [...document.querySelectorAll('.plot')].every(({ ariaLabel, width }) => ariaLabel.includes('. ') && width > 300)), 'the charts')
  assert.deepEqual(said, [])
})

test('two tabs watch one demo, each at its pace, and neither disturbs the other', async t => {
  const address = await serve(t)
  const [one, other] = [await tab(t), await tab(t)]
  await one.page.goto(address)
  await other.page.goto(`${address}#watch?demo=1&every=1`)
  for (const { page } of [one, other]) await reason(page)
  const before = await Promise.all([one, other].map(({ page }) => look(page)))
  await one.page.getByRole('button', { name: 'Pause' }).click()
  const paused = await look(one.page)
  await until(async () => (await look(other.page)) >= before[1] + 3, 'three looks more')
  assert.ok((await look(one.page)) <= paused + 1)
  await one.page.getByRole('button', { name: 'Resume' }).click()
  await until(async () => (await look(one.page)) > paused + 1, 'it goes on')
  for (const { said } of [one, other]) assert.deepEqual(said, [])
})

test('back and forward lead through what was watched, and each is as its address says', async t => {
  const address = await serve(t)
  const { page, said } = await tab(t)
  await page.goto(`${address}#watch?story=canary&every=60`)
  await heading(page, 'Canary')
  for (const [hash, name] of [['#watch?story=ab&every=60', 'A/B'], ['#watch?story=conformance&every=60', 'Conformance']]) {
    await page.evaluate(hash => (location.hash = hash), hash)
    await heading(page, name)
  }
  await page.evaluate(() => (location.hash = '#trend'))
  await until(() => page.evaluate(() => !document.querySelector('#trend').hidden), 'the panel')
  await page.goBack()
  await heading(page, 'Conformance')
  await page.goBack()
  await heading(page, 'A/B')
  await page.goBack()
  await heading(page, 'Canary')
  await page.goForward()
  await heading(page, 'A/B')
  assert.match(page.url(), /story=ab&/)
  assert.deepEqual(said, [])
})

test('the address is that of what is watched, however long another experiment took to pack', async t => {
  const address = await serve(t)
  const { page } = await tab(t)
  // The first experiment's packing is held back until the second is watched.
  await page.addInitScript(() => {
    const Real = globalThis.CompressionStream
    let count = 0
    globalThis.CompressionStream = class {
      constructor(format) {
        const { readable, writable } = new Real(format)
        const held = count++ === 0 ? new Promise(resolve => (globalThis.release = resolve)) : Promise.resolve()
        this.writable = writable
        this.readable = readable.pipeThrough(new TransformStream({ transform: async (chunk, out) => (await held, out.enqueue(chunk)) }))
      }
    }
  })
  await page.goto(`${address}#watch?story=conformance&every=60`)
  await reason(page)
  const named = name => JSON.stringify({ ...experiment, name, observations })
  await paste(page, named('first'))
  await heading(page, 'first')
  // The dialog waits for the first one's link; whoever does not want to, goes elsewhere.
  await page.keyboard.press('Escape')
  await page.evaluate(() => (location.hash = '#watch?story=ab&every=60'))
  await heading(page, 'A/B')
  await page.evaluate(() => globalThis.release())
  await page.waitForTimeout(300)
  assert.match(page.url(), /#watch\?story=ab/)
  await paste(page, named('second'))
  await heading(page, 'second')
  const { page: other } = await tab(t)
  await other.goto(await linkOf(page))
  await heading(other, 'second')
})

test('a page that came by https says what to do about a Prometheus by http', async t => {
  const server = createServer(certificate(), (request, response) => {
    const path = new URL(request.url, 'https://x').pathname
    const file = join(repository, 'www/packed', path === '/' ? 'index.html' : path)
    try {
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' }).end(readFileSync(file))
    } catch {
      response.writeHead(404).end()
    }
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  t.after(() => (server.closeAllConnections(), server.close()))
  // It ends before its folder goes.
  let browser
  t.after(() => browser?.close())
  browser = await chromium.launchPersistentContext(folder(t), { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', ignoreHTTPSErrors: true,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--ignore-certificate-errors'] })
  const page = await browser.newPage()
  await page.goto(`https://127.0.0.1:${server.address().port}/#watch?story=conformance&every=60`)
  await reason(page)
  const version = id => ({ id, version_labels: { version: id } })
  const counter_metrics = experiment.metric_specs.counter_metrics.map(({ name }) => ({ name, query_template: `sum(increase(${name}[$interval])) by ($version_labels)` }))
  await paste(page, JSON.stringify({ ...experiment, baseline: version('v1'), candidates: [version('v2')], metric_specs: { ...experiment.metric_specs, counter_metrics } }), 'http://prometheus.example:9090')
  const words = await until(() => page.evaluate(() => !document.querySelector('.trouble').hidden && document.querySelector('.trouble').textContent), 'an explanation')
  for (const part of ['does not let this page ask http://prometheus.example:9090', 'came by https', 'Give Prometheus an https address', 'iter8-analytics serve']) assert.ok(words.includes(part), words)
  assert.ok(await page.evaluate(() => document.querySelector('.body').classList.contains('stale')))
})

// A self-signed certificate of this minute for 127.0.0.1, in DER by hand: Node makes none.
function certificate() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const der = (tag, ...parts) => {
    const body = Buffer.concat(parts.map(part => Buffer.from(part)))
    const size = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255]
    return Buffer.concat([Buffer.from([tag, ...size]), body])
  }
  const algorithm = der(0x30, der(0x06, [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]))
  const name = der(0x30, der(0x31, der(0x30, der(0x06, [0x55, 0x04, 0x03]), der(0x0c, 'page test'))))
  const instant = date => der(0x18, `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`)
  const validity = der(0x30, instant(new Date(Date.now() - 86_400_000)), instant(new Date(Date.now() + 86_400_000)))
  const body = der(0x30, der(0xa0, der(0x02, [2])), der(0x02, [1]), algorithm, name, validity, name, publicKey.export({ type: 'spki', format: 'der' }))
  const whole = der(0x30, body, algorithm, der(0x03, [0], sign('sha256', body, privateKey)))
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }), cert: `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n` }
}

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.wasm': 'application/wasm' }
