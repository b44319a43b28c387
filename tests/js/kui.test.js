// Kui's request over HTTP and in its own process: one reply.

import assert from 'node:assert/strict'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { assessment, createXMLHttpRequest } from '../../pkg/kui.js'
import { about, prometheus } from './support/prometheus.js'
import { project, repository, run } from './support/project.js'
import { server } from './support/server.js'

const example = name => join(repository, 'examples/kui', name)
const request = JSON.parse(readFileSync(example('request.json'), 'utf8'))
const now = '2026-01-01T10:20:00Z'
// The error rate stands first: its query names the requests too.
const WORLD = {
  'reviews-v2': { '5..': about(0.04), istio_requests_total: 10, milliseconds_sum: about(1500) },
  'reviews-v3': { '5..': about(0.04), istio_requests_total: 10, milliseconds_sum: about(1200) },
}

/** A click as Kui makes it: `onreadystatechange` is set after `send`. */
const click = (XMLHttpRequest, body, url = 'http:/127.0.0.1:8080/assessment') =>
  new Promise(resolve => {
    const call = new XMLHttpRequest()
    call.open('POST', url, true)
    call.setRequestHeader('Content-Type', 'application/json')
    call.send(typeof body === 'string' ? body : JSON.stringify(body))
    call.onreadystatechange = () => call.readyState === 4 && resolve({ status: call.status, text: call.responseText })
  })

async function backend(t, world = WORLD) {
  const found = await prometheus(world)
  t.after(found.end)
  return found
}

test('three clicks in the process have the replies of the server, key for key and number for number', async t => {
  const { address, asked } = await backend(t)
  const ours = await server(t, [], { ITER8_ANALYTICS_METRICS_BACKEND_URL: address })
  const XMLHttpRequest = createXMLHttpRequest({ prometheus: address })
  let state = {}
  for (const minutes of [5, 12, 20]) {
    const body = { ...request, ...state, now: `2026-01-01T10:${String(minutes).padStart(2, '0')}:00Z` }
    const over = await fetch(`${ours}/assessment`, { method: 'POST', body: JSON.stringify(body) })
    const [text, before] = [await over.text(), asked.length]
    const here = await click(XMLHttpRequest, body)
    assert.equal(here.status, 200, here.text)
    assert.ok(asked.length > before, 'it asked by itself')
    // JavaScript writes 1.0 as 1.
    assert.equal(here.text, JSON.stringify(JSON.parse(text)))
    const reply = JSON.parse(text)
    assert.deepEqual(reply.baseline_assessment.criterion_assessments.map(one => one.id), ['0', '1'])
    assert.equal(Object.keys(reply.traffic_split_recommendation)[0], 'progressive')
    assert.equal(typeof reply.candidate_assessments[0].rollback, 'boolean')
    state = { last_state: reply.last_state }
  }
})

test('a reward that should be low has no winner at the form\'s limit of 0, and a note tells why', async t => {
  const { address } = await backend(t)
  const [errors, latency] = request.criteria
  const reward = threshold => ({ ...request, criteria: [errors, { ...latency, is_reward: true, threshold }] })
  for (const method of ['sequential', 'v1']) {
    const stuck = await assessment(reward({ type: 'absolute', value: 0 }), { prometheus: address, now: () => now, method })
    const note = stuck.notes.find(one => one.code === 'limit_out_of_reach')
    assert.equal(stuck.winner_assessment.winning_version_found, false)
    assert.equal(note.where, 'criteria[1].threshold.value')
    assert.match(note.message, /A reward needs no threshold: leave it out\.$/)
    const free = await assessment(reward(undefined), { prometheus: address, now: () => now, method })
    assert.deepEqual([free.winner_assessment.winning_version_found, free.winner_assessment.current_best_version], [true, 'reviews-v3'], JSON.stringify(free.notes))
  }
})

test('what is wrong is told as over HTTP: the status, where and what', async t => {
  const { address } = await backend(t)
  const ours = await server(t, [], { ITER8_ANALYTICS_METRICS_BACKEND_URL: address })
  const XMLHttpRequest = createXMLHttpRequest({ prometheus: address })
  const wrong = { ...request, criteria: [{ id: 0, metric_id: 'iter8_error_rate', threshold: { type: 'most', value: 'a' } }], baseline: { id: 'a.b', version_labels: { 'x.y': { z: 1 } } } }
  const over = await fetch(`${ours}/assessment`, { method: 'POST', body: JSON.stringify(wrong) })
  const here = await click(XMLHttpRequest, wrong)
  assert.deepEqual([here.status, over.status], [422, 422])
  const places = ({ detail }) => detail.map(({ loc, msg }) => ({ loc, msg }))
  assert.deepEqual(places(JSON.parse(here.text)), places(await over.json()))
  assert.equal((await click(XMLHttpRequest, '{')).status, 422)
  assert.equal((await click(XMLHttpRequest, 'null')).status, 422)
  assert.equal((await click(XMLHttpRequest, request, 'http://x/assessments')).status, 404)
  assert.throws(() => createXMLHttpRequest({}), /give `prometheus`/)
})

test('a Prometheus that is gone, or an `ask` that throws, is no error', async () => {
  const gone = { prometheus: 'http://127.0.0.1:9', now: () => now }
  const throwing = { ask: () => { throw new Error('the token has expired') }, now: () => now }
  for (const [options, words] of [[gone, 'http://127.0.0.1:9: '], [throwing, 'the token has expired']]) {
    const reply = await assessment(request, options)
    assert.deepEqual(reply.status.includes('no_prom_server'), true)
    assert.ok(reply.notes.some(note => note.message.includes(words)), JSON.stringify(reply.notes))
    assert.equal(reply.winner_assessment.winning_version_found, false)
  }
})

test('a backend that answers no range queries, or nothing at all, is no error', async t => {
  const { address } = await backend(t)
  const totals = async ({ kind, metric, ...parameters }) => {
    if (kind === 'range') return { status: 'error', errorType: 'bad_data', error: 'no ranges here' }
    return (await fetch(`${address}/api/v1/query?${new URLSearchParams(parameters)}`)).json()
  }
  const nothing = () => ({ status: 'success', data: { resultType: 'vector', result: [] } })
  for (const [ask, count] of [[totals, 12_000], [nothing, 0]]) {
    const reply = await assessment(request, { ask, now: () => now })
    // Of no versions in an answer v1.0.0 says 0; the notes say that nothing was found.
    assert.equal(reply.baseline_assessment.request_count, count)
    assert.ok(reply.notes.some(note => note.code === 'intervals_refused'), JSON.stringify(reply.notes))
  }
})

test('an aborted call says nothing, and listeners hear what handlers do', async t => {
  const { address } = await backend(t)
  const XMLHttpRequest = createXMLHttpRequest({ prometheus: address, now: () => now })
  const call = new XMLHttpRequest()
  const heard = []
  for (const type of ['load', 'loadend', 'abort']) call.addEventListener(type, () => heard.push(type))
  call.open('POST', '/assessment')
  call.send(JSON.stringify(request))
  call.abort()
  assert.deepEqual(heard, ['abort', 'loadend'])
  call.responseType = 'json'
  call.open('POST', '/assessment')
  const loaded = new Promise(resolve => { call.onload = resolve })
  call.send(JSON.stringify(request))
  await loaded
  assert.equal(call.response.baseline_assessment.id, 'reviews-v2')
  assert.deepEqual(heard, ['abort', 'loadend', 'load', 'loadend'])
  assert.throws(() => call.send(''), /not open/)
})

test('the example prints the decision form, by either way and from CommonJS too', async t => {
  const { address } = await backend(t)
  const ours = await server(t, [], { ITER8_ANALYTICS_METRICS_BACKEND_URL: address })
  const folder = project(t, { 'request.json': JSON.stringify({ ...request, now }), 'common.cjs': "console.log(typeof require('iter8-analytics/kui').createXMLHttpRequest); require('iter8-analytics/kui').assessment(JSON.parse(require('fs').readFileSync('request.json')), { prometheus: process.argv[2] }).then(reply => console.log(reply.winner_assessment.current_best_version))" })
  cpSync(example('decide.js'), join(folder, 'decide.js'))
  const here = await run(folder, 'node', ['decide.js', 'request.json', address])
  assert.equal(await run(folder, 'node', ['decide.js', 'request.json', ours, 'http']), here)
  assert.match(here, /^Winner found: (true|false); best version reviews-v3, probability [01]\.\d{4}\n/)
  assert.match(here, /Roll Back Recommended/)
  assert.equal(await run(folder, 'node', ['common.cjs', address]), 'function\nreviews-v3\n')
})
