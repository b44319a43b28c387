// How quick and how small the page stays: the first paint, each frame of a large experiment, memory over a thousand looks.
//
// Times are those of the page's own thread as Chromium traces them, its processor's time where the machine may be busy.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'

import { close } from '../support/browser.js'
import { reason, serve, tab, until } from './support.js'

after(close)

test('the first paint comes within a second of the address, and says something', async t => {
  const address = await serve(t)
  const times = []
  // The quickest of five is what the page costs, the rest is the machine.
  for (let i = 0; i < 5; i++) {
    const { page } = await tab(t)
    await page.goto(`${address}#watch?story=canary&every=60`)
    times.push(await until(() => page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime), 'a paint'))
    await page.close()
  }
  t.diagnostic(`first contentful paint after ${times.map(time => time.toFixed(0)).join(', ')} ms`)
  assert.ok(Math.min(...times) < 1000, String(times))
})

test('ten versions, five criteria and 500 looks cost less than 16 ms of scripting and layout in every frame', async t => {
  const address = await serve(t)
  const { page } = await tab(t)
  await page.goto(`${address}#watch?story=conformance&every=60`)
  await reason(page)
  await page.evaluate(large)
  for (let look = 0; look < 5; look++) await page.evaluate(one, look)
  await until(() => page.evaluate(() => [...document.querySelectorAll('.plot')].every(({ ariaLabel }) => ariaLabel.includes('version-9'))), 'all charts')
  const [slowest, pace] = [[], []]
  let count = 0
  for (let look = 5; look < 35; look++) {
    const { costs, yardstick } = await traced(page, async () => {
      await page.evaluate(one, look)
      await page.evaluate(measured)
    })
    slowest.push(Math.max(...costs))
    count += costs.filter(cost => cost > 0.5).length
    pace.push(yardstick)
  }
  for (const times of [slowest, pace]) times.sort((a, b) => a - b)
  // A machine that other work keeps from its pace, by its caches too, gets as much more time as a fixed piece of work takes in
  // the same seconds.
  const load = Math.max(1, pace[15] / YARDSTICK_MS)
  t.diagnostic(`of ${count} frames of 30 looks, the slowest of a look takes ${[0, 15, 27, 29].map(at => slowest[at].toFixed(1)).join(', ')} ms (least, median, nine tenths, most); the yardstick ${pace[15].toFixed(1)} ms, least ${pace[0].toFixed(1)}`)
  assert.ok(slowest[27] < 16 * load, `${slowest[27]} ms with a load of ${load}`)
  assert.ok(slowest[29] < 24 * load, `${slowest[29]} ms with a load of ${load}`)
})

test('a thousand looks take no more memory than the first hundred, but for their rows', { timeout: 120_000 }, async t => {
  const address = await serve(t)
  const { page } = await tab(t)
  await page.goto(`${address}#watch?story=conformance&every=60`)
  await reason(page)
  await page.evaluate(large, 1000)
  const client = await page.context().newCDPSession(page)
  const heap = async () => {
    // Nodes that the last look replaced go only once the frame that showed them has gone.
    await page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 200))))
    await client.send('HeapProfiler.collectGarbage')
    const { usedSize } = await client.send('Runtime.getHeapUsage')
    const { nodes } = await client.send('Memory.getDOMCounters')
    return { size: usedSize, nodes }
  }
  // The session is full from the beginning: what grows from there on leaks.
  const looks = async (from, to) => {
    for (let look = from; look < to; look += 50) await page.evaluate(async ([from, to]) => {
      for (let look = from; look < to; look++) {
        globalThis.looked(look)
        // Often enough that every chart is painted over and over.
        if (look % 10 === 0) await new Promise(requestAnimationFrame)
      }
    }, [look, Math.min(look + 50, to)])
  }
  await looks(0, 100)
  const before = await heap()
  await looks(100, 1100)
  const later = await heap()
  t.diagnostic(`${(before.size / 1e6).toFixed(1)} MB and ${before.nodes} nodes, a thousand looks later ${(later.size / 1e6).toFixed(1)} MB and ${later.nodes} nodes`)
  assert.ok(later.size < before.size * 1.1 + 500_000, JSON.stringify({ before, later }))
  assert.ok(later.nodes < before.nodes * 1.1 + 200, JSON.stringify({ before, later }))
})

const one = look => new Promise(resolve => {
  globalThis.looked(look)
  setTimeout(resolve, 200)
})

// A piece of work that is always the same: numbers, elements, their layout.
function measured() {
  console.timeStamp('measured')
  let sum = 0
  for (let i = 1; i < 100_000; i++) sum += Math.log(i) * Math.sqrt(i)
  const box = document.createElement('div')
  box.append(...Array.from({ length: 200 }, (_, at) => Object.assign(document.createElement('p'), { textContent: `${sum} ${at}` })))
  document.body.append(box)
  const height = box.offsetHeight
  box.remove()
  return height
}

// In the page: a view of its own with 500 looks at ten versions, and `looked(number)` for one look more.
async function large(rows = 500) {
  const [{ layout }, { add, empty }, { default: init, assess }] = await Promise.all([import('/app/view.js'), import('/app/history.js'), import('/pkg/index.js')])
  await init()
  const ids = Array.from({ length: 10 }, (_, index) => `version-${index}`)
  const counters = ['a', 'b', 'c', 'd', 'e']
  const experiment = {
    start_time: '2026-01-01T00:00:00Z', service_name: 'large', baseline: { id: ids[0] }, candidates: ids.slice(1).map(id => ({ id })),
    metric_specs: { counter_metrics: [{ name: 'iter8_request_count' }, ...counters.map(name => ({ name }))],
      ratio_metrics: counters.map(name => ({ name: `${name}_rate`, numerator: name, denominator: 'iter8_request_count', preferred_direction: 'lower', zero_to_one: true })) },
    criteria: counters.map(name => ({ id: `${name}_rate`, metric_id: `${name}_rate`, threshold: { type: 'absolute', value: 0.1 } })),
  }
  // Twenty stages of one experiment; each look differs from the one before.
  const assessments = Array.from({ length: 20 }, (_, stage) => {
    const column = Array.from({ length: 12 + stage }, (_, index) => 90 + index)
    const of = (at, index) => column.map((_, i) => 2 + ((i * (at + 3) + index) % 7))
    const versions = Object.fromEntries(ids.map((id, at) => [id, { iter8_request_count: column, ...Object.fromEntries(counters.map((name, index) => [name, of(at, index)])) }]))
    return assess(experiment, { versions }, { now: '2026-01-01T01:00:00Z' })
  })
  const history = empty()
  const note = (look, assessment) => add(history, { now: new Date(Date.UTC(2026, 0, 1) + look * 15000).toISOString(), experiment, assessment, asked: [] })
  for (let look = 0; look < rows; look++) note(look, assessments[Math.floor((look / rows) * 19)])
  const view = layout({})
  document.querySelector('#watch').replaceChildren(view.element)
  view.source({}, 5)
  view.draw(history, {})
  globalThis.looked = look => {
    note(rows + look, assessments[look % 20])
    view.draw(history, {})
  }
}

// Milliseconds of scripting and layout in each of the tasks of the page's thread while `run` runs, those of `measured` apart.
async function traced(page, run) {
  const client = await page.context().newCDPSession(page)
  const events = []
  client.on('Tracing.dataCollected', ({ value }) => events.push(...value))
  await client.send('Tracing.start', { traceConfig: { includedCategories: ['toplevel', 'devtools.timeline'] }, transferMode: 'ReportEvents' })
  await run()
  const done = new Promise(resolve => client.once('Tracing.tracingComplete', resolve))
  await client.send('Tracing.end')
  await done
  await client.detach()
  const mains = new Set(events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(({ pid, tid }) => `${pid} ${tid}`))
  const calls = found => found.filter(({ name }) => name === 'FunctionCall').length
  const of = new Map()
  for (const event of events.filter(({ ph }) => ph === 'X')) {
    const thread = `${event.pid} ${event.tid}`
    if (!of.has(thread)) of.set(thread, [])
    of.get(thread).push(event)
  }
  // Other tabs have threads of that name too: the page's is the one that did most.
  const [main] = [...of].filter(([thread]) => mains.has(thread)).map(([, found]) => found).sort((a, b) => calls(b) - calls(a))
  const tasks = main.filter(({ name }) => /RunTask$/.test(name)).sort((a, b) => a.ts - b.ts || b.dur - a.dur)
  const works = main.filter(({ name }) => WORKS.includes(name)).sort((a, b) => a.ts - b.ts || b.dur - a.dur)
  const marks = events.filter(({ name, args }) => name === 'TimeStamp' && args.data?.message === 'measured')
  const costs = []
  let yardstick = 0
  for (const task of outermost(tasks)) {
    const inside = outermost(works.filter(({ ts, dur }) => ts >= task.ts && ts + dur <= task.ts + task.dur + 1))
    const cost = inside.reduce((sum, { tdur, dur }) => sum + (tdur ?? dur), 0) / 1000
    if (marks.some(({ ts }) => ts >= task.ts && ts <= task.ts + task.dur)) yardstick = cost
    else costs.push(cost)
  }
  return { costs, yardstick }
}

function outermost(sorted) {
  let end = 0
  return sorted.filter(({ ts, dur }) => ts >= end && ((end = ts + dur), true))
}

/** What `measured` takes on a machine of 2026 that is not the quickest; 2.2 ms where the figures above were first measured. */
const YARDSTICK_MS = 4
const WORKS = ['FunctionCall', 'EvaluateScript', 'RunMicrotasks', 'FireAnimationFrame', 'EventDispatch', 'UpdateLayoutTree', 'Layout', 'PrePaint', 'TimerFire']
