// The page, as the binary serves it: it moves, says who wins and why, obeys its policy, is light, and fits any screen and reader.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gunzipSync } from 'node:zlib'

import { close } from '../support/browser.js'
import { repository } from '../support/project.js'
import { accessible, get, reason, serve, tab, until } from './support.js'

after(close)

test('a newcomer sees the demo move within seconds, and nothing is complained of or asked elsewhere', async t => {
  const address = await serve(t)
  const { page, said, asked } = await tab(t)
  await page.goto(address)
  assert.match(await reason(page), /productpage-v3/)
  const looks = () => page.evaluate(() => Number(/look (\d+)/.exec(document.querySelector('.about').textContent)?.[1]))
  const first = await looks()
  await until(async () => (await looks()) > first, 'another look')
  await until(() => page.evaluate(() => /\d ms$/.test(document.querySelector('iter8-assessment').shadowRoot.querySelector('.criterion .value').firstChild.data)), 'a latency with its unit')
  assert.match(page.url(), /#watch\?demo=1$/)
  assert.deepEqual(said, [])
  assert.deepEqual(asked.filter(one => !one.startsWith(address)), [])
})

test('the page weighs less than 300 kB with the engine, as the server sends it', async t => {
  const address = await serve(t)
  const { page, asked } = await tab(t)
  await page.goto(`${address}#play?runs=10&n=10`)
  await until(() => page.evaluate(() => /of 10 experiments/.test(document.querySelector('.headline')?.textContent)), 'an outcome')
  await page.evaluate(() => (location.hash = '#watch?story=abn'))
  await reason(page)
  await page.evaluate(() => (location.hash = '#trend'))
  await until(() => page.evaluate(() => document.querySelector('#trend .headline')), 'the panel')
  // The parser comes with the first text that is opened.
  const files = new Set([...asked.map(one => new URL(one).pathname), '/vendor/yaml.js', '/app/reading.js', '/app/status.js'])
  let size = 0
  for (const path of files) {
    const { status, headers, length } = await get(new URL(path, address))
    assert.equal(status, 200, path)
    assert.equal(headers['content-encoding'], 'gzip', path)
    size += length
  }
  t.diagnostic(`${files.size} files, ${(size / 1000).toFixed(0)} kB`)
  assert.ok(size < 300_000, `${size} bytes`)
})

test('who does not take gzip gets the same files as they are', { skip: Boolean(process.env.PAGE_ADDRESS) }, async t => {
  const address = await serve(t)
  for (const [accepted, encoding] of [['gzip', 'gzip'], ['br, gzip;q=0.3', 'gzip'], ['identity', undefined], ['gzip;q=0', undefined]]) {
    for (const path of ['', 'app/main.js', 'pkg/wasm/iter8_analytics_bg.wasm']) {
      const { headers, body } = await get(new URL(path, address), { 'accept-encoding': accepted })
      assert.equal(headers['content-encoding'], encoding, `${path} to ${accepted}`)
      assert.equal(headers.vary, 'accept-encoding')
      const file = readFileSync(join(repository, 'www/packed', path || 'index.html'))
      assert.ok(file.equals(encoding ? gunzipSync(body) : body), path)
    }
  }
})

test('the policy is sent with every file, and other methods are told so', { skip: Boolean(process.env.PAGE_ADDRESS) }, async t => {
  const address = await serve(t)
  for (const path of ['', 'worker/worker.js', 'pkg/wasm/iter8_analytics_bg.wasm']) {
    const reply = await fetch(address + path)
    assert.match(reply.headers.get('content-security-policy'), /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/)
    assert.ok(!reply.headers.get('content-security-policy').includes('unsafe-inline'))
  }
  const posted = await fetch(address, { method: 'POST' })
  assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET'])
})

for (const theme of ['light', 'dark']) {
  test(`axe finds nothing in ${theme}: the demo, the dialog, the playground, the empty page`, async t => {
    const address = await serve(t)
    const { page } = await tab(t, { theme })
    const check = what => accessible(page, what)
    await page.goto(`${address}#watch?story=abn&every=60`)
    await reason(page)
    await check('watch')
    await page.getByRole('button', { name: 'Open…' }).click()
    await page.getByRole('button', { name: 'Watch it' }).click()
    await until(() => page.evaluate(() => document.querySelector('#fault').textContent), 'a fault')
    await check('dialog')
    await page.goto('about:blank')
    await page.goto(`${address}#play?runs=10&n=10`)
    await until(() => page.evaluate(() => /of 10 experiments/.test(document.querySelector('.headline')?.textContent)), 'an outcome')
    await check('playground')
  })
}

for (const width of [320, 360, 768, 1280, 3840]) {
  test(`nothing sticks out at ${width} pixels`, async t => {
    const address = await serve(t)
    const { page } = await tab(t, { width })
    for (const hash of ['#watch?story=abn&every=60', '#play?runs=10&n=10']) {
      await page.goto('about:blank')
      await page.goto(address + hash)
      await until(() => page.evaluate(() => [...document.querySelectorAll('.plot')].some(one => one.getAttribute('aria-label').includes('. '))), 'a chart')
      const [inside, outside] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth])
      assert.ok(inside <= outside, `${hash}: ${inside} px in ${outside}`)
    }
  })
}

test('every limit, and which side is better, can be seen at every width, and no column is cut off', async t => {
  const address = await serve(t)
  const { page } = await tab(t)
  await page.goto(`${address}#watch?story=abn&every=60`)
  await reason(page)
  for (const width of [320, 375, 768, 900, 1000, 1050, 1100, 1280]) {
    await page.setViewportSize({ width, height: 900 })
    const seen = await page.evaluate(async () => {
      await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))
      const { shadowRoot } = document.querySelector('iter8-assessment')
      const scroll = shadowRoot.querySelector('.scroll')
      const end = scroll.getBoundingClientRect().right
      const texts = [...shadowRoot.querySelectorAll('th small, .of .bound, .of > span')].filter(one => {
        const { width, height, right } = one.getBoundingClientRect()
        return width > 20 && height > 8 && right <= end + 1 && one.checkVisibility()
      }).map(one => one.textContent)
      return { texts, inside: scroll.scrollWidth, outside: scroll.clientWidth }
    })
    for (const words of ['at most 1.6 × baseline', 'at most 5 %', 'at least 95 %', 'reward, more is better', '← better']) assert.ok(seen.texts.includes(words), `${words} at ${width} px among ${seen.texts}`)
    assert.ok(seen.inside <= seen.outside, `${seen.inside} px in ${seen.outside} at ${width} px`)
  }
})

test('it can be used by keyboard alone', async t => {
  const address = await serve(t)
  const { page } = await tab(t)
  await page.goto(`${address}#watch?story=canary&every=60`)
  await reason(page)
  const reached = []
  for (let i = 0; i < 16; i++) {
    await page.keyboard.press('Tab')
    reached.push(await page.evaluate(() => document.activeElement.shadowRoot?.activeElement?.getAttribute('aria-label') ?? document.activeElement.textContent.slice(0, 20)))
  }
  for (const name of ['Skip to the experiment'.slice(0, 20), 'Pause', 'Step', 'Open…', 'Versions and criteria, scrollable']) assert.ok(reached.includes(name), `${name} among ${reached}`)
  await page.getByRole('button', { name: 'Open…' }).press('Enter')
  assert.ok(await page.evaluate(() => document.querySelector('dialog').open))
  await page.keyboard.press('Escape')
  assert.ok(!(await page.evaluate(() => document.querySelector('dialog').open)))
})
