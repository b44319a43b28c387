// Every command of docs/newcomers.md is run as it stands, in one shell from the first to the last; what stands behind a `$ ` is
// what it prints; those of docs/migration.md with addresses of this machine. With NEWCOMERS_UPDATE set the page gets what is printed now, for a person to look at.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { repository } from './support/project.js'
import { freePort, server } from './support/server.js'

const path = join(repository, 'docs/newcomers.md')
const guide = readFileSync(path, 'utf8')
const BLOCK = /^```(sh|console)\n(.*?)^```$/gms

test('the guide leads from a checkout to a verdict', { timeout: 400_000 }, async t => {
  const port = await freePort()
  const blocks = [...guide.matchAll(BLOCK)].map(([whole, kind, text]) => ({ whole, kind, text }))
  const script = blocks.flatMap(({ kind, text }) => {
    if (kind === 'sh') return [text]
    return text.split('\n').filter(line => line.startsWith('$ ')).map(line => `echo '<<<'; { ${line.slice(2)}; } 2>&1; echo '>>>'`)
  })
  // Whoever follows the guide has port 8080 free; a test must not count on it.
  const { code, said } = await shell(t, script.join('\n').replaceAll('8080', String(port)))
  assert.equal(code, 0, said)
  const printed = [...said.matchAll(/^<<<\n(.*?)^>>>$/gms)].map(([, text]) => text)
  let next = 0
  const shown = guide.replace(BLOCK, (whole, kind, text) => {
    if (kind === 'sh') return whole
    const commands = text.split('\n').filter(line => line.startsWith('$ '))
    return `\`\`\`console\n${commands.map(command => `${command}\n${printed[next++]}`).join('')}\`\`\``
  })
  if (process.env.NEWCOMERS_UPDATE) writeFileSync(path, shown)
  else assert.equal(shown, guide)
  assert.match(said, /^v3 wins: /m)
  assert.match(said, /"winner_assessment":\{"winning_version_found":/)
})

test('the commands of the migration guide compare two services', { timeout: 120_000 }, async t => {
  const old = await server(t, ['--demo'])
  const experiment = await (await fetch(`${old}/demo/experiment`)).text()
  const folder = mkdtempSync(join(tmpdir(), 'iter8-migration-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'request.json'), experiment)
  const [, block] = /^```sh\n(.*?)^```$/ms.exec(readFileSync(join(repository, 'docs/migration.md'), 'utf8'))
  const script = block.replaceAll('http://iter8-analytics.iter8:8080', old).replaceAll('http://prometheus.istio-system:9090', `${old}/demo`).replaceAll('8081', String(await freePort()))
  const { code, said } = await shell(t, `export PATH="$PWD/target/debug:$PATH"\ncd ${folder}\n${script}\nkill %1`)
  assert.equal(code, 0, said)
  for (const name of ['old', 'new']) assert.ok(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')).winner_assessment, name)
  assert.match(said, /^Versions$/m)
})

/** Runs `script` in the repository's root; ends it and all that it started when `t` ends. */
async function shell(t, script) {
  const child = spawn('bash', ['-c', `set -euo pipefail\n${script}`], { cwd: repository, detached: true })
  t.after(() => {
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended, and all that it started.
    }
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', data => { said += data })
  const code = await new Promise(resolve => child.on('close', resolve))
  return { code, said }
}
