// Runs the tests: starts the real servers once, runs jest, ends with `N passed, N failed` alone on a line. With --full
// everything, and then what asks real servers once more with the other Vault; the line counts both.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const full = process.argv.includes('--full')
const rest = process.argv.slice(2).filter((argument) => argument !== '--full')

/** @returns the exit status of jest */
function jest(patterns, environment) {
  const { status } = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '-c',
      'test/jest.config.js',
      ...patterns,
    ],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ICEBREAKER_TEST_FULL: full ? '1' : '', ...environment },
    },
  )
  return status ?? 1
}

// Whoever says which servers, or which tests, means those.
const { ICEBREAKER_TEST_SERVERS: servers, ICEBREAKER_TEST_VAULT: product } = process.env
if (!full || rest.length > 0 || servers || product) process.exit(jest(rest, {}))

const folder = mkdtempSync(join(tmpdir(), 'icebreaker-tally-'))
try {
  const file = join(folder, 'tally.json')
  const tally = { ICEBREAKER_TEST_TALLY: file }
  const first = jest([], { ...tally, ICEBREAKER_TEST_VAULT: 'openbao' })
  process.exitCode = first || 1
  // Where it did not even come to run tests, that must not be lost in the count of the second.
  if (existsSync(file)) {
    process.stdout.write('\nOnce more with HashiCorp Vault: what asks real servers.\n\n')
    // What is exhaustive has been; both products get the same tests otherwise.
    const one = { ...tally, ICEBREAKER_TEST_VAULT: 'vault', ICEBREAKER_TEST_FULL: '' }
    process.exitCode = jest(['\\.server\\.test\\.ts$'], one) || first
  }
} finally {
  rmSync(folder, { recursive: true })
}
