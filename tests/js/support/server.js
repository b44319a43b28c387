// The real binary, as a server on a free port.

import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { repository } from './project.js'

/** A port that nobody listens at. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address()
  await new Promise(resolve => server.close(resolve))
  return port
}

/** Starts it with these flags and variables, until `t` ends; gives its address. */
export async function server(t, flags = [], env = {}) {
  const port = await freePort()
  const all = ['serve', '--host', '127.0.0.1', '--port', String(port), ...flags]
  const child = spawn(binary, all, { stdio: 'ignore', env: { ...process.env, ...env } })
  t.after(() => child.kill('SIGKILL'))
  const address = `http://127.0.0.1:${port}`
  await until(async () => (await fetch(`${address}/health_check`).catch(() => undefined))?.ok, `the server listens at ${address}`)
  return address
}

/** What `check` gives, once that is true. */
export async function until(check, what, seconds = 60) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) {
    const found = await check()
    if (found) return found
  }
  throw new Error(`after ${seconds} s still not: ${what}`)
}

export const binary = join(repository, 'target/debug/iter8-analytics')
