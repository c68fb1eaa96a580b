import { afterAll, expect, test } from '@jest/globals'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { emptyHome, icebreaker } from './process.js'
import { codes, json } from './told.js'

const home = emptyHome()
afterAll(() => rmSync(home, { recursive: true }))

const file = fileURLToPath(new URL('../../templates/sandbox/icebreaker.yaml', import.meta.url))
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  icebreaker(['permissions', '--file', file, ...args], { HOME: home, PATH: process.env['PATH'], ...env })

test('nothing is contacted, and no token or kubeconfig is needed', async () => {
  const { exitCode, stdout, stderr } = await run(['-o', 'json'], { VAULT_ADDR: 'https://192.0.2.1:8200' })
  expect([exitCode, stderr]).toEqual([0, ''])
  expect(json({ stdout })).toMatchObject({ schemaVersion: 1, operation: 'permissions', purpose: 'apply' })
})

test('one part alone goes into a pipe', async () => {
  expect((await run(['--for', 'plan', '--vault-policy'])).stdout).toMatch(/^# Made by icebreaker[^]*\n\}$/)
  expect((await run(['--kubernetes'])).stdout).not.toContain('path "')
})

test('whom the rights are bound to, by flags and by the variable', async () => {
  const { stdout } = await run(['--kubernetes'], { ICEBREAKER_BIND_TO: 'user:ci:plan,ci/runner' })
  expect(stdout).toContain('name: ci:plan')
  expect(stdout).toContain('namespace: ci')
  const wrong = await run(['--bind-to', 'somebody', '-o', 'json'])
  expect([wrong.exitCode, codes(wrong)]).toEqual([2, ['ICE1100']])
})

test('files', async () => {
  const out = join(home, 'out')
  const { stdout, exitCode } = await run(['--out', out])
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining(`kubectl apply -f ${out}/kubernetes-demo.yaml`)])
  expect(readFileSync(join(out, 'vault-policy.hcl'), 'utf8')).toContain('path "sys/auth/demo"')
})
