// The package in test runners and in the runtimes beside Node.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { entry, nativeReply, project, run } from '../support/project.js'

const expected = nativeReply()

test('Vitest runs it', async t => {
  const spec = `${entry()}\nimport { expect, test } from 'vitest'\ntest('reply', () => expect(reply).toBe(${JSON.stringify(expected)}))`
  const folder = project(t, { 'main.test.js': spec }, { tools: ['vitest'] })
  await run(folder, 'vitest', ['run'])
})

test('Jest runs it in both module systems', async t => {
  const expectation = `test('reply', () => expect(reply).toBe(${JSON.stringify(expected)}))`
  const common = `
    const { assess } = require('iter8-analytics')
    const { experiment, observations, now } = require('./example.cjs')
    const reply = JSON.stringify(assess(experiment, observations, { now }))
    test('errors', () => { try { assess(NaN) } catch (error) { expect(error instanceof Error && error.name).toBe('Iter8Error') } })
    ${expectation}`
  const example = (await import('../support/example.js'))
  const exports = `module.exports = ${JSON.stringify({ ...example })}`
  const config = 'module.exports = { transform: {}, testMatch: ["**/*.test.?js"] }'
  const files = { 'a.test.cjs': common, 'b.test.mjs': `${entry()}\n${expectation}`, 'example.cjs': exports, 'jest.config.cjs': config }
  const folder = project(t, files)
  await run(folder, 'jest', ['--ci', '--watchman=false', '--rootDir', folder], { NODE_OPTIONS: '--experimental-vm-modules' })
})

for (const [runtime, args] of [['deno', ['run', '--allow-read', '--node-modules-dir=manual', '--no-remote']], ['bun', ['run']]]) {
  test(`${runtime} runs it`, async t => {
    const folder = project(t, { 'main.js': `${entry('// nothing to load')}\nconsole.log(reply)` })
    assert.equal((await run(folder, runtime, [...args, 'main.js'], { DENO_NO_UPDATE_CHECK: '1' })).trim(), expected)
  })
}
