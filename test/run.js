// Runs the tests: starts the real servers once, runs jest, ends with `N passed, N failed` alone on a line.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const full = process.argv.includes('--full')
const rest = process.argv.slice(2).filter((argument) => argument !== '--full')

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '-c',
    'test/jest.config.js',
    ...rest,
  ],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ICEBREAKER_TEST_FULL: full ? '1' : '' },
  },
)
process.exit(status ?? 1)
