// What the page is not meant for: hostile names, huge experiments, damaged files, backends that are none, impatient hands.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { after, test } from 'node:test'

import { close } from '../support/browser.js'
import { experiment, observations } from '../support/example.js'
import { accessible, linkOf, paste, reason, serve, tab, until } from './support.js'

after(close)

async function opened(t, hash = '#watch?story=conformance&every=60', options) {
  const address = await serve(t)
  const found = await tab(t, options)
  await found.page.goto(address + hash)
  await reason(found.page)
  return { address, ...found }
}

const heading = (page, text) => until(() => page.evaluate(text => document.querySelector('h1')?.textContent === text, text), `the experiment ${text.slice(0, 40)}`)
const fault = page => until(() => page.evaluate(() => document.querySelector('#fault').textContent), 'a fault')
const trouble = page => until(() => page.evaluate(() => !document.querySelector('.trouble').hidden && document.querySelector('.trouble').textContent), 'an explanation')

// The example with other ids.
const named = (name, ids, criterion) => ({
  ...experiment, name, baseline: { id: ids[0] }, candidates: ids.slice(1).map(id => ({ id })),
  criteria: experiment.criteria.map((one, index) => (index ? one : { ...one, id: criterion })),
  observations: { versions: Object.fromEntries(ids.map((id, index) => [id, Object.values(observations.versions)[index % 2]])) },
})

// The example as one that asks a Prometheus.
const asking = () => {
  const version = id => ({ id, version_labels: { version: id } })
  const counter_metrics = experiment.metric_specs.counter_metrics.map(({ name }) => ({ name, query_template: `sum(increase(${name}[$interval])) by ($version_labels)` }))
  return { ...experiment, baseline: version('v1'), candidates: [version('v2')], metric_specs: { ...experiment.metric_specs, counter_metrics } }
}

test('names that look like markup and formulas stay text, on the page and in every file', async t => {
  const evil = '<img src=x onerror=alert(1)><script>alert(2)</script>'
  const formula = '=HYPERLINK("http://x")'
  const { page, said, asked, address } = await opened(t)
  await paste(page, JSON.stringify(named(`${evil}"'`, [evil, formula], evil)))
  await heading(page, `${evil}"'`)
  assert.deepEqual(await page.evaluate(() => [document.querySelectorAll('img').length, document.scripts.length, document.querySelector('iter8-assessment').shadowRoot.querySelectorAll('img, script').length]), [0, 1, 0])
  for (const kind of ['CSV', 'SVG', 'PNG', 'JSON']) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByLabel('Export the session').selectOption(kind)])
    const text = readFileSync(await download.path(), 'utf8')
    if (kind === 'CSV') assert.ok(text.includes(`"'=HYPERLINK(""http://x"")"`) && !/(^|,)"?=/m.test(text))
    if (kind === 'SVG') assert.ok(!text.includes('<img') && !text.includes('<script'))
    if (kind === 'JSON') assert.equal(JSON.parse(text).experiment.name, `${evil}"'`)
  }
  assert.deepEqual(said, [])
  assert.deepEqual(asked.filter(one => !one.startsWith(address) && !one.startsWith('blob:') && !one.startsWith('data:')), [])
})

test('names of a thousand letters and two hundred versions stay within the page', async t => {
  const { page, said } = await opened(t)
  const long = letter => letter.repeat(1000)
  await paste(page, JSON.stringify(named(long('N'), [long('v'), long('w')], long('c'))))
  await heading(page, long('N'))
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 })
    const [inside, outside] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth])
    assert.ok(inside <= outside, `${inside} px in ${outside}`)
  }
  await page.setViewportSize({ width: 1280, height: 900 })
  await paste(page, JSON.stringify(named('many', Array.from({ length: 200 }, (_, index) => `v${index}`), 'errors')))
  await heading(page, 'many')
  await until(() => page.evaluate(() => document.querySelector('iter8-assessment').shadowRoot.querySelectorAll('tbody tr').length === 200), '200 rows')
  await until(() => page.evaluate(() => /12|of 200 versions/.test(document.querySelector('.charts').textContent)), 'which versions are drawn')
  assert.deepEqual(said, [])
})

test('of several experiments one is picked, and the link brings it back', async t => {
  const { page } = await opened(t)
  const text = ['one', 'two', 'three'].map(name => JSON.stringify(named(name, ['v1', 'v2'], 'errors'))).join('\n---\n')
  await paste(page, text)
  await until(() => page.evaluate(() => document.querySelector('#which').options.length === 3), 'the choice')
  await accessible(page, 'the choice')
  await page.locator('#which').selectOption('two')
  await page.getByRole('button', { name: 'Watch it' }).click()
  await heading(page, 'two')
  const { page: other } = await tab(t)
  await other.goto(await linkOf(page))
  await heading(other, 'two')
  // A fault in the last of them is on its own line.
  const wrong = structuredClone(named('wrong', ['v1', 'v2'], 'errors'))
  wrong.criteria[0].threshold.type = 'odd'
  const lines = `${JSON.stringify(named('right', ['v1', 'v2'], 'errors'))}\n---\n${JSON.stringify(wrong, null, 1)}`
  await paste(page, lines)
  await page.locator('#which').selectOption('wrong')
  await page.getByRole('button', { name: 'Watch it' }).click()
  const line = lines.split('\n').findIndex(one => one.includes('"odd"')) + 1
  assert.match(await fault(page), new RegExp(`^Line ${line}, criteria\\[0\\]\\.threshold\\.type: `))
})

test('what is no experiment, and a damaged session, is told in words', async t => {
  const { page, said } = await opened(t)
  const before = await reason(page)
  for (const [text, words] of [
    ['{"kind":"iter8-session","rows":[],"experiment":{},"assessment":{}}', /damaged/],
    ['{"kind":"iter8-session","count":1,"rows":[{"elapsed":1,"versions":[]}],"experiment":{"criteria":7},"assessment":{"notes":[]}}', /damaged/],
    ['', /Line 1: the text is empty/],
    ['---\n---\n', /the text is empty/],
    ['[1]', /no experiment/],
    ['7', /no experiment/],
    ['{"a":1}\n{"b":2}', /^Line 2: /],
    ['baseline: &a [*a]', /./],
    [`a: &a [1,1]\n${Array.from({ length: 20 }, (_, index) => `${'bcdefghijklmnopqrstuvwxyz'[index]}: &${'bcdefghijklmnopqrstuvwxyz'[index]} [*${'abcdefghijklmnopqrstuvwxyz'[index]},*${'abcdefghijklmnopqrstuvwxyz'[index]}]`).join('\n')}`, /alias/i],
    ['['.repeat(100_000), /^the text is nested too deeply: /],
    [`{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, /^the text is nested too deeply: /],
    ['apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n', /resources/],
  ]) {
    await paste(page, text)
    assert.match(await fault(page), words, text.slice(0, 60))
    await page.getByRole('button', { name: 'Cancel' }).click()
    assert.equal(await reason(page), before)
  }
  assert.deepEqual(said, [])
})

test('what answers in place of a Prometheus is told apart, and never becomes a number', async t => {
  let reply
  const server = createServer((_, response) => response.writeHead(reply.status ?? 200, { 'access-control-allow-origin': '*' }).end(reply.body)).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  t.after(() => server.close())
  const backend = `http://127.0.0.1:${server.address().port}`
  const { page } = await opened(t)
  for (const [given, words] of [
    [{ body: '<html>', status: 200 }, /no Prometheus: HTTP 200/],
    [{ body: 'Unauthorized', status: 401 }, /no Prometheus: HTTP 401.*login/s],
    [{ body: '{"status":"error","error":"<b>parse error</b>"}', status: 400 }, /refuses a query: <b>parse error<\/b>/],
    [{ body: 'null' }, /no Prometheus/],
  ]) {
    reply = given
    await paste(page, JSON.stringify(asking()), backend)
    await until(() => page.evaluate(() => !document.querySelector('dialog').open), 'a look')
    assert.match(await trouble(page), words)
    assert.ok(await page.evaluate(() => document.querySelector('.body').classList.contains('stale')))
    assert.deepEqual(await page.evaluate(() => document.querySelector('iter8-assessment').assessment.baseline_assessment.criterion_assessments.map(({ statistics }) => statistics.value)), [null, null])
    assert.deepEqual(await page.evaluate(() => [...document.querySelector('iter8-assessment').shadowRoot.querySelectorAll('tbody .wins .value')].map(({ textContent }) => textContent)), ['–', '–'])
  }
  await accessible(page, 'trouble')
})

test('who does not wait for a backend that hangs is not surprised by it later', async t => {
  const server = createServer(() => {}).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  t.after(() => (server.closeAllConnections(), server.close()))
  const { page } = await opened(t)
  const before = await page.evaluate(() => document.querySelector('h1').textContent)
  await paste(page, JSON.stringify(asking()), `http://127.0.0.1:${server.address().port}`)
  await page.getByRole('button', { name: 'Asking …' }).waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.waitForTimeout(11_000)
  assert.equal(await page.evaluate(() => document.querySelector('h1').textContent), before)
})

test('impatient hands and the back button leave the page whole', async t => {
  const { page, said } = await opened(t)
  const hashes = ['#watch?story=abn', '#play?runs=10&n=10', '#watch?story=ab&every=0.2', '#watch', '#play', '#play?story=nowhere&rps=x']
  for (let i = 0; i < 18; i++) {
    await page.evaluate(hash => (location.hash = hash), hashes[i % hashes.length])
    await page.waitForTimeout(40)
  }
  await page.evaluate(() => (location.hash = '#watch?story=canary_bad&every=0.2'))
  await until(() => page.evaluate(() => document.querySelector('h1').textContent === 'Broken canary' && !document.querySelector('#watch').hidden), 'the last one')
  for (let i = 0; i < 20; i++) await page.locator('#watch .controls button').nth(i % 2).click()
  assert.match(await trouble(page), /The story ends here/)
  await page.goBack()
  await page.goForward()
  await until(() => page.evaluate(() => document.querySelector('h1').textContent === 'Broken canary'), 'the last one again')
  assert.deepEqual(said, [])
})

test('a chart that is hidden while it is painted is painted once it is seen again, and none waits for one that cannot be', async t => {
  const { page, said } = await opened(t)
  const painted = await page.evaluate(async () => {
    const { plot } = await import('/chart/plot.js')
    const ask = () => new Promise(requestAnimationFrame)
    const frames = async number => { for (let i = 0; i < number; i++) await ask() }
    const place = document.createElement('div')
    document.body.append(place)
    const charts = ['hidden', 'broken', 'whole'].map(name => plot(name, ''))
    place.append(...charts.map(({ figure }) => figure))
    await frames(10)
    const description = { x: [0, 1], y: [0, 1], xTicks: [{ at: 0, text: '0' }], yTicks: [], layers: [{ kind: 'line', points: [[0, 0], [1, 1]] }], words: 'a line' }
    let wasHidden = false
    // What is asked for last before a pause, and takes the rest of the frame.
    const words = () => {
      for (const end = performance.now() + 20; !wasHidden && performance.now() < end;);
      place.hidden = !wasHidden
      wasHidden = true
      return 'a line'
    }
    charts[0].draw(() => ({ ...description, get words() { return words() } }))
    await frames(10)
    place.hidden = false
    charts[1].draw(() => { throw new Error('no description') })
    charts[2].draw(() => description)
    await frames(20)
    const isPainted = ({ figure }) => {
      const canvas = figure.querySelector('canvas')
      return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(value => value)
    }
    return charts.map(isPainted)
  })
  assert.deepEqual(painted, [true, false, true])
  assert.deepEqual(said.map(words => words.split('\n')[0]), ['Error: no description'])
})
