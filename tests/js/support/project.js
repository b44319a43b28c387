// The packed tarball in a throw-away project, and the reply that every host must give.

import { execFile, execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { experiment, now, observations } from './example.js'

export const repository = fileURLToPath(new URL('../../..', import.meta.url))
const tools = join(repository, 'tests/js/node_modules')

/** A module that assesses the example; `${init}` stands before the call. */
export const entry = (init = '', { from = 'iter8-analytics' } = {}) => `
import start, { assess } from '${from}'
import { experiment, observations, now } from './example.js'
${init || 'await start()'}
export const reply = JSON.stringify(assess(experiment, observations, { now }))
`

/** What the command line replies to the example, as JavaScript writes it. */
export function nativeReply() {
  const folder = mkdtempSync(join(tmpdir(), 'iter8-native-'))
  writeFileSync(join(folder, 'e.json'), JSON.stringify(experiment))
  writeFileSync(join(folder, 'o.json'), JSON.stringify(observations))
  const text = native(['assess', 'e.json', '--observations', 'o.json', '--now', now, '--format', 'json'], { cwd: folder })
  rmSync(folder, { recursive: true })
  return JSON.stringify(JSON.parse(text))
}

/** What the command line prints. */
export function native(args, options = {}) {
  return execFileSync(join(repository, 'target/debug/iter8-analytics'), args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options })
}

let tarball

/** The tarball that `npm pack` makes. */
export function pack() {
  if (!tarball) {
    const folder = mkdtempSync(join(tmpdir(), 'iter8-pack-'))
    const name = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder, join(repository, 'pkg')], { encoding: 'utf8' })
    tarball = join(folder, name.trim())
  }
  return tarball
}

/** A folder with these files and the tarball installed; removed when `t` ends. */
export function project(t, files, { tools: links = [], name = 'iter8-project-' } = {}) {
  const folder = mkdtempSync(join(tmpdir(), name))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(join(repository, 'tests/js/support/example.js'), join(folder, 'example.js'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const installed = join(folder, 'node_modules/iter8-analytics')
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['xzf', pack(), '--strip-components', '1', '-C', installed])
  for (const name of links) symlinkSync(join(tools, name), join(folder, 'node_modules', name))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

/** What a command prints; its whole output where it fails. */
export async function run(folder, command, args, env = {}) {
  const program = command.startsWith('/') || command === 'node' ? command : join(tools, '.bin', command)
  try {
    const options = { cwd: folder, env: { ...process.env, NO_COLOR: '1', NODE_TEST_CONTEXT: undefined, ...env }, maxBuffer: 1 << 26, timeout: 380_000 }
    return (await promisify(execFile)(program, args, options)).stdout
  } catch (error) {
    throw new Error(`${command} ${args.join(' ')}\n${error.stdout}\n${error.stderr}`, { cause: error })
  }
}

/** The files of a folder, without those of its subfolders. */
export function list(folder) {
  return readdirSync(folder)
}
