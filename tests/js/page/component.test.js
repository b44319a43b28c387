// `<iter8-assessment>` in pages that are not ours: a plain one, PatternFly's, one with a strict policy.

import assert from 'node:assert/strict'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'

import { close, serve } from '../support/browser.js'
import { experiment, now, observations } from '../support/example.js'
import { nativeReply, project, repository } from '../support/project.js'
import { accessible, reason, tab, until } from './support.js'

after(close)

const shadow = (page, selector) => page.evaluate(selector => document.querySelector('iter8-assessment').shadowRoot?.querySelector(selector)?.textContent, selector)

async function show(t, files, { headers, theme } = {}) {
  const folder = project(t, files)
  const server = await serve(folder, headers)
  t.after(server.end)
  const found = await tab(t, { theme })
  return { folder, address: server.address, ...found }
}

for (const theme of ['light', 'dark']) {
  test(`in a plain page it assesses by itself, and follows the page's type, in ${theme}`, async t => {
    const { folder, address, page, said } = await show(t, {}, { theme })
    cpSync(join(repository, 'examples/component/plain.html'), join(folder, 'index.html'))
    await page.goto(address)
    assert.match(await reason(page), /v2/)
    const font = await page.evaluate(() => getComputedStyle(document.querySelector('iter8-assessment')).fontFamily)
    assert.match(font, /Georgia/)
    await accessible(page, 'a plain page')
    assert.deepEqual(said, [])
  })
}

test('in a PatternFly page it shows a reply without loading the engine, and says so by an event', async t => {
  const assessment = JSON.parse(nativeReply())
  const { folder, address, page, said, asked } = await show(t, { 'assessment.json': JSON.stringify({ experiment, assessment }) })
  cpSync(join(repository, 'examples/component/patternfly.html'), join(folder, 'index.html'))
  mkdirSync(join(folder, 'node_modules/@patternfly'), { recursive: true })
  symlinkSync(dirname(createRequire(import.meta.url).resolve('@patternfly/patternfly/package.json')), join(folder, 'node_modules/@patternfly/patternfly'))
  await page.goto(address)
  assert.equal(await reason(page), assessment.winner_assessment.reason)
  assert.deepEqual(asked.filter(one => one.endsWith('.wasm')), [])
  assert.deepEqual(said.filter(one => !one.includes('favicon')), [])
})

test('a strict policy does not concern it', async t => {
  const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
  const main = `
    import './node_modules/iter8-analytics/component.js'
    import { experiment, observations, now } from './example.js'
    Object.assign(document.querySelector('iter8-assessment'), { experiment, observations, now })`
  const { address, page, said } = await show(t, { 'index.html': '<!doctype html><title>x</title><script type="module" src="main.js"></script><iter8-assessment></iter8-assessment>', 'main.js': main }, { headers: () => ({ 'content-security-policy': policy }) })
  await page.goto(address)
  assert.equal(await reason(page), JSON.parse(nativeReply()).winner_assessment.reason)
  assert.ok(await page.evaluate(() => getComputedStyle(document.querySelector('iter8-assessment').shadowRoot.querySelector('.point')).position === 'absolute'), 'it has its style')
  assert.deepEqual(said.filter(one => !one.includes('favicon')), [])
})

test('attributes do what properties do, errors are said and sent, and what was set before it was known counts', async t => {
  const index = `<!doctype html><title>x</title><iter8-assessment></iter8-assessment><script type="module" src="main.js"></script>`
  const main = `
    import { experiment, observations, now } from './example.js'
    const element = document.querySelector('iter8-assessment')
    Object.assign(element, { experiment, now })
    globalThis.heard = []
    for (const name of ['assessment', 'error']) element.addEventListener(name, ({ detail }) => heard.push(name + ':' + (detail.path ?? detail.winner_assessment.reason)))
    await import('./node_modules/iter8-analytics/component.js')
    globalThis.example = { experiment, observations, now }
  `
  const { address, page } = await show(t, { 'index.html': index, 'main.js': main })
  await page.goto(address)
  await until(() => shadow(page, '.waiting'), 'the waiting sentence')
  assert.equal(await shadow(page, '.waiting'), 'Waiting for metric data.')
  await page.evaluate(() => document.querySelector('iter8-assessment').setAttribute('observations', JSON.stringify(globalThis.example.observations)))
  const first = await reason(page)
  await page.evaluate(() => document.querySelector('iter8-assessment').setAttribute('observations', '{"versions": 7}'))
  assert.match(await until(() => shadow(page, '.error'), 'the error'), /^observations\.versions/)
  await page.evaluate(() => document.querySelector('iter8-assessment').setAttribute('observations', '{'))
  await until(async () => /^observations: the attribute is no JSON/.test(await shadow(page, '.error')), 'the error of JSON')
  const heard = await page.evaluate(() => globalThis.heard)
  assert.equal(heard[0], `assessment:${first}`)
  assert.match(heard[1], /^error:observations\.versions/)
  assert.equal(heard[2], 'error:observations')
  assert.equal(now, '2026-01-01T10:10:00Z')
  assert.ok(observations.versions.v1)
})
