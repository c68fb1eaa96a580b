import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { tcpServer, type FaultyServer } from '../vault/faulty-server.js'
import { emptyHome, icebreaker } from './process.js'
import { codes, json } from './told.js'

let folder: string
let listener: FaultyServer

/** Sees whether anybody comes: every file and the environment name it as Vault and as the API server. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-file-'))
  listener = await tcpServer((socket) => socket.destroy())
  const cluster = { server: `https://127.0.0.1:${listener.port}` }
  writeFileSync(
    join(folder, 'kubeconfig'),
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { token: 'a-token' } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    }),
  )
})

afterAll(async () => {
  await listener.close()
  rmSync(folder, { recursive: true })
  rmSync(home, { recursive: true })
})

const vault = () => `https://127.0.0.1:${listener.port}`
const home = emptyHome()
const env = () => ({
  PATH: process.env['PATH'],
  HOME: home,
  VAULT_ADDR: vault(),
  VAULT_TOKEN: 'a-token',
  KUBECONFIG: join(folder, 'kubeconfig'),
})

const good = () => `version: 1
name: demo
vault: {address: "${vault()}"}
clusters:
  demo:
    auth: {path: demo, reviewer: {namespace: vault-auth, serviceAccount: reviewer}}
engines:
  static: {type: kv}
policies:
  app: {grants: [read kv static/app]}
roles:
  app: {serviceAccounts: [app], namespaces: [app], audience: vault, policies: [app]}
`

/** Nine levels of nine aliases each: 400 million strings, if they were written out. */
const bomb = 'abcdefghi'
  .split('')
  .map((name, level, names) => {
    const items = Array(9).fill(level === 0 ? 'x' : `*${names[level - 1] ?? ''}`)
    return `${name}: &${name} [${items.join(', ')}]\n`
  })
  .join('')

/** What is wrong; the place is LINE:COLUMN. */
const BAD: readonly (readonly [string, (text: string) => string, string, RegExp])[] = [
  ['an unknown key', (text) => text.replace('reviewer:', 'reviewr:'), '6:24', /Did you mean "reviewer"/],
  ['a missing key', (text) => text.replace('namespace: vault-auth, ', ''), '6:24', /namespace/],
  ['a duplicate key', (text) => `${text}roles: {}\n`, '13:1', /roles/],
  ['a mistyped value', (text) => text.replace('namespaces: [app]', 'namespaces: app'), '12:45', /namespaces/],
  [
    'a reference to nothing',
    (text) => text.replace('policies: [app]}', 'policies: [ap]}'),
    '12:80',
    /Did you mean "app"/,
  ],
  ['a grant of nothing', (text) => text.replace('read kv static/app', 'read kv other/app'), '10:18', /in no engine/],
  ['a verb that there is not', (text) => text.replace('read kv', 'raed kv'), '10:18', /Did you mean "read"/],
  ['no audience', (text) => text.replace('audience: vault, ', ''), '12:3', /audience/],
  ['../ in a name', (text) => text.replace('path: demo', 'path: ../demo'), '6:18', /\.\./],
  ['..%2f in a name', (text) => text.replace('path: demo', 'path: ..%2fdemo'), '6:18', /%/],
  ['../ in a key', (text) => text.replace('static: {', '"../static": {'), '8:3', /\.\./],
  ['../ in a grant', (text) => text.replace('static/app', 'static/../sys'), '10:18', /\.\./],
  ['a control character in a name', (text) => text.replace('path: demo', 'path: "de\\u001b[2Jmo"'), '6:18', /U\+001B/],
  ['a control character', (text) => text.replace('name: demo', 'name: de\u0007mo'), '2:9', /control|character/i],
  ['an alias bomb', () => bomb, '1:4', /anchor|alias/i],
  ['a deep nesting', (text) => `${text}x: ${'['.repeat(5000)}`, '13:', /deep|nest/i],
  ['no YAML', (text) => text.replace('name: demo', 'name: [demo'), '', /./],
  ['two documents', (text) => `${text}---\n${text}`, '13:1', /document/],
]

test.each(BAD)('%s is told with its place, and nothing is contacted', async (_, spoil, place, words) => {
  const file = join(folder, 'bad.yaml')
  writeFileSync(file, spoil(good()))
  const ran = await icebreaker(['plan', '-f', file], env())
  expect(ran).toMatchObject({ exitCode: 2, stdout: '' })
  expect(ran.stderr).toContain(`${file}:${place}`)
  expect(ran.stderr).toMatch(words)
  expect(ran.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  expect(listener.peak.connections).toBe(0)
})

test('a good one is taken, so what was said of the bad ones was not about the rest of it', async () => {
  const file = join(folder, 'good.yaml')
  writeFileSync(file, good())
  const ran = await icebreaker(['plan', '-f', file, '--timeout', '1s'], env())
  expect(ran.exitCode).toBe(6)
  expect(listener.peak.connections).toBeGreaterThan(0)
  listener.peak.connections = 0
})

test('files that cannot be read, whoever names them', async () => {
  const beside = (policy: string) => {
    const file = join(folder, 'beside.yaml')
    writeFileSync(file, good().replace('{grants: [read kv static/app]}', `{file: ${policy}}`))
    return file
  }
  mkdirSync(join(folder, 'directory'))
  symlinkSync('circle', join(folder, 'circle'))
  const tried: Record<string, readonly string[]> = {}
  for (const file of ['none.yaml', 'directory', 'circle'].map((name) => join(folder, name)))
    tried[file] = codes(await icebreaker(['plan', '-f', file, '-o', 'json'], env()))
  expect(Object.values(tried)).toEqual(Array(3).fill(['ICE1012']))

  const ran = await icebreaker(['plan', '-f', beside('none.hcl'), '-o', 'json'], env())
  expect(json(ran)).toMatchObject({
    exit: 2,
    error: { message: expect.stringContaining('none.hcl'), at: { line: 10 } },
  })
  expect(listener.peak.connections).toBe(0)
})

test('all mistakes at once, the same in every format', async () => {
  const file = join(folder, 'many.yaml')
  writeFileSync(file, good().replace('name: demo', 'nam: demo').replace('path: demo', 'path: /demo'))
  const formats = await Promise.all(
    ['human', 'json', 'ndjson', 'junit'].map((format) =>
      icebreaker(['apply', '-f', file, '--yes', '-o', format], env()),
    ),
  )
  expect(formats.map(({ exitCode }) => exitCode)).toEqual([2, 2, 2, 2])
  for (const ran of formats) expect(ran.stderr + ran.stdout).toMatch(/ICE1002[\s\S]*ICE1005/)
  expect(formats[0]?.stdout).toBe('')
  expect(codes(formats[1]!)).toEqual(['ICE1002', 'ICE1005'])
})
