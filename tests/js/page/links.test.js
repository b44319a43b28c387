// Links that cannot be followed, and addresses that no browser asks: told in words, and no password is kept or shown.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, test } from 'node:test'

import { addressOf, withoutLogin } from '../../../www/app/address.js'
import { paceOf } from '../../../www/app/link.js'
import { close } from '../support/browser.js'
import { experiment, observations } from '../support/example.js'
import { server } from '../support/server.js'
import { linkOf, paste, reason, serve, tab, until } from './support.js'

after(close)

const trouble = page => until(() => page.evaluate(() => document.querySelector('.trouble')?.hidden === false && document.querySelector('.trouble').textContent), 'words')
const heading = page => page.evaluate(() => document.querySelector('h1').textContent)

test('a link that cannot be followed says why, and what was watched before stays what it is', async t => {
  const address = await serve(t)
  const { page, said } = await tab(t)
  const links = [
    ['#watch?story=nope', /there is no story `nope` here; there are peeking, abn, /],
    ['#watch?story=', /there is no story `` here/],
    ['#watch?experiment=', /its experiment is missing/],
    ['#watch?prometheus=nonsense', /`nonsense` is no address of a Prometheus/],
  ]
  for (const [hash, words] of links) {
    await page.goto('about:blank')
    await page.goto(address + hash)
    const found = await trouble(page)
    assert.match(found, words)
    assert.match(found, /^This link cannot be followed: /)
    assert.ok(await page.evaluate(() => document.querySelector('.body').hidden && !document.querySelector('.start').hidden), hash)
  }
  await page.goto('about:blank')
  await page.goto(`${address}#watch?story=canary&every=60`)
  await reason(page)
  await page.evaluate(() => (location.hash = '#watch?story=nope'))
  assert.match(await trouble(page), /no story `nope`.*What was watched before is still shown/)
  assert.equal(await heading(page), 'Canary')
  await page.evaluate(() => (location.hash = '#watch?story=ab&every=60'))
  await until(async () => (await heading(page)) === 'A/B', 'another story')
  assert.ok(await page.evaluate(() => document.querySelector('.trouble').hidden))
  assert.deepEqual(said, [])
})

test('a link to one of several experiments that is not there says so', async t => {
  const address = await serve(t)
  const { page } = await tab(t)
  await page.goto(`${address}#watch?story=canary&every=60`)
  await reason(page)
  await paste(page, JSON.stringify({ ...experiment, observations }))
  await until(async () => (await heading(page)) === 'shop', 'the experiment')
  const { page: other } = await tab(t)
  await other.goto(`${await linkOf(page)}&which=7`)
  assert.match(await trouble(other), /asks for number 8 .* there is 1\./)
})

test('a link to the demo of a server that has none says so', { skip: Boolean(process.env.PAGE_ADDRESS) }, async t => {
  const address = await server(t)
  const { page } = await tab(t)
  await page.goto(`${address}/#watch?demo=1`)
  assert.match(await trouble(page), /there is no demo here: it belongs to `iter8-analytics serve --demo`/)
  await page.goto('about:blank')
  await page.goto(`${address}/`)
  await until(() => page.evaluate(() => document.querySelector('.start')?.hidden === false && /Open an experiment to see/.test(document.querySelector('.start').textContent)), 'the beginning')
  assert.ok(await page.evaluate(() => document.querySelector('.trouble').hidden), 'who asked for no demo misses none')
})

test('how often a link looks is brought into range', () => {
  const every = text => paceOf(new URLSearchParams({ every: text }))
  assert.deepEqual(['5', '0.001', '1e9', '-1', '0', 'x', '', 'Infinity'].map(every), [5, 0.2, 86_400, undefined, undefined, undefined, undefined, 86_400])
  assert.equal(paceOf(new URLSearchParams()), undefined)
})

test('a story that is to be looked at every -1 s is looked at every second', async t => {
  const address = await serve(t)
  const { page } = await tab(t)
  await page.goto(`${address}#watch?story=abn&every=-1`)
  await reason(page)
  assert.equal(await page.evaluate(() => document.querySelector('#pace').selectedOptions[0].textContent), 'every 1 s')
  assert.ok(await page.evaluate(() => Number(/look (\d+)/.exec(document.querySelector('.about').textContent)[1])) < 10)
})

test('an address with a password is refused in words that do not hold it', () => {
  assert.equal(addressOf(' https://x.example/prom// '), 'https://x.example/prom')
  assert.equal(addressOf(''), undefined)
  for (const given of ['http://user:secret@host:9090', 'http://:secret@host', 'ftp://user:secret@host', 'user:secret@host', 'http://user:se cret@host:x', 'http://user:se/cret@host', '//user:secret@host']) {
    assert.throws(() => addressOf(given), error => !/se.?cret/.test(error.message) && /user name or a password|no address/.test(error.message), given)
    assert.doesNotMatch(withoutLogin(given), /se.?cret/)
  }
  assert.equal(withoutLogin('http://user:secret@host:9090/prom/'), 'http://host:9090/prom')
  assert.equal(withoutLogin('http://host:9090/prom'), 'http://host:9090/prom')
})

test('a password is in no address bar, no message and no link, whether it is typed or comes by a link', async t => {
  const asked = []
  const backend = createServer((request, response) => (asked.push(request.url), response.end())).listen(0, '127.0.0.1')
  await new Promise(resolve => backend.once('listening', resolve))
  t.after(() => backend.close())
  const login = `http://user:secret@127.0.0.1:${backend.address().port}`
  const address = await serve(t)
  const { page, said } = await tab(t)
  await page.goto(`${address}#watch?story=canary&every=60`)
  await reason(page)
  await paste(page, JSON.stringify(experiment), login)
  assert.match(await until(() => page.evaluate(() => document.querySelector('#fault').textContent), 'a fault'), /user name or a password .* browsers ask no such address/)
  const text = () => page.evaluate(() => `${location.href} ${document.body.textContent}`)
  assert.doesNotMatch(await text(), /secret/)
  await page.goto('about:blank')
  await page.goto(`${address}#watch?prometheus=${encodeURIComponent(login)}`)
  assert.match(await trouble(page), /user name or a password/)
  await until(async () => !/secret/.test(await text()), 'the password is gone')
  assert.match(page.url(), /prometheus=http%3A%2F%2F127/)
  assert.deepEqual([asked, said], [[], []])
})
