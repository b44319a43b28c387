// The processes around the loop: an exporter of the services' metrics, a Prometheus that scrapes it, our server.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { exposition } from './service.js'

/** Starts all three, and where it is `remembered` another server with a store; `end` ends them. */
export async function start(services, { binary, method, remembered }) {
  const ends = []
  const end = () => ends.splice(0).reverse().forEach(one => one())
  // However this process ends, it leaves none behind.
  process.once('exit', end)
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  try {
    const exporter = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(exposition(services)))
    await new Promise(resolve => exporter.listen(0, '127.0.0.1', resolve))
    ends.push(() => (exporter.close(), exporter.closeAllConnections()))

    const folder = mkdtempSync(join(tmpdir(), 'controller-loop-'))
    ends.push(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
    const job = `{job_name: kubernetes-pods, static_configs: [{targets: ["127.0.0.1:${exporter.address().port}"]}]}`
    writeFileSync(join(folder, 'prometheus.yml'), `global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs: [${job}]\n`)
    const prometheus = await listen(ends, port => ['prometheus', ['--config.file=prometheus.yml', `--web.listen-address=127.0.0.1:${port}`, '--storage.tsdb.path=data', '--log.level=error'], { cwd: folder }], '/-/ready')

    // This Prometheus is a minute old at most: how often it scrapes cannot be learnt from its past.
    const settings = { ITER8_ANALYTICS_METRICS_BACKEND_URL: prometheus, ITER8_ANALYTICS_METHOD: method, ITER8_ANALYTICS_SCRAPE_INTERVAL_SECONDS: '1', ITER8_ANALYTICS_LOG_LEVEL: 'error' }
    const serve = more => listen(ends, port => [binary, ['serve', '--host', '127.0.0.1', '--port', String(port)], { env: { ...process.env, ...settings, ...more } }], '/health_check')
    const endpoint = await serve({})
    return { endpoint, remembering: remembered && (await serve({ ITER8_ANALYTICS_STORE_FILE: join(folder, 'store') })), end }
  } catch (error) {
    end()
    throw error
  }
}

/** Starts a program on a free port and waits until it answers; gives its address. */
async function listen(ends, command, path) {
  const port = await freePort()
  const [program, flags, options] = command(port)
  const child = spawn(program, flags, { stdio: 'ignore', ...options })
  let fault
  child.on('error', error => { fault = `${program} does not start: ${error.message}` })
  child.on('exit', code => { fault ??= `${program} ended with code ${code}` })
  ends.push(() => child.kill('SIGKILL'))
  const address = `http://127.0.0.1:${port}`
  for (const last = Date.now() + 60_000; Date.now() < last && !fault; await sleep(100)) {
    if ((await fetch(address + path).catch(() => undefined))?.ok) return address
  }
  throw new Error(fault ?? `${program} does not answer at ${address}${path}`)
}

async function freePort() {
  const server = createServer()
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise(resolve => server.close(resolve))
  return port
}
