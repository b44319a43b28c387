// Text of a file or a paste, JSON or YAML -> an experiment, with the line of each of its fields; or where it is wrong.
//
// JSON is YAML, so one parser serves both; it is loaded when somebody opens a text. A text may be an experiment, a request
// body, or a session that this page exported. Not here: what makes an experiment valid (the engine).

import { fromJson } from './history.js'

/** What `text` holds: `{ experiment, lineOf }` or `{ history }`; throws an Error with `line` where it cannot be read. */
export async function read(text) {
  const { LineCounter, isAlias, isCollection, parseAllDocuments } = await import('../vendor/yaml.js')
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  if (documents.empty || documents.length === 0) throw wrong('the text is empty', 1)
  const fault = documents.flatMap(({ errors }) => errors)[0]
  if (fault) throw wrong(fault.message, lines.linePos(fault.pos[0]).line)
  const document = documents[0]
  // A small text can stand for a huge one by aliases of aliases: the parser counts them.
  const found = document.toJS({ maxAliasCount: 100 })
  const history = fromJson(found)
  if (history) return { history }
  if (found === null || typeof found !== 'object' || Array.isArray(found)) throw wrong('this is no experiment: expected an object with `baseline`, `candidates` and `criteria`', 1)
  if (found.kind === 'Experiment') throw wrong('this is an Experiment resource of Kubernetes: paste the request that the controller makes of it, or `experiment` of its analysis', lineAt(document.get('kind', true)))
  return { experiment: found, lineOf }

  function lineAt(node) {
    return node?.range ? lines.linePos(node.range[0]).line : 1
  }

  // As far as the path leads: what is missing is looked for where it should be.
  function lineOf(path) {
    let node = document.contents
    for (const step of stepsOf(path)) {
      const inner = isAlias(node) ? node.resolve(document) : node
      const next = isCollection(inner) ? inner.get(step, true) : undefined
      if (!next) break
      node = next
    }
    return lineAt(node)
  }
}

/** `criteria[0].threshold["odd key"]` -> its steps. */
export function stepsOf(path) {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, word]) => (index !== undefined ? Number(index) : (quoted?.replace(/\\(.)/g, '$1') ?? word)))
}

const wrong = (message, line) => Object.assign(new Error(message), { line })
