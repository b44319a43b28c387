// An engine that was loaded wrongly, or whose call was cut off, goes on: what the next caller gets is right.
//
// Each case has a process of its own, since an engine that fails would take the others with it. Not here: what is wrong with
// the values that a call is given (`border`), and where the module lies in each host (`hosts`).

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'

const address = path => new URL(path, import.meta.url).href
const MODULE = address('../../pkg/wasm/iter8_analytics_bg.wasm')

/** What `code`, with the engine and the example at hand, gives back. */
function run(code, type = 'module') {
  const imports = type === 'module'
    ? `import engine, { assess, version } from '${address('../../pkg/index.js')}'`
    : `const { default: engine, assess, version } = require('${fileURLToPath(address('../../pkg/index.cjs'))}')`
  const whole = `${imports}
    const example = import('${address('./support/example.js')}')
    const init = engine
    const bytes = () => import('node:fs').then(files => files.readFileSync(new URL('${MODULE}')))
    const words = promise => promise.then(() => 'loaded', error => error.message)
    const main = async ({ experiment, observations, now }) => { ${code} }
    example.then(main).then(result => console.log(JSON.stringify(result)))`
  return JSON.parse(execFileSync('node', ['--stack-size=600', `--input-type=${type}`, '-e', whole], { encoding: 'utf8' }))
}

const good = 'assess(experiment, observations, { now }).winner_assessment !== undefined'

test('where the prototype of errors is frozen a fault is the same, as often as it comes', () => {
  const caught = run(`
    Object.freeze(Error.prototype)
    let last
    for (let call = 0; call < 1000; call++) try { assess({}, null, { now }) } catch (error) { last = error }
    return [last.name, last.path, last.errors.length > 1, ${good}]`)
  assert.deepEqual(caught, ['Iter8Error', 'start_time', true, true])
})

for (const type of ['module', 'commonjs']) {
  test(`calls that a full stack cuts off leave an engine that is right (${type})`, () => {
    const result = run(`
      const whole = JSON.stringify(assess(experiment, observations, { now }))
      let cutOff = 0
      let different = 0
      for (let round = 0; round < 60; round++) {
        let isDone = false
        const dig = () => {
          try { dig() } catch {}
          if (isDone) return
          try {
            if (JSON.stringify(assess(experiment, observations, { now })) !== whole) different++
            isDone = true
          } catch { cutOff++ }
        }
        dig()
      }
      return [cutOff > 1000, different, JSON.stringify(assess(experiment, observations, { now })) === whole]`, type)
    assert.deepEqual(result, [true, 0, true])
  })
}

test('what is no engine is refused, and the right one is loaded after it', () => {
  const results = run(`
    const empty = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])
    const first = await words(init({ module: empty }))
    const second = await words(init({ module: new Uint8Array([1, 2, 3]) }))
    await init({ module: await bytes() })
    return [first, second, version().length > 0, ${good}]`)
  for (const words of results.slice(0, 2)) assert.match(words, /^iter8-analytics: cannot load the engine from what init\(\) was given: /)
  assert.deepEqual(results.slice(2), [true, true])
})

test('each of several calls of init ends as its own module does', () => {
  const results = run(`
    const never = new Promise(() => {})
    init({ module: never })
    return Promise.all([init({ module: Promise.reject(new Error('none')) }), init({ module: bytes() }), init()].map(words))`)
  assert.deepEqual(results, ['none', 'loaded', 'loaded'])
})

test('the address of a file may be a text', () => {
  assert.deepEqual(run(`return [await words(init({ module: '${MODULE}' })), await words(init({ module: new URL('${MODULE}') }))]`), ['loaded', 'loaded'])
})

test('a host without random numbers is a fault of the seed that asks for them', () => {
  const caught = run(`
    Object.defineProperty(globalThis, 'crypto', { value: { getRandomValues() { throw new Error('no') } } })
    try { assess(experiment, observations, { now, seed: 'random', method: 'v1' }) } catch (error) { return [error.name, error.path, error.message] }`)
  assert.deepEqual(caught, ['Iter8Error', 'seed', 'this host gives no random numbers: give a number'])
})
