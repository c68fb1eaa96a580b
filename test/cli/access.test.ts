import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { emptyHome, icebreaker } from './process.js'
import { codes, json } from './told.js'

/** With a cluster that nobody answers for, and without any Vault: the file is enough for an answer. */
let folder: string
const home = emptyHome()
const inFolder = (name: string): string => join(folder, name)
const env = () => ({ PATH: process.env['PATH'], HOME: home, KUBECONFIG: inFolder('kubeconfig') })
const run = (...args: readonly string[]) => icebreaker([...args, '-f', inFolder('icebreaker.yaml')], env())

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-access-'))
  writeFileSync(
    inFolder('kubeconfig'),
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'u', user: { token: 'a-token' } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    }),
  )
  writeFileSync(
    inFolder('icebreaker.yaml'),
    `version: 1
name: demo
clusters:
  demo:
    auth: {path: demo, reviewer: {namespace: vault-auth, serviceAccount: reviewer}}
engines:
  static: {type: kv}
policies:
  app: {grants: [read kv static/app]}
roles:
  app: {serviceAccounts: [app], namespaces: [app], audience: vault, policies: [app]}
`,
  )
})

afterAll(() => {
  rmSync(folder, { recursive: true })
  rmSync(home, { recursive: true })
})

describe('who-can', () => {
  test('answers with 0, and says what it has not seen', async () => {
    const ran = await run('who-can', 'read', 'static/app', '-o', 'json')
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' })
    expect(json(ran)).toMatchObject({
      operation: 'who-can',
      answers: [{ account: 'app/app', there: 'unknown', verdict: 'yes' }],
      gaps: [{ code: 'ICE7105' }],
    })
    const nobody = await run('who-can', 'delete', 'static/app')
    expect(nobody.exitCode).toBe(0)
    expect(nobody.stdout).toContain('No service account is known that can. Not everything could be seen.')
  })

  test.each([
    [['reed', 'static/app'], 'ICE7120'],
    [['read', 'nowhere/app'], 'ICE7120'],
    [['encrypt', 'static/app'], 'ICE7120'],
    [['--raw', 'encrypt', 'static/app'], 'ICE7120'],
    [['read'], 'ICE1100'],
    [['read', 'static/app', 'more'], 'ICE1100'],
  ])('%j is wrong usage', async (args, code) => {
    const ran = await run('who-can', ...args, '-o', 'json')
    expect([ran.exitCode, ...codes(ran)]).toEqual([2, code])
  })

  test('of a live Vault needs one', async () => {
    expect(await run('who-can', 'read', 'static/app', '--live')).toMatchObject({ exitCode: 2, stdout: '' })
  })
})

describe('graph', () => {
  test('is all of standard output', async () => {
    expect(await run('graph')).toMatchObject({
      exitCode: 0,
      stderr: '',
      stdout: expect.stringMatching(/^flowchart LR\n/),
    })
    expect((await run('graph', '--format', 'dot')).stdout).toMatch(/\n\}$/)
    expect((await run('graph', '--format', 'html')).stdout).toMatch(/^<!DOCTYPE html>\n[^]*<\/html>$/)
    const { nodes } = json(await run('graph', '-o', 'json')) as unknown as { nodes: { column: string }[] }
    expect(nodes.map(({ column }) => column).sort()).toEqual(['account', 'path', 'policy', 'role'])
  })

  test('is saved for its owner, and never over another file or through a link', async () => {
    const out = inFolder('drawing')
    expect(await run('graph', '--out', out)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Saved to '),
    })
    expect(statSync(out).mode & 0o777).toBe(0o600)
    const saved = readFileSync(out, 'utf8')
    expect(saved).toMatch(/^flowchart LR\n/)

    const again = await run('graph', '--format', 'dot', '--out', out, '-o', 'json')
    expect([again.exitCode, ...codes(again), readFileSync(out, 'utf8')]).toEqual([2, 'ICE7121', saved])
    expect((await run('graph', '--format', 'dot', '--out', out, '--force')).exitCode).toBe(0)
    expect(readFileSync(out, 'utf8')).toMatch(/^\/\/ .*\n[^]*\}\n$/)

    const link = inFolder('link')
    symlinkSync(out, link)
    for (const force of [[], ['--force']]) {
      expect((await run('graph', '--out', link, ...force)).exitCode).toBe(2)
    }
    expect(readFileSync(out, 'utf8')).toMatch(/^\/\/ /)
    expect((await run('graph', '--force')).exitCode).toBe(2)
  })
})
