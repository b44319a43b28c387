// What JavaScript has and JSON has not: every monster is accepted where JSON would accept it, or named with its path,
// and none leaves the engine worse than before.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

import { assess, observe, queries, version } from '../../pkg/index.js'
import { experiment, now, observations } from './support/example.js'

const options = { now }
const reply = JSON.stringify(assess(experiment, observations, options))

const { proxy: revoked, revoke } = Proxy.revocable({}, {})
const { proxy: revokedArray, revoke: revokeArray } = Proxy.revocable([], {})
revoke()
revokeArray()
const cyclic = { a: {} }
cyclic.a.cyclic = cyclic
const cyclicArray = []
cyclicArray.push(cyclicArray)
const thrower = fault => ({ get x() { throw fault } })
const trap = name => new Proxy({}, { [name]() { throw new Error(`no ${name}`) } })
// What is thrown may itself be a trap.
const nastyFault = { get message() { throw new Error('again') }, toString() { throw new Error('again') } }
const nest = depth => { let value = 1; for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { value }; return value }

/** [name, value, path behind `extra`, words] */
const monsters = [
  ['NaN', NaN, '', 'NaN and Infinity are no JSON numbers'],
  ['Infinity', { a: [-Infinity] }, '.a[0]', 'NaN and Infinity are no JSON numbers'],
  ['a BigInt', [1n], '[0]', 'a BigInt is no JSON value'],
  ['a function', { f() {} }, '.f', 'a function is no JSON value'],
  ['a symbol', Symbol('s'), '', 'a symbol is no JSON value'],
  ['a Map', new Map([['a', 1]]), '', 'a Map is no JSON value: give Object.fromEntries of it'],
  ['a Set', new Set(), '', 'a Set is no JSON value'],
  ['a Date', { 'odd key': new Date() }, '["odd key"]', 'a Date is no JSON value: give its toISOString()'],
  ['a RegExp', /x/, '', 'a RegExp is no JSON value'],
  ['a Promise', Promise.resolve(), '', 'a Promise is no JSON value: await it first'],
  ['a Response', new Response('{}'), '', 'a Response is no JSON value: await its json() first'],
  ['a typed array', new Float64Array(2), '', 'a Float64Array is no JSON value: give Array.from of it'],
  ['an ArrayBuffer', new ArrayBuffer(8), '', 'an ArrayBuffer is no JSON value'],
  ['half a surrogate pair', ['\ud800'], '[0]', 'half a surrogate pair is no character'],
  ['half a surrogate pair as a name', { 'a\udc00': 1 }, '["a\ufffd"]', 'half a surrogate pair is no character'],
  ['a throwing getter', thrower(new Error('boo\n!')), '.x', 'the value cannot be read: boo !'],
  ['a getter that throws nothing', thrower(undefined), '.x', 'the value cannot be read'],
  ['a getter that throws a trap', thrower(nastyFault), '.x', 'the value cannot be read'],
  ['a getter that throws a revoked proxy', thrower(revoked), '.x', 'the value cannot be read'],
  ['a revoked proxy', revoked, '', 'the value cannot be read'],
  ['a revoked array', revokedArray, '', 'the value cannot be read'],
  ['a proxy without keys', trap('ownKeys'), '', 'the value cannot be read: no ownKeys'],
  ['a proxy without members', new Proxy({ a: 1 }, { get(_, key) { if (key === 'a') throw new Error('no a') } }), '.a',
    'the value cannot be read: no a'],
  ['a proxy of an array without length', new Proxy([1], { get() { throw new Error('no get') } }), '',
    'the value cannot be read: no get'],
  ['a throwing toStringTag', { get [Symbol.toStringTag]() { throw new Error('no tag') } }, '', 'the value cannot be read: no tag'],
]

for (const [name, extra, path, words] of monsters) {
  test(`${name} is named with its path`, () => {
    const error = fault(() => assess({ ...experiment, extra }, observations, options))
    assert.equal(error.path, path.startsWith('[') || path.startsWith('.') || path === '' ? `extra${path}` : path)
    assert.ok(error.message.startsWith(words), error.message)
    assert.equal(JSON.stringify(assess(experiment, observations, options)), reply)
  })
}

test('what JSON would accept is accepted', () => {
  class Version { constructor(id) { this.id = id } }
  const kind = {
    ...experiment,
    baseline: new Version('v1'),
    candidates: new Proxy([Object.assign(Object.create(null), { id: 'v2' })], {}),
    extra: { absent: undefined, [Symbol('unseen')]: 1, holes: [, 1, undefined], big: 2 ** 80, zero: -0, emoji: '😀\ufffd' },
  }
  assert.equal(JSON.stringify(assess(kind, new Proxy(observations, {}), options)), reply)
})

test('numbers, texts and booleans in a box are what the box holds, as in JSON', () => {
  const boxed = { ...experiment, baseline: { id: new String('v1') }, alpha: new Number(0.05), extra: [new Boolean(false), new String('')] }
  assert.equal(JSON.stringify(assess(boxed, observations, options)), JSON.stringify(assess({ ...experiment, alpha: 0.05 }, observations, options)))
  const refused = value => fault(() => assess({ ...experiment, extra: value }, observations, options)).message
  assert.equal(refused(new Number(NaN)), 'NaN and Infinity are no JSON numbers')
  assert.match(refused({ [Symbol.toStringTag]: 'Number' }), /^the value cannot be read: /)
})

test('texts arrive letter for letter, wherever they lie', () => {
  const ids = ['a\nb', '\n', '😀', '😀😀 é', '\u0000', '\ufffd', 'ÿ\u0800', '\udbff\udfff', 'v"1']
  const versions = Object.fromEntries(['v1', ...ids].map((id, index) => [id, { iter8_request_count: 100 + index, errors: 1 }]))
  const found = assess({ ...experiment, candidates: ids.map(id => ({ id })) }, { versions }, options)
  assert.deepEqual(found.candidate_assessments.map(({ id, request_count }) => [id, request_count]), ids.map((id, index) => [id, 101 + index]))
})

test('an undefined member is an absent one', () => {
  const error = fault(() => assess({ ...experiment, service_name: undefined }, observations, options))
  assert.deepEqual([error.path, error.message], ['service_name', 'field required'])
})

test('keys that objects treat specially are kept', () => {
  const text = JSON.stringify(experiment).replaceAll('"v2"', '"__proto__"')
  const given = JSON.parse(JSON.stringify(observations).replaceAll('"v2"', '"__proto__"'))
  const found = assess(JSON.parse(text), given, options)
  assert.deepEqual(Object.keys(found.traffic_split_recommendation.uniform), ['__proto__', 'v1'])
  assert.equal(found.candidate_assessments[0].request_count, 500)
})

test('names that objects inherit are members of their own, even where somebody has frozen what they inherit from', () => {
  const script = `
    Object.freeze(Object.prototype)
    const { assess } = await import(${JSON.stringify(new URL('../../pkg/index.js', import.meta.url).href)})
    const found = assess(JSON.parse(process.argv[1]), undefined, { now: '${now}' })
    console.log(JSON.stringify(found.traffic_split_recommendation.uniform))`
  const text = JSON.stringify({ ...experiment, candidates: [{ id: 'v2' }, { id: 'v3' }], observations }).replaceAll('"v2"', '"constructor"').replaceAll('"v3"', '"__proto__"')
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script, text], { encoding: 'utf8' })
  assert.deepEqual(Object.keys(JSON.parse(printed)).sort(), ['__proto__', 'constructor', 'v1'])
})

test('an error is an Error with name, message, path and all faults', () => {
  const error = fault(() => assess({ ...experiment, start_time: 'x', criteria: 5 }, observations, options))
  assert.ok(error instanceof Error)
  assert.deepEqual({ ...error, message: error.message }, {
    name: 'Iter8Error',
    message: 'invalid datetime format',
    path: 'start_time',
    errors: [
      { path: 'start_time', message: 'invalid datetime format' },
      { path: 'criteria', message: 'value is not a valid sequence' },
    ],
  })
})

test('options are checked like fields', () => {
  const found = given => fault(() => assess(experiment, observations, given)).errors.map(({ path, message }) => `${path}: ${message}`)
  assert.deepEqual(found(undefined), ['now: field required'])
  assert.deepEqual(found({ now: null }), ['now: none is not an allowed value'])
  assert.deepEqual(found({ now: 'soon' }), ['now: invalid datetime format'])
  assert.deepEqual(found({ now: new Date() }), ['now: a Date is no JSON value: give its toISOString()'])
  assert.deepEqual(found('now'), ['options: value is not a valid dict'])
  assert.match(found({ now, method: 'v2' })[0], /^method: value is not a valid enumeration member; permitted: 'sequential', 'v1'/)
  for (const seed of [-1, 1.5, 2 ** 53, 'x', 1n]) assert.match(found({ now, seed })[0], /^seed: /)
  assert.match(found(trap('get'))[0], /^now: the value cannot be read: no get/)
})

test('a seed makes a reply repeatable and entropy does not', () => {
  const close = { versions: { v1: { iter8_request_count: 30, errors: 2 }, v2: { iter8_request_count: 31, errors: 2 } } }
  const give = seed => JSON.stringify(assess(experiment, close, { now, seed }))
  assert.equal(give(7), give(7))
  assert.equal(give(undefined), give(undefined))
  assert.ok(new Set([1, 2, 3, 4].map(() => give('random'))).size > 1)
})

test('without observations the experiment must have its own', () => {
  assert.equal(JSON.stringify(assess({ ...experiment, observations }, null, options)), reply)
  assert.equal(JSON.stringify(assess({ ...experiment, observations }, undefined, options)), reply)
  const error = fault(() => assess(experiment, undefined, options))
  assert.deepEqual([error.path, error.message], ['observations', 'field required'])
})

test('too deep is told with the depth where there is one', () => {
  const depth = value => fault(() => assess({ ...experiment, extra: value }, observations, options)).message
  assert.equal(depth(nest(64)), 'nested 65 levels deep, allowed are 64')
  assert.equal(depth(nest(5000)), 'nested 5001 levels deep, allowed are 64')
  for (const endless of [cyclic, cyclicArray]) {
    assert.equal(depth(endless), 'nested more than 64 levels deep; does it contain itself?')
  }
  let doubling = {}
  for (let i = 0; i < 100; i++) doubling = { a: doubling, b: doubling }
  assert.match(depth(doubling), /^nested more than 64/)
  assert.equal(JSON.stringify(assess({ ...experiment, extra: nest(63) }, observations, options)), reply)
})

test('too large is refused before it is read', () => {
  for (const extra of ['x'.repeat(2 ** 25), new Array(2 ** 32 - 1), new Array(5e6).fill(1), { a: ['x'.repeat(2 ** 24)] }]) {
    const error = fault(() => assess({ ...experiment, extra }, observations, options))
    assert.equal(error.message, 'the input is longer than 16 MiB')
  }
})

test('answers are an array, whatever is in it, one for each query', () => {
  const asked = { ...experiment, candidates: [] }
  asked.baseline = { id: 'v1', version_labels: { app: 'v1' } }
  asked.metric_specs = { counter_metrics: [{ name: 'iter8_request_count', query_template: 'n' }], ratio_metrics: [] }
  asked.criteria = []
  assert.equal(queries(asked, options).length, 1)
  assert.deepEqual(queries(asked, { now, answers: [null] }), [])
  assert.equal(queries(asked, { now, answers: [] }).length, 1)
  assert.match(fault(() => queries(asked, { now, answers: [null, null] })).message, /^2 answers to 1 queries/)
  assert.equal(observe(asked, [undefined], options).problems[0].code, 'no_prom_data')
  assert.equal(fault(() => observe(asked, {}, options)).path, 'answers')
  assert.equal(fault(() => observe(asked, [new Map()], options)).path, 'answers[0]')
})

test('whatever a Prometheus answers, what is observed of it can be assessed', () => {
  const template = 'sum(increase(x[$interval])) by ($version_labels)'
  const version = id => ({ id, version_labels: { version: id } })
  const asking = { ...experiment, baseline: version('v1'), candidates: [version('v2')],
    metric_specs: { ...experiment.metric_specs, counter_metrics: experiment.metric_specs.counter_metrics.map(({ name }) => ({ name, query_template: template })) } }
  const vector = value => ({ status: 'success', data: { resultType: 'vector', result: ['v1', 'v2'].map(id => ({ metric: { version: id }, value: [1, value] })) } })
  const replies = [null, 7, 'x', [], {}, { error: 'why' }, { status: 'error', error: 'why' }, { status: 'success' }, { status: 'success', data: { resultType: 'matrix', result: [] } },
    vector('NaN'), vector('+Inf'), vector('-1'), vector('1e300'), vector('x'), vector(null), vector('5')]
  // Soon after the start, when one step serves all; hours and weeks later, when steps grow.
  for (const now of ['2026-01-01T10:00:05Z', '2026-01-01T10:10:00Z', '2026-01-01T14:00:00Z', '2026-03-01T00:00:00Z']) {
    for (const reply of replies) {
      const answers = []
      for (let next; (next = queries(asking, { now, answers })).length > 0; ) answers.push(...next.map(() => reply))
      const { notes } = assess(asking, observe(asking, answers, { now }), { now })
      assert.ok(notes.length > 0, `${now} ${JSON.stringify(reply)}`)
    }
  }
})

test('a getter that calls the engine gets its reply', () => {
  const inner = { get start_time() { return assess(experiment, observations, options) && experiment.start_time } }
  Object.setPrototypeOf(inner, null)
  const outer = Object.defineProperties({ ...experiment }, Object.getOwnPropertyDescriptors(inner))
  assert.equal(JSON.stringify(assess(outer, observations, options)), reply)
})

test('a stack that runs out leaves the engine whole', () => {
  const dig = () => { try { dig() } catch { /* as deep as it goes */ } return attempt() }
  const attempt = () => { try { assess(experiment, observations, options) } catch (error) { return error } }
  for (let i = 0; i < 3; i++) { let depth = 0; const down = () => { depth++; try { down() } finally { if (depth-- % 5 === 0 && depth > 5000) attempt() } }; try { down() } catch { /* the stack's end */ } }
  assert.ok(dig)
  assert.equal(JSON.stringify(assess(experiment, observations, options)), reply)
})

test('many bad calls leave the engine as it was', { timeout: 120_000 }, () => {
  const count = process.env.LONG_TESTS ? 100_000 : 5_000
  const bad = monsters.map(([, extra]) => ({ ...experiment, extra })).concat([{ ...experiment, extra: cyclicArray }])
  const small = { ...experiment, start_time: 'x' }
  const before = memory()
  for (let i = 0; i < count; i++) {
    fault(() => assess(i % 2 ? bad[i % bad.length] : small, observations, options))
    if (i % 10 === 0) version()
  }
  assert.ok(memory() - before < 32 * 2 ** 20, `grew by ${memory() - before} bytes`)
  assert.equal(JSON.stringify(assess(experiment, observations, options)), reply)
})

function memory() {
  globalThis.gc?.()
  const { external, arrayBuffers } = process.memoryUsage()
  return external + arrayBuffers
}

function fault(call) {
  try {
    call()
  } catch (error) {
    assert.equal(error.name, 'Iter8Error', error.stack)
    return error
  }
  assert.fail('expected an error')
}
