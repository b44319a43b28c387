// Every case of tests/resource/cases.json through the package; and what the package makes of parsed YAML and of a status.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'

import { parse, parseAllDocuments } from 'yaml'

import { assess, fromResource, queries, toStatus } from '../../pkg/index.js'
import { differences } from './support/matching.js'
import { repository } from './support/project.js'

const read = name => readFileSync(join(repository, name), 'utf8')
const documents = name => parseAllDocuments(read(`examples/resources/${name}`)).map(document => document.toJS())

test('documents become what the Rust tests expect, or the same faults', () => {
  const faults = JSON.parse(read('tests/resource/cases.json')).flatMap(one => check(one).map(line => `${one.what}: ${line}`))
  assert.deepEqual(faults, [])
})

test('files of YAML need nothing but a parser of YAML', () => {
  const all = [...documents('checkout.yaml'), ...documents('metrics.yaml')]
  const resources = fromResource(all)
  assert.deepEqual(resources.map(({ namespace, name }) => [namespace, name]), [['shop', 'cart-canary'], ['shop', 'checkout-abn']])
  const config = all.at(-1)
  const parsed = { ...config, data: Object.fromEntries(Object.entries(config.data).map(([key, text]) => [key, parse(text)])) }
  assert.deepEqual(fromResource([...all.slice(0, -1), parsed]), resources)
  const [{ experiment }] = resources
  experiment.start_time = '2026-01-01T10:00:00Z'
  assert.equal(queries(experiment, { now: '2026-01-01T10:01:00Z' })[0].query.includes('[60s]'), true)
})

test('an assessment becomes a status, here and with require', () => {
  const [resource, , metrics] = [...documents('checkout.yaml'), ...documents('metrics.yaml')]
  const [{ experiment }] = fromResource([resource, metrics])
  experiment.start_time = '2026-01-01T10:00:00Z'
  const counts = { iter8_request_count: 2000, iter8_error_count: 4, iter8_total_latency: 300_000 }
  const observations = { versions: { baseline: counts, 'candidate-0': counts } }
  const status = toStatus(resource, assess(experiment, observations, { now: '2026-01-01T10:10:00Z' }))
  assert.equal(status.assessment.candidates[0].name, 'cart-v2')
  assert.equal(status.phase, 'Progressing')
  const common = createRequire(import.meta.url)('../../pkg/index.cjs')
  assert.deepEqual(common.fromResource([resource, metrics]).length, 1)
  assert.equal(typeof common.toStatus, 'function')
})

test('what no document can hold is named', () => {
  assert.throws(() => fromResource([{ kind: new Date() }]), { name: 'Iter8Error', path: 'documents[0].kind' })
  assert.throws(() => toStatus(undefined, {}), { name: 'Iter8Error', path: 'documents' })
})

function check(one) {
  try {
    const found = fromResource(one.documents)
    if (one.error) return ['expected an error, found none']
    assert.deepEqual(found, one.resources)
  } catch (error) {
    if (error.name !== 'Iter8Error') return [error.message]
    return one.error ? differences(one.error, error.errors) : [`expected no error, found ${error.path}: ${error.message}`]
  }
  return []
}
