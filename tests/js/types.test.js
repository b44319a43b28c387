// The types by hand say what serde writes and what the decoder reads: field by field, in order, null where Rust has
// `Option`. Both sides are read as text.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { repository } from './support/project.js'

const read = name => readFileSync(join(repository, name), 'utf8')
const files = ['index', 'types/experiment', 'types/observations', 'types/assessment', 'types/simulation']
const types = files.map(name => read(`pkg/${name}.d.ts`)).join('\n').replace(/\/\*\*.*?\*\//gs, '')
const decoders = ['request', 'metric_specs'].map(name => read(`src/wire/${name}.rs`))
const requests = decoders.join('\n')

for (const [file, names] of [
  ['src/wire/assessment.rs', [
    'Assessment', 'VersionAssessment', 'CandidateAssessment', 'CriterionAssessment', 'Evidence', 'ConfidenceSequence',
    'RequestsToVerdict', 'Statistics', 'RatioStatistics', 'Interval',
    'ThresholdAssessment', 'TrafficSplitRecommendation', 'WinnerAssessment', 'LastState', 'Intervals', 'DataPoint', 'MaxMin', 'Note',
  ]],
  ['src/wire/observations.rs', ['Observations', 'Problem']],
  ['src/simulate/trajectory.rs', ['Trajectory', 'Truth', 'Iteration', 'VersionStep', 'CriterionStep', 'Summary']],
]) {
  for (const name of names) {
    test(`${name} has the fields that are written`, () => assert.deepEqual(fieldsInTypes(name), fieldsInRust(file, name)))
  }
}

test('either kind of query has the fields that are written, and lacks the rest', () => {
  const names = fields => fields.map(field => field.split(/[? ]/)[0])
  const written = names(fieldsInRust('src/query/mod.rs', 'Query'))
  for (const kind of ['InstantQuery', 'RangeQuery']) assert.deepEqual(names(fieldsInTypes(kind)), written)
})

test('no structure that is written lacks a type', () => {
  const written = [...read('src/wire/assessment.rs').matchAll(/^pub struct (\w+) \{/gm)].map(([, name]) => name)
  assert.deepEqual(written.filter(name => !types.includes(`interface ${name} `)), [])
})

test('unions have the words that are written and read', () => {
  const words = (file, pattern) => [...read(file).matchAll(pattern)].map(([, word]) => word)
  assert.deepEqual(union('Status'), words('src/wire/status.rs', /\(\s*Status::\w+,\s*"([^"]+)",\s*"/g))
  for (const name of ['Severity', 'Verdict']) {
    const [, variants] = new RegExp(`pub enum ${name} \\{(.*?)\\n\\}`, 's').exec(read('src/wire/assessment.rs'))
    assert.deepEqual(union(name), [...variants.matchAll(/^    (\w+),/gm)].map(([, word]) => word.toLowerCase()))
  }
  const choices = name => {
    const [, list] = new RegExp(`const ${name}: &\\[[^=]*=\\s*&\\[(.*?)\\];`, 's').exec(requests)
    return [...list.matchAll(/"(\w+)"/g)].map(([, word]) => word)
  }
  assert.deepEqual(union('Method'), choices('METHODS'))
  assert.deepEqual(union('Rollback'), choices('ROLLBACKS'))
  assert.deepEqual(union('CounterKind'), choices('COUNTER_KINDS'))
  assert.deepEqual(union('Strategy'), choices('STRATEGIES'))
  assert.deepEqual(union('Direction'), choices('DIRECTIONS'))
  assert.deepEqual(union('ThresholdType'), choices('THRESHOLD_KINDS'))
})

test('every field of an experiment that is read has a type, and the other way round', () => {
  const source = decoders.map(text => text.split('#[cfg(test)]')[0].split('\npub(crate) fn decode')[1]).join('\n')
  const readFields = new Set([...source.matchAll(READ)].map(([, key]) => key))
  for (const [, alias] of source.matchAll(/_alias\(fields\.members, "\w+", "(\w+)"/g)) readFields.add(alias)
  const interfaces = ['Experiment', 'Version', 'MetricSpecs', 'MetricBase', 'Criterion', 'TrafficControl'].map(body)
  const unions = ['Named', 'CounterMetric', 'RatioMetric', 'HistogramMetric', 'Threshold'].map(name => new RegExp(`type ${name} =(.*?)(?=\\n(?:export|interface|type) )`, 's').exec(types)[1])
  const typed = new Set([...[...interfaces, ...unions].join('\n').matchAll(/(\w+)\??:/g)].map(([, key]) => key))
  assert.deepEqual([...typed].sort(), [...readFields].sort())
})

test('every field of a world that is read has a type, and the other way round', () => {
  const source = read('src/simulate/decode.rs').split('#[cfg(test)]')[0]
  const readFields = new Set([...source.matchAll(READ)].map(([, key]) => key))
  const typed = new Set(['World', 'WorldVersion', 'WorldLatency', 'WorldIncident'].flatMap(name => fieldsInTypes(name).map(field => field.split(/[? ]/)[0])))
  assert.deepEqual([...typed].sort(), [...readFields].sort())
})

test('the ready worlds are those that the engine has', () => {
  const [, list] = /READY: [^=]*= &\[(.*?)\];/s.exec(read('src/simulate/worlds.rs'))
  assert.deepEqual(union('WorldName'), [...list.matchAll(/"(\w+)"/g)].map(([, name]) => name))
})

/** What decoders call a field by: of `Fields`, of the object's members, by functions for numbers, and in lists of fields to fill. */
const READ = /(?:fields\.\w+\((?:decoder, )?|members\.get\(|\.members, |\bnumber\(|\bwhole\(decoder, fields, |\((?="\w+", &mut ))"(\w+)"/g

/** `name`, with ` | null` where null may stand; of what an interface extends first. */
function fieldsInTypes(name) {
  const [, base] = new RegExp(`interface ${name} extends (\\w+)`).exec(types) ?? []
  const own = [...body(name).matchAll(/^\s*(\w+)(\??): (.*)$/gm)].map(([, key, optional, type]) => {
    return key + (optional || (/\bnull\b/.test(type) ? ' | null' : ''))
  })
  return [...(base ? fieldsInTypes(base) : []), ...own]
}

function fieldsInRust(file, name) {
  const [, source] = new RegExp(`^pub struct ${name} \\{(.*?)^\\}`, 'ms').exec(read(file))
  return [...source.matchAll(/((?:^\s*#\[.*\]\n)*)^\s*pub (\w+): (.*),$/gm)].flatMap(([, attributes, key, type]) => {
    if (attributes.includes('flatten')) return fieldsInRust(file, type)
    const [, renamed] = /rename = "(\w+)"/.exec(attributes) ?? []
    const isNull = type.startsWith('Option<')
    return (renamed ?? key) + (attributes.includes('skip_serializing_if') ? '?' : isNull ? ' | null' : '')
  })
}

function body(name) {
  return new RegExp(`interface ${name} [^{]*\\{(.*?)^\\}`, 'ms').exec(types)[1]
}

function union(name) {
  const [, list] = new RegExp(`export type ${name} =(.*?)\\n\\n`, 's').exec(types)
  return [...list.matchAll(/'([^']+)'/g)].map(([, word]) => word)
}
