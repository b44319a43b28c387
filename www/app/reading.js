// Text of a file or a paste, JSON or YAML -> the experiments in it, with the line of each of their fields; or where it is wrong.
//
// JSON is YAML, so one parser serves both; it is loaded when somebody opens a text. A text may hold one document or several:
// experiments (request bodies), Experiment resources with the ConfigMap of their metrics, or a session that this page
// exported. Not here: what makes an experiment valid (the engine).

import { call } from './engine.js'
import { fromJson } from './history.js'
import { told } from './status.js'

/**
 * What `text` holds: `{ history }`, or `{ choices }`, one for each experiment and way to look at it: `{ label, experiment, seconds?, at?, look?, lineOf }`. Throws
 * an Error with `line` where it cannot be read.
 */
export async function read(text) {
  const { documents: found, lineOf } = await parse(text)
  const history = fromJson(found[0])
  if (history) return { history }
  if (found.some(one => one?.kind && one?.apiVersion)) return { choices: await resources(found, lineOf) }
  return { choices: found.map((experiment, index) => plain(experiment, index, lineOf)) }
}

/** The documents in `text`, JSON or YAML, and `lineOf(path)`; an Error with `line` where it is neither. */
export async function parse(text) {
  const yaml = await import('../vendor/yaml.js')
  const lines = new yaml.LineCounter()
  try {
    const documents = yaml.parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
    const fault = [...documents].flatMap(({ errors }) => errors)[0]
    if (fault) throw wrong(fault.message, lines.linePos(fault.pos[0]).line)
    // What follows a last `---` is an empty document.
    const full = [...documents].filter(({ contents }) => contents !== null && !(yaml.isScalar(contents) && contents.value === null))
    if (full.length === 0) throw wrong('the text is empty', 1)
    // A small text can stand for a huge one by aliases of aliases: the parser counts them.
    const found = full.map(document => document.toJS({ maxAliasCount: 100 }))
    return { documents: found, lineOf: (path, steps = stepsOf(path)) => lineAt(node(full, steps, yaml), lines) }
  } catch (error) {
    // As the browsers say it of the parser's recursion.
    throw /call stack|too much recursion/i.test(error.message) ? new Error('the text is nested too deeply: no experiment has thousands of brackets within one another') : error
  }
}

/** `criteria[0].threshold["odd key"]` -> its steps. */
export function stepsOf(path) {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, word]) => (index !== undefined ? Number(index) : (quoted?.replace(/\\(.)/g, '$1') ?? word)))
}

function plain(experiment, index, lineOf) {
  if (experiment === null || typeof experiment !== 'object' || Array.isArray(experiment)) throw wrong('this is no experiment: expected an object with `baseline`, `candidates` and `criteria`', lineOf('', ['documents', index]))
  return { label: String(experiment.name ?? experiment.service_name ?? `experiment ${index + 1}`), experiment, lineOf: path => lineOf('', ['documents', index, ...stepsOf(path)]) }
}

// Of a resource there are up to three looks: what its status tells, the last assessment once more, and live.
async function resources(documents, lineOf) {
  const given = documents.flatMap(one => (Array.isArray(one?.items) ? one.items : [one])).filter(one => one?.kind === 'Experiment')
  let made
  try {
    made = await call('resources', documents)
  } catch (error) {
    // Without their metrics resources cannot be assessed, but what they tell can be seen.
    const said = /\.spec\.metrics$/.test(error.path ?? '') ? given.flatMap(document => statusChoice(document)) : []
    if (said.length) return said
    throw Object.assign(error, { line: error.path ? lineOf(error.path) : undefined })
  }
  if (made.length === 0) throw wrong('there is no Experiment among these resources', 1)
  return made.flatMap(({ namespace, name, experiment, now, phase, interval_seconds: seconds }) => {
    const document = given.find(({ metadata }) => metadata?.name === name && (metadata.namespace ?? 'default') === namespace)
    const label = `${namespace}/${name}${phase ? `, ${phase.toLowerCase()}` : ''}`
    // One that has not started begins as it is opened.
    const own = { experiment: { name, ...experiment, start_time: experiment.start_time ?? new Date().toISOString() }, seconds, lineOf: () => undefined }
    const again = now ? [{ ...own, label: `${label}: assessed again as of ${now}`, at: now }] : []
    // What is over is looked at as it was.
    const live = phase === 'Completed' && now ? [] : [{ ...own, label: again.length ? `${label}: live` : label }]
    return [...live, ...again, ...(document ? statusChoice(document, experiment, label) : [])]
  })
}

function statusChoice(document, experiment, label = `${document?.metadata?.namespace ?? 'default'}/${document?.metadata?.name}`) {
  const look = told(document, experiment)
  return look ? [{ label: `${label}: as its status tells`, experiment: look.experiment, look, lineOf: () => undefined }] : []
}

// As far as the steps lead: what is missing is looked for where it should be.
function node(documents, [, index = 0, ...steps], { isAlias, isCollection }) {
  const document = documents[index] ?? documents[0]
  let at = document.contents
  for (const step of steps) {
    const inner = isAlias(at) ? at.resolve(document) : at
    const next = isCollection(inner) ? inner.get(step, true) : undefined
    if (!next) break
    at = next
  }
  return at
}

function lineAt(node, lines) {
  return node?.range ? lines.linePos(node.range[0]).line : 1
}

const wrong = (message, line) => Object.assign(new Error(message), { line })
