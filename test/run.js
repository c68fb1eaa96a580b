// Runs the tests: starts the real servers once, runs jest, ends with `N passed, N failed` alone on a line. With --full
// what is exhaustive, and then what asks real servers once more with the other Vault; the line counts both.
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
      env: { ...process.env, ICEBREAKER_TEST_FULL: full ? '1' : rest.length > 0 ? 'matrix' : '', ...environment },
    },
  )
  return status ?? 1
}

/** What `npm test` leaves out. */
const EXHAUSTIVE = ['\\.full\\.test\\.ts$', '\\.matrix\\.server\\.test\\.ts$']

// Whoever says which servers, or which tests, means those.
const { ICEBREAKER_TEST_SERVERS: servers, ICEBREAKER_TEST_VAULT: product } = process.env
if (!full || rest.length > 0) process.exit(jest(rest, {}))
if (servers || product) process.exit(jest(EXHAUSTIVE, {}))

const folder = mkdtempSync(join(tmpdir(), 'icebreaker-tally-'))
try {
  const file = join(folder, 'tally.json')
  const tally = { ICEBREAKER_TEST_TALLY: file }
  const first = jest(EXHAUSTIVE, { ...tally, ICEBREAKER_TEST_VAULT: 'openbao' })
  process.exitCode = first || 1
  // Where it did not even come to run tests, that must not be lost in the count of the second.
  if (existsSync(file)) {
    process.stdout.write('\nOnce more with HashiCorp Vault: what asks real servers.\n\n')
    // Kill points have been tried on one; otherwise both products get the same tests.
    const one = { ...tally, ICEBREAKER_TEST_VAULT: 'vault', ICEBREAKER_TEST_FULL: 'matrix' }
    process.exitCode = jest(['\\.server\\.test\\.ts$'], one) || first
  }
} finally {
  rmSync(folder, { recursive: true })
}
