// Builds dist/hcl.wasm, Vault's own parser of policies, from src/policy/parser: once for each state of its source.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'src/policy/parser')
const LIBRARY = 'github.com/hashicorp/hcl'
const FLAGS = ['-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags=-s -w', '-buildmode=c-shared']
const TARGET = { GOOS: 'wasip1', GOARCH: 'wasm', CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '' }

/** What is put into dist/, as seen from the root: the parser, and the licence of the library in it. */
export const HCL_FILES = ['dist/hcl.wasm', 'dist/hcl.LICENSE']

/** Puts both into dist/, out of the cache where they were built before. Ends the process where they cannot be had. */
export function buildHcl() {
  const folder = join(cache(), `hcl-${sourceHash()}`)
  if (!existsSync(folder)) make(folder)
  mkdirSync(join(root, 'dist'), { recursive: true })
  for (const file of HCL_FILES) {
    // Whoever reads it meanwhile sees the old one or the new.
    const fresh = join(root, `${file}.${process.pid}`)
    copyFileSync(join(folder, file.replace('dist/', '')), fresh)
    renameSync(fresh, join(root, file))
  }
}

function cache() {
  const base = process.env.XDG_CACHE_HOME
  return join(base && isAbsolute(base) ? base : join(homedir(), '.cache'), 'icebreaker', 'hcl')
}

function sourceHash() {
  const hash = createHash('sha256').update(JSON.stringify([FLAGS, TARGET]))
  const files = readdirSync(source).filter((name) => /\.go$|^go\./.test(name))
  for (const name of files.sort()) hash.update(`${name}\0`).update(readFileSync(join(source, name)))
  return hash.digest('hex').slice(0, 16)
}

function make(folder) {
  const go = (...args) =>
    execFileSync('go', args, { cwd: source, env: { ...process.env, ...TARGET }, encoding: 'utf8' })
  mkdirSync(cache(), { recursive: true, mode: 0o700 })
  const making = mkdtempSync(`${folder}.making-`)
  let failure
  try {
    process.stdout.write('Building the parser of policies (once) …\n')
    go('build', ...FLAGS, '-o', join(making, 'hcl.wasm'), '.')
    const library = go('list', '-mod=readonly', '-m', '-f', '{{.Dir}}', LIBRARY).trim()
    copyFileSync(join(library, 'LICENSE'), join(making, 'hcl.LICENSE'))
    // Another build may have been quicker.
    if (!existsSync(folder)) renameSync(making, folder)
  } catch (error) {
    failure = error
  }
  rmSync(making, { recursive: true, force: true })
  if (failure !== undefined) fail(failure)
}

function fail({ code, stderr, message }) {
  const why = code === 'ENOENT' ? 'There is no `go` on PATH.' : String(stderr || message).trim()
  process.stderr.write(`The parser of policies (src/policy/parser) cannot be built. ${why}\n`)
  process.stderr.write(`It takes Go 1.24 or later, which fetches ${LIBRARY} where it is not in the module cache.\n`)
  process.exit(1)
}
