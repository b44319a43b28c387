// The engine for browsers, workers, bundlers, Node, Deno and Bun: `make pkg` makes index.js and index.cjs of this and of what it
// imports.
//
// Where the host can read the file beside this module, the first call loads the engine at once. Elsewhere `init()`
// fetches it. Not here: anything of the engine, whose functions are only passed on.

import load, * as engine from './wasm/iter8_analytics.js'

let isLoaded = false
/** Whether the instance can have come to harm. */
let isHarmed = false
/** One at a time: the glue gives all that load at once the same end. */
let turn = Promise.resolve()

/** Loads the engine, once; what fails may be tried again. */
export default async function init(options) {
  if (!isLoaded) await start(options?.module)
}

export function queries(experiment, options) {
  return call(engine.queries, experiment, options)
}

export function observe(experiment, answers, options) {
  return call(engine.observe, experiment, answers, options)
}

export function assess(experiment, observations, options) {
  return call(engine.assess, experiment, observations, options)
}

export function simulate(world, options) {
  return call(engine.simulate, world, options)
}

export function fromResource(documents) {
  return call(engine.fromResource, documents)
}

export function toStatus(document, assessment) {
  return call(engine.toStatus, document, assessment)
}

export function version() {
  return call(engine.version)
}

function call(perform, ...given) {
  if (!isLoaded && !loadFromDisk(besideThisModule())) {
    throw new Error('iter8-analytics: call await init() first')
  }
  if (isHarmed) {
    engine.renew()
    isHarmed = false
  }
  try {
    return perform(...given)
  } catch (thrown) {
    // Where JavaScript's stack is at its end the call is cut off anywhere, and the instance may be left in any state.
    isHarmed = thrown?.name !== 'Iter8Error'
    throw thrown
  }
}

// One literal address, so that bundlers find the file; only looked at when needed, since some bundles have none.
function besideThisModule() {
  try {
    return new URL('./wasm/iter8_analytics_bg.wasm', import.meta.url)
  } catch {
    return undefined
  }
}

// Asked of the process, not imported: a bundler for browsers must not see it.
function loadFromDisk(address) {
  const files = globalThis.process?.getBuiltinModule?.('node:fs')
  if (address?.protocol !== 'file:' || !files) return false
  engine.initSync({ module: files.readFileSync(address) })
  return (isLoaded = true)
}

async function start(given) {
  let module = (await given) ?? besideThisModule()
  if (module === undefined) {
    throw new Error('iter8-analytics: this bundle does not say where the engine is: call init({ module })')
  }
  if (typeof module === 'string' && module.startsWith('file:')) module = new URL(module)
  const own = turn.then(() => isLoaded || fetched(module))
  turn = own.catch(() => {})
  await own
}

async function fetched(module) {
  try {
    if (module instanceof URL && loadFromDisk(module)) return
    await load({ module_or_path: module })
    // What compiles may still be no engine.
    engine.version()
    isLoaded = true
  } catch (error) {
    engine.forget()
    isLoaded = false
    // A server that answers a missing file with its index page gives an error about magic words and no address.
    const from = module.url ?? (typeof module === 'string' || module instanceof URL ? module : 'what init() was given')
    throw new Error(`iter8-analytics: cannot load the engine from ${from}: ${error.message}`, { cause: error })
  }
}
