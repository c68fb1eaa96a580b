import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import type { ExportResult } from '../../src/operations/export/types.js'
import { path } from '../../src/vault/index.js'
import { openParser, type Parser } from '../operations/export/parser.js'
import { openScenario, pending, type Scenario } from '../operations/scenario.js'
import { servers } from '../servers/index.js'
import { emptyHome, icebreaker, operatorEnv } from './process.js'
import { codes, json } from './told.js'

let scenario: Scenario
let parser: Parser
let out: string
const home = emptyHome()

beforeAll(async () => {
  parser = openParser()
  out = mkdtempSync(join(tmpdir(), 'icebreaker-export-'))
  scenario = await openScenario()
  const { id } = scenario
  scenario.write({
    ...scenario.base(),
    namespaces: { [`${id}-app`]: {} },
    engines: {
      [`${id}-kv`]: {
        type: 'kv',
        sealWrap: false,
        secrets: { app: { password: { generate: {} }, user: { literal: 'me' } } },
      },
    },
    policies: { [`${id}-read`]: { grants: [`read kv ${id}-kv/app`] } },
    roles: {
      app: { serviceAccounts: ['app'], namespaces: [`${id}-app`], audience: 'vault', policies: [`${id}-read`] },
    },
  })
  await scenario.apply({ verify: 'never' })
}, 120_000)

afterAll(async () => {
  await scenario.close()
  parser.close()
  rmSync(out, { recursive: true })
  rmSync(home, { recursive: true })
})

const run = (...args: string[]) => icebreaker(['export', ...args, '--file', scenario.file], operatorEnv(home))

describe('terraform', () => {
  test('one text on standard output, that its own parser reads; the servers are as they were', async () => {
    const before = (await scenario.vault.read(path`auth/${scenario.id}/config`))?.data
    const { exitCode, stdout, stderr } = await run('terraform')
    expect([exitCode, stderr]).toEqual([0, ''])
    const { problems, unformatted, blocks } = parser.parse([{ name: 'all.tf', text: `${stdout}\n` }])
    expect([problems, unformatted]).toEqual([[], []])
    const config = blocks.find(({ labels }) => labels[0] === 'vault_kubernetes_auth_backend_config')
    // What Vault was told, and is told again.
    expect(config?.attributes).toMatchObject({
      kubernetes_host: before?.['kubernetes_host'],
      kubernetes_ca_cert: before?.['kubernetes_ca_cert'],
      disable_local_ca_jwt: true,
    })
    expect((await scenario.vault.read(path`auth/${scenario.id}/config`))?.data).toEqual(before)
    expect(pending(await scenario.plan())).toEqual({})
  })

  test('the Secret that a rotation has made is the one that is named', async () => {
    const rotated = await icebreaker(['reviewer', 'rotate', '--file', scenario.file], operatorEnv(home))
    expect(rotated.exitCode).toBe(0)
    const { objects } = await scenario.inventory()
    const secret = Object.keys(objects).find((address) => address.includes(':Secret/')) ?? ''
    const name = /[^/]+$/.exec(secret)?.[0] ?? '?'
    expect(name).not.toBe('reviewer-token')
    const { stdout } = await run('terraform', '-o', 'json')
    const { files } = json({ stdout }) as unknown as ExportResult
    expect(files.find((file) => file.name === 'imports.tf')?.text).toContain(`id = "${scenario.id}-auth/${name}"`)
  })
})

test('bank-vaults: its file first, then manifests; what it cannot say is told on standard error', async () => {
  const { exitCode, stdout, stderr } = await run('bank-vaults')
  expect([exitCode, stderr]).toEqual([0, ''])
  const [config, ...manifests] = parseAllDocuments(stdout, { version: '1.1' }).map(
    (document) => document.toJS() as Record<string, unknown>,
  )
  expect(Object.keys(config ?? {})).toEqual(['policies', 'auth', 'secrets'])
  expect(new Set(manifests.map(({ kind }) => kind))).toEqual(
    new Set(['Namespace', 'ServiceAccount', 'Secret', 'ClusterRoleBinding']),
  )
  const { id } = scenario
  const file = join(out, 'v1.yaml')
  writeFileSync(
    file,
    JSON.stringify({
      ...scenario.base(),
      engines: { [`${id}-v1`]: { type: 'kv', version: 1, secrets: { app: { k: { env: 'K' } } } } },
    }),
  )
  const told = await icebreaker(['export', 'bank-vaults', '--file', file], operatorEnv(home))
  expect(told.exitCode).toBe(0)
  expect(told.stderr).toMatch(/^Warning: Cannot be said in bank-vaults: data: /)
  expect(told.stdout.replace(/\n# +/g, ' ')).toContain(`vault:${id}-v1/app: data: `)
})

test('shell: what apply --print-commands prints', async () => {
  const byHand = await icebreaker(['apply', '--print-commands', '--file', scenario.file], operatorEnv(home))
  expect(await run('shell')).toEqual(byHand)
  const refused = await run('shell', '--out', join(out, 'shell'), '-o', 'json')
  expect([refused.exitCode, codes(refused)]).toEqual([2, ['ICE1100']])
  expect(existsSync(join(out, 'shell'))).toBe(false)
})

describe('--out', () => {
  test('makes a folder, and says what to do next', async () => {
    const folder = join(out, 'tf')
    const { exitCode, stdout } = await run('terraform', '--out', folder)
    expect(exitCode).toBe(0)
    expect(readdirSync(folder).sort()).toEqual(['imports.tf', 'main.tf', 'variables.tf'])
    expect(stdout).toContain(`terraform -chdir=${folder} plan`)
    const files = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }))
    expect(parser.parse(files)).toMatchObject({ problems: [], unformatted: [] })
  })

  test('never writes over anything, nor through a link, and asks nobody first', async () => {
    const nobody = { ...operatorEnv(home), VAULT_ADDR: 'https://127.0.0.1:1' }
    const [empty, link, file] = ['empty', 'link', 'file'].map((name) => join(out, name)) as [string, string, string]
    mkdirSync(empty)
    symlinkSync(join(out, 'nowhere'), link)
    writeFileSync(file, 'mine')
    for (const taken of [empty, link, file]) {
      const refused = await icebreaker(
        ['export', 'terraform', '--file', scenario.file, '--out', taken, '-o', 'json'],
        nobody,
      )
      expect([refused.exitCode, codes(refused)]).toEqual([2, ['ICE1109']])
    }
    expect([readdirSync(empty), readFileSync(file, 'utf8'), existsSync(join(out, 'nowhere'))]).toEqual([
      [],
      'mine',
      false,
    ])
    const deep = await run('bank-vaults', '--out', join(out, 'no', 'such'), '-o', 'json')
    expect([deep.exitCode, codes(deep)]).toEqual([2, ['ICE1110']])
  })
})

test('exit codes: wrong usage, a server that cannot be reached', async () => {
  const wrong = await run('ansible')
  expect([wrong.exitCode, wrong.stdout]).toEqual([2, ''])
  const { id } = scenario
  const file = join(out, 'gone.yaml')
  const kubeconfig = join(out, 'kubeconfig')
  const text = readFileSync(servers().kubeconfig, 'utf8').replace(/https:\/\/127\.0\.0\.1:\d+/, 'https://127.0.0.1:1')
  writeFileSync(kubeconfig, text)
  writeFileSync(file, JSON.stringify({ ...scenario.base(), name: id }))
  const gone = await icebreaker(['export', 'terraform', '--file', file, '--kubeconfig', kubeconfig], operatorEnv(home))
  expect([gone.exitCode, gone.stdout]).toEqual([6, ''])
})
