// The page as its binary serves it, in a real Chromium: what it says, what it asks for, what it complains of.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { get as request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { open } from '../support/browser.js'
import { server, until as poll } from '../support/server.js'

/** A server of ours with the demo; gives its address: that of `PAGE_ADDRESS`, where one runs already. */
export async function serve(t) {
  if (process.env.PAGE_ADDRESS) return process.env.PAGE_ADDRESS
  return `${await server(t, ['--demo'])}/`
}

/** A tab; `said` collects what the console, scripts and the policy complain of, `asked` the addresses. */
export async function tab(t, { width = 1280, height = 900, theme = 'light' } = {}) {
  const page = await (await open()).newPage()
  t.after(() => page.close())
  await page.setViewportSize({ width, height })
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
  const said = []
  const asked = []
  page.on('console', message => ['error', 'warning'].includes(message.type()) && said.push(message.text()))
  page.on('pageerror', error => said.push(String(error.stack)))
  page.on('request', request => asked.push(request.url()))
  return { page, said, asked }
}

/** Fails where axe finds that somebody cannot use the page as it is. */
export async function accessible(page, what) {
  await page.evaluate(AXE)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document))
  assert.deepEqual(violations.map(({ id, nodes }) => `${what}: ${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 120)} ${failureSummary.slice(0, 200)}`).slice(0, 3).join(' | ')}`), [])
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Polls: a page with a strict policy lets nobody wait for a function. */
export const until = (check, what, seconds = 40) => poll(check, what, seconds)

/** The sentence of the verdict, once there is one. */
export const reason = page => until(() => page.evaluate(() => document.querySelector('iter8-assessment')?.shadowRoot?.querySelector('.reason')?.textContent), 'a verdict')

/** A reply as it comes over the wire, packed or not. */
export const get = (address, headers = { 'accept-encoding': 'gzip' }) => new Promise((resolve, reject) => {
  request(address, { headers }, async reply => {
    const parts = []
    for await (const part of reply) parts.push(part)
    const body = Buffer.concat(parts)
    resolve({ status: reply.statusCode, headers: reply.headers, body, length: body.length })
  }).on('error', reject)
})

/** Pastes an experiment, and says where its Prometheus is. */
export async function paste(page, text, backend = '') {
  await page.getByRole('button', { name: 'Open…' }).click()
  await page.locator('#backend').fill(backend)
  await page.locator('#text').fill(text)
  await page.getByRole('button', { name: 'Watch it' }).click()
}

/** The address of a page with an experiment of one's own: it is packed before it is in there, which takes a moment. */
export async function linkOf(page) {
  await until(() => page.evaluate(() => location.hash.includes('experiment=')), 'the experiment in the address')
  return page.evaluate(() => location.href)
}

/** A folder that is gone when `t` ends. */
export function folder(t) {
  const made = mkdtempSync(join(tmpdir(), 'iter8-page-'))
  t.after(() => rmSync(made, { recursive: true, force: true }))
  return made
}
