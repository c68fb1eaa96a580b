import { execa } from 'execa'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { PolicyLintResult } from '../../src/operations/policy-lint.js'
import { emptyHome, icebreaker, RUN } from './process.js'
import { codes } from './told.js'

const home = emptyHome()
const env = { PATH: process.env['PATH'], HOME: home }
let folder: string
let [bad, good]: [string, string] = ['', '']

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-policy-'))
  bad = join(folder, 'bad.hcl')
  good = join(folder, 'good.hcl')
  writeFileSync(bad, 'path "static/app" {\n  capabilities = ["reed"]\n}\n')
  writeFileSync(good, 'path "static/data/app" {\n  capabilities = ["read"]\n}\n')
})

afterAll(() => {
  rmSync(folder, { recursive: true })
  rmSync(home, { recursive: true })
})

const offline = ['--offline', '--engine', 'static=kv:2']
const run = (...args: readonly string[]) => icebreaker(args, env)

test('lint exits with 3 in every format where something is wrong, with 0 where nothing is', async () => {
  const formats = ['human', 'json', 'junit']
  const exits = (file: string) =>
    Promise.all(formats.map(async (format) => (await run('policy', 'lint', ...offline, '-o', format, file)).exitCode))
  expect(await exits(bad)).toEqual([3, 3, 3])
  expect(await exits(good)).toEqual([0, 0, 0])
})

test('lint shows place, code and correction on standard output, and nothing else happens there or beside it', async () => {
  const { stdout, stderr } = await run('policy', 'lint', ...offline, bad, good)
  expect(stdout).toContain(`${bad}\n  1:6  error ICE7012`)
  expect(stdout).toContain('path "static/data/app" {')
  expect(stdout).toMatch(/2:19 {2}error ICE7004/)
  expect(stdout).toContain('2 policies: 2 errors')
  // The parser's host warns that it is experimental.
  expect(stderr).toBe('')
})

test('lint reads standard input', async () => {
  const args = [RUN, 'policy', 'lint', ...offline, '--json', '-']
  const input = 'path "static/app" { capabilities = ["read"] }'
  const { stdout, exitCode } = await execa(process.execPath, args, { env, extendEnv: false, reject: false, input })
  const { policies } = JSON.parse(stdout) as PolicyLintResult
  expect([exitCode, policies[0]?.source, policies[0]?.findings[0]?.code]).toEqual([3, 'standard input', 'ICE7012'])
})

test('a file that is not there, a bad flag, no server: each says what to do', async () => {
  const told = async (...args: readonly string[]) => {
    const ran = await run('policy', ...args, '--json')
    return [ran.exitCode, ...codes(ran)]
  }
  expect(await told('lint', '--offline', join(folder, 'none.hcl'))).toEqual([2, 'ICE1012'])
  expect(await told('lint', '--offline', '--engine', 'static', good)).toEqual([2, 'ICE1100'])
  expect(await told('lint', '--file', join(folder, 'none.yaml'), '--offline', good)).toEqual([2, 'ICE1012'])
  const { exitCode, stderr } = await run('policy', 'lint', good)
  expect(exitCode).toBe(2)
  expect(stderr).toContain('--offline')
})

test('generate prints what lint finds nothing wrong with', async () => {
  const grants = ['read kv static/app/*', 'list kv static/app', 'update', 'kv', 'static/app/creds']
  const { stdout, exitCode } = await run('policy', 'generate', ...offline, ...grants)
  expect(exitCode).toBe(0)
  const file = join(folder, 'generated.hcl')
  writeFileSync(file, stdout)
  expect((await run('policy', 'lint', ...offline, file)).exitCode).toBe(0)
  const unknown = await run('policy', 'generate', '--offline', 'read kv other/app', '--json')
  expect([unknown.exitCode, ...codes(unknown)]).toEqual([2, 'ICE7061'])
  const wrong = await run('policy', 'generate', ...offline, 'raed kv static/app')
  expect([wrong.exitCode, wrong.stderr.includes('Did you mean "read"?')]).toEqual([2, true])
})
