import { execa } from 'execa'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('without Go the build says what is missing, leaves nothing half made, and what was built before', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'icebreaker-hcl-'))
  const before = readFileSync(join(root, 'dist/hcl.wasm'))
  const script = "import { buildHcl } from './bin/hcl.js'; buildHcl()"
  const { exitCode, stderr } = await execa(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    env: { PATH: empty, XDG_CACHE_HOME: empty },
    extendEnv: false,
    reject: false,
  })
  expect(exitCode).toBe(1)
  expect(stderr).toContain('no `go` on PATH')
  expect(readdirSync(empty, { recursive: true }).filter((name) => String(name).includes('making'))).toEqual([])
  expect(readFileSync(join(root, 'dist/hcl.wasm')).equals(before)).toBe(true)
  rmSync(empty, { recursive: true })
})

test('the licence of what is in it goes with it', () => {
  expect(readFileSync(join(root, 'dist/hcl.LICENSE'), 'utf8')).toContain('Mozilla Public License')
})

test('in memory it has no file, and no program that it could start', async () => {
  const module = await WebAssembly.compile(readFileSync(join(root, 'dist/hcl.wasm')))
  const asked = WebAssembly.Module.imports(module).map(({ name }) => name)
  expect(asked.filter((name) => /^path_|^sock_/.test(name))).toEqual([])
})
