// Every case of tests/cases/ through the package: the same requests, replies and words as in the Rust tests.
//
// A case whose input is text that is no JSON is left out: here objects come in, not text.

import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'

import { assess, observe, queries } from '../../pkg/index.js'
import { differences } from './support/matching.js'

const folder = new URL('../cases/', import.meta.url)

for (const file of readdirSync(folder).filter(name => name.endsWith('.json') && name !== 'text.json')) {
  test(`the cases of ${file} have the replies that the Rust tests expect`, () => {
    const cases = JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
    const faults = cases.flatMap(one => check(one).map(line => `${one.what}: ${line}`))
    assert.deepEqual(faults, [])
  })
}

function check(one) {
  const options = { now: one.now }
  const isWrong = one.detail !== undefined || one.error !== undefined
  const lines = []
  try {
    const reply = run(one, options)
    if (one.reply) lines.push(...differences(one.reply, reply))
    else if (isWrong) lines.push('expected an error, found none')
  } catch (error) {
    if (error.name !== 'Iter8Error') throw error
    if (!isWrong && one.any === undefined) lines.push(`expected no error, found ${error.path}: ${error.message}`)
    if (one.error) lines.push(...differences(one.error, error.errors))
    if (Array.isArray(one.detail)) {
      const words = one.detail.map(({ msg }) => ({ message: msg ?? { has: [] } }))
      lines.push(...differences(words, error.errors))
    } else if (one.detail !== undefined) {
      lines.push(...differences(one.detail, error.message))
    }
  }
  if (one.queries) lines.push(...differences(one.queries, queries(one.experiment, options)))
  return lines
}

function run({ experiment, answers, observations }, options) {
  if (answers) return assess(experiment, observe(experiment, answers, options), options)
  if (observations !== undefined) return assess(experiment, observations, options)
  return queries(experiment, options)
}
