// The package in every bundler, as the package's README says: built, served, and run in a real Chromium.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { close, page, serve, title } from '../support/browser.js'
import { entry, nativeReply, project, repository, run } from '../support/project.js'

const expected = nativeReply()
const MAIN = `${entry()}\ndocument.title = reply`
const WORKER_PAGE = "new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }).onmessage = ({ data }) => { document.title = data }"
const WORKER = `${entry()}\npostMessage(reply)`

after(close)

async function shown(t, folder) {
  const server = await serve(folder)
  t.after(server.end)
  return title(server.address)
}

for (const [what, files] of [['page', { 'main.js': MAIN }], ['worker', { 'main.js': WORKER_PAGE, 'worker.js': WORKER }]]) {
  test(`Vite builds a ${what}`, async t => {
    const config = "export default { worker: { format: 'es' }, build: { target: 'es2022' } }"
    const folder = project(t, { 'index.html': page(), 'vite.config.js': config, ...files })
    await run(folder, 'vite', ['build', '--logLevel', 'error'])
    assert.equal(await shown(t, join(folder, 'dist')), expected)
  })

  test(`webpack builds a ${what}`, async t => {
    const folder = project(t, { ...files, 'build.js': WEBPACK, 'dist/index.html': page('./main.bundle.js') }, { tools: ['webpack'] })
    await run(folder, 'node', ['build.js'])
    assert.equal(await shown(t, join(folder, 'dist')), expected)
  })
}

const WEBPACK = `
import webpack from 'webpack'
const options = { mode: 'production', context: process.cwd(), entry: './main.js', experiments: { topLevelAwait: true },
  output: { path: process.cwd() + '/dist', filename: 'main.bundle.js' }, ...JSON.parse(process.argv[2] ?? '{}') }
webpack(options, (error, stats) => {
  if (error || stats.hasErrors()) { console.error(error ?? stats.toString()); process.exit(1) }
})`

test('webpack builds a require, and a bundle for Node', async t => {
  const main = "const { default: init, assess } = require('iter8-analytics')\nconst { experiment, observations, now } = require('./example.js')\n" +
    'init().then(() => { const r = JSON.stringify(assess(experiment, observations, { now })); globalThis.document ? document.title = r : console.log(r) })'
  const files = { 'main.cjs': main, 'build.js': WEBPACK, 'dist/index.html': page('./main.bundle.js') }
  const folder = project(t, files, { tools: ['webpack'] })
  await run(folder, 'node', ['build.js', '{"entry": "./main.cjs"}'])
  assert.equal(await shown(t, join(folder, 'dist')), expected)
  await run(folder, 'node', ['build.js', JSON.stringify({ entry: './main.cjs', target: 'node', output: { path: join(folder, 'node'), filename: 'main.cjs' } })])
  assert.equal((await run(folder, 'node', ['node/main.cjs'])).trim(), expected)
})

test('the development server of Vite serves the page', async t => {
  const folder = project(t, { 'index.html': page(), 'main.js': MAIN })
  const port = String(20000 + (process.pid % 20000))
  const vite = spawn(join(repository, 'tests/js/node_modules/.bin/vite'), ['--port', port, '--strictPort', '--host', '127.0.0.1'], { cwd: folder, stdio: 'ignore' })
  t.after(() => vite.kill())
  for (let i = 0; i < 100; i++) {
    if (await fetch(`http://127.0.0.1:${port}/`).then(reply => reply.ok, () => false)) break
    await sleep(100)
  }
  assert.equal(await title(`http://127.0.0.1:${port}/`), expected)
})

for (const loader of ['file', 'binary']) {
  test(`esbuild builds with the engine as ${loader}`, async t => {
    const init = "import engine from 'iter8-analytics/engine.wasm'\nawait start({ module: engine })"
    const folder = project(t, { 'main.js': `${entry(init)}\ndocument.title = reply`, 'dist/index.html': page('./main.js') })
    await run(folder, 'esbuild', ['main.js', '--bundle', '--format=esm', '--outdir=dist', `--loader:.wasm=${loader}`, '--log-level=error'])
    assert.equal(await shown(t, join(folder, 'dist')), expected)
  })
}

test('esbuild builds with the file copied beside the bundle, and for Node with the package outside', async t => {
  const folder = project(t, { 'main.js': MAIN, 'node.js': `${entry()}\nconsole.log(reply)`, 'dist/index.html': page('./main.js') })
  await run(folder, 'esbuild', ['main.js', '--bundle', '--format=esm', '--outdir=dist', '--log-level=error'])
  copyEngine(folder, 'dist')
  assert.equal(await shown(t, join(folder, 'dist')), expected)
  await run(folder, 'esbuild', ['node.js', '--bundle', '--format=esm', '--platform=node', '--packages=external', '--outfile=out.mjs'])
  assert.equal((await run(folder, 'node', ['out.mjs'])).trim(), expected)
})

test('Rollup builds with a plugin', async t => {
  const config = `
    import resolve from '@rollup/plugin-node-resolve'
    import { importMetaAssets } from '@web/rollup-plugin-import-meta-assets'
    export default { input: 'main.js', output: { dir: 'dist', format: 'es' }, plugins: [resolve(), importMetaAssets()] }`
  const folder = project(t, { 'main.js': MAIN, 'rollup.config.js': config, 'dist/index.html': page('./main.js') }, { tools: ['@rollup', '@web'] })
  await run(folder, 'rollup', ['-c', '--silent'])
  assert.equal(await shown(t, join(folder, 'dist')), expected)
})

test('Rolldown builds with the file copied beside the bundle', async t => {
  const folder = project(t, { 'main.js': MAIN, 'dist/index.html': page('./main.js') })
  await run(folder, 'rolldown', ['main.js', '--dir', 'dist', '--format', 'esm', '--platform', 'browser'])
  copyEngine(folder, 'dist')
  assert.equal(await shown(t, join(folder, 'dist')), expected)
})

test('Parcel builds a page', async t => {
  const folder = project(t, { 'index.html': page(), 'main.js': MAIN })
  await run(folder, 'parcel', ['build', 'index.html', '--no-cache', '--no-source-maps', '--log-level', 'error'])
  assert.equal(await shown(t, join(folder, 'dist')), expected)
})

/** As the README tells those whose bundler does not find the file itself. */
function copyEngine(folder, into) {
  const name = 'wasm/iter8_analytics_bg.wasm'
  mkdirSync(join(folder, into, 'wasm'), { recursive: true })
  cpSync(join(folder, 'node_modules/iter8-analytics', name), join(folder, into, name))
}
