// How long the package takes beside the native engine, on the same input in one run: a table, and the time from import
// to the first reply in Node and in Chromium. `make bench` calls it; it takes half a minute and a build.
//
// Both engines run in turn and in several rounds, so that a machine that is busy for a while is so for both; of each the
// least time of a call is compared. Here a request is JavaScript's objects and so is the reply; natively both are JSON
// text. Not here: more of the native engine, which benches/assess measures.

import { execFileSync } from 'node:child_process'

import { assess } from '../../pkg/index.js'
import { project, repository } from './support/project.js'
import { firstReplyInChromium } from './support/first-reply.js'
import { request } from './support/request.js'

const options = { now: '2026-03-01T11:00:00Z' }
const SIZES = [[2, 1], [2, 5], [4, 5], [10, 5], [50, 5]]
const ROUNDS = 3

const build = ['bench', '--quiet', '--no-default-features', '--bench', 'assess']
execFileSync('cargo', [...build, '--no-run'], { cwd: repository, stdio: 'inherit' })

const best = new Map(SIZES.map(size => [size.join('x'), { native: Infinity, ours: Infinity }]))
for (let round = 0; round < ROUNDS; round++) {
  for (const [key, milliseconds] of nativeTimes()) keep(key, 'native', milliseconds)
  for (const [versions, metrics] of SIZES) keep(`${versions}x${metrics}`, 'ours', quickest(request(versions, metrics)))
}
console.log('versions x metrics   native ms   WebAssembly ms   times')
for (const [key, { native, ours }] of best) {
  console.log(`${key.padEnd(18)}${native.toFixed(2).padStart(12)}${ours.toFixed(2).padStart(17)}${(ours / native).toFixed(2).padStart(8)}`)
}
console.log(`\nimport to first reply in Node: ${firstReply().toFixed(0)} ms`)
