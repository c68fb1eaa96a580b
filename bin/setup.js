#!/usr/bin/env node
// Installs what the lockfile asks for, unless it is there; then builds. Runs on whatever Node is at hand.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = `${root}node_modules/.icebreaker-setup`
const wanted = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex')
const run = (command, args) => execFileSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  process.stdout.write('Installing the packages of package-lock.json …\n')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  const node = `${root}node_modules/.bin/node`
  if (!existsSync(node)) {
    process.stderr.write('The Node that this project pins was not installed: npm skipped its install script.\n')
    process.stderr.write('Type: npm install-scripts approve node && npm ci\n')
    process.exit(1)
  }
  writeFileSync(stamp, wanted)
}
run('npm', ['run', '--silent', 'build'])
