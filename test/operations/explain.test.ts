import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isIceError } from '../../src/catalogue/index.js'
import { fileSections } from '../../src/config/sections.js'
import { KINDS } from '../../src/kinds/index.js'
import { explain } from '../../src/operations/explain.js'
import type { ExplainResult } from '../../src/operations/results.js'
import { createRoot } from '../kubernetes/certificates.js'
import { expectGolden, written } from '../views/golden.js'

let folder: string
let file: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-explain-'))
  file = join(folder, 'icebreaker.yaml')
  writeFileSync(file, FILE)
})

afterAll(() => rmSync(folder, { recursive: true }))

const FILE = `version: 1
name: demo
vault: { address: https://vault.example.com:8200 }
clusters:
  demo:
    context: kind-demo
    auth: { path: demo, reviewer: { namespace: vault-auth, serviceAccount: reviewer } }
engines:
  static:
    type: kv
    secrets: { app/creds: { username: { literal: app }, password: { file: ./password } } }
policies:
  app: { grants: [read kv static/app/creds] }
roles:
  app: { serviceAccounts: [app], namespaces: [app], audience: vault, policies: [app] }
`

const KUBECONFIG = `apiVersion: v1
kind: Config
clusters: [{ name: k, cluster: { server: 'https://10.0.0.1:6443', certificate-authority-data: CA } }]
users: [{ name: u, user: { token: t } }]
contexts: [{ name: kind-demo, context: { cluster: k, user: u } }]
`

const ask = (what?: string, kubeconfig = join(folder, 'none')): Promise<ExplainResult> =>
  explain({ ...(what !== undefined && { what }), file, kubeconfig })

async function show(result: ExplainResult, format: 'human' | 'json' = 'human'): Promise<string> {
  return (await written(format, (view) => view.result(result), { command: 'explain' })).replaceAll(folder, '/folder')
}

test.each([
  ['overview', undefined],
  ['code', 'ice3001'],
  ['section', 'engines.database.staticRoles'],
  ['choice', 'secret'],
  ['field', 'roles.tokenTTL'],
  ['variants', 'engines'],
  ['role', 'vault:auth/demo/role/app'],
  ['secret', 'vault:static/data/app/creds'],
  ['config', 'vault:auth/demo/config'],
])('%s', async (name, what) => {
  const result = await ask(what)
  expectGolden(`../operations/explain-${name}.human`, await show(result))
  expectGolden(`../operations/explain-${name}.json`, await show(result, 'json'))
})

test('every section, every field and every kind can be asked for, and says what it is', async () => {
  const silent: string[] = []
  for (const { path, about, fields } of fileSections()) {
    if (path !== '' && about === undefined) silent.push(path)
    for (const field of fields) {
      const name = path === '' ? field.name : `${path}.${field.name}`
      if (field.about === undefined) silent.push(name)
      expect(await ask(name)).toMatchObject({ what: 'section', path: name })
    }
  }
  expect(silent).toEqual([])
  for (const { kind, sections, about } of KINDS) {
    expect(about).toMatch(/^[A-Z].*\.$/)
    expect(await ask(kind)).toMatchObject({ what: 'section', path: sections[0] })
    for (const section of sections) expect(await ask(section)).toMatchObject({ path: section })
  }
})

test('a field shows the name that the API has for it, and what it is where the file says nothing', async () => {
  const field = async (what: string) => {
    const result = await ask(what)
    return result.what === 'section' ? result.fields[0] : undefined
  }
  expect(await field('roles.tokenTTL')).toMatchObject({ type: 'duration', api: 'token_ttl', default: '0s' })
  expect(await field('engines.transit.description')).toMatchObject({ api: 'description', default: '' })
  expect(await field('engines.transit.keys.type')).toMatchObject({
    api: 'type',
    mode: 'immutable',
    default: 'aes256-gcm96',
  })
  expect(await field('clusters.auth.kubernetes.tokenType')).toMatchObject({
    api: 'token_type',
    default: 'default-service',
  })
  expect(await field('engines.database.connections.password')).toMatchObject({ type: 'secret', mode: 'writeOnly' })
  expect(await field('roles.clusters')).not.toHaveProperty('api')
})

test.each([
  ['ICE3O01', 'Did you mean ICE3001?'],
  ['rolles', 'Did you mean roles?'],
  ['engines.databse.roles', 'Did you mean engines.database.roles?'],
  ['vault:auth/demo/role/ap', 'Did you mean vault:auth/demo/role/app?'],
])('%s is not there: %s', async (what, next) => {
  const error = await ask(what).catch((reason: unknown) => reason)
  expect(isIceError(error) && [error.exitCode, error.next[0]]).toEqual([2, next])
})

test('what the kubeconfig knows of a cluster is taken from there, and the CA that the file names from that', async () => {
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(
    kubeconfig,
    KUBECONFIG.replace('CA', Buffer.from((await createRoot('test')).certificate).toString('base64')),
  )
  const text = await show(await ask('vault:auth/demo/config', kubeconfig))
  expect(text).toContain('"kubernetes_host": "https://10.0.0.1:6443"')
  expect(text).toContain(`DEMO_API_SERVER_CA='-----BEGIN CERTIFICATE-----`)
  expect(text).toContain('kubectl --kubeconfig /folder/kubeconfig --context kind-demo')
})
