// A real Chromium and a small server: what a page says of itself in `document.title`.

import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { chromium } from 'playwright-core'

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync']
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' }

let browser

/** The browser, the same for all tests of a file. */
export async function open() {
  browser ??= (async () => {
    const profile = mkdtempSync(join(tmpdir(), 'iter8-chromium-'))
    const context = await chromium.launchPersistentContext(profile, { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS })
    return { context, profile }
  })()
  return (await browser).context
}

/** Ends the browser; for `after`. */
export async function close() {
  if (!browser) return
  const { context, profile } = await browser
  await context.close()
  rmSync(profile, { recursive: true, force: true })
}

/** Serves `folder`; gives the address and a way to end it. `headers(path)` may add or change some. */
export async function serve(folder, headers = () => ({})) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://x').pathname)
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path)
    if (!existsSync(file) || statSync(file).isDirectory()) {
      // As many servers do: the index page in place of what is missing.
      response.writeHead(200, { 'content-type': 'text/html', ...headers(path) }).end('<!doctype html>nothing')
      return
    }
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', ...headers(path) })
    createReadStream(file).pipe(response)
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  return { address: `http://127.0.0.1:${server.address().port}/`, end: () => server.close() }
}

/** What the page at `address` puts into its title, once that is not empty. */
export async function title(address) {
  const page = await (await open()).newPage()
  const said = []
  page.on('console', message => said.push(message.text()))
  page.on('pageerror', error => said.push(String(error)))
  try {
    await page.goto(address)
    // A page with a strict policy lets nobody wait for a function: that needs eval.
    for (let i = 0; i < 300; i++) {
      const found = await page.title()
      if (found && found !== 'wait') return found
      await sleep(50)
    }
    throw new Error(`${address} said nothing but: ${said.join('\n')}`)
  } finally {
    await page.close()
  }
}

/** A page that runs the module `source` and shows its reply, or what went wrong. */
export const page = (script = './main.js', head = '') =>
  `<!doctype html><title>wait</title>${head}<script type="module" src="${script}"></script>`

/** Puts `promise`'s value into the title. */
export const SHOW = `
const show = promise => promise.then(reply => { document.title = reply }, error => { document.title = 'FAILED ' + error.stack })
`
