import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { integrateList } from '../../src/operations/integrate-list.js'
import { integrate, type IntegrateOptions, type IntegrateResult } from '../../src/operations/integrate.js'
import { refused } from '../operations/steps.js'
import { SETTINGS } from './pods.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-integrate-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const ROLE = { serviceAccounts: ['web'], namespaces: ['app'], policies: ['kv'], audience: 'vault' }

function file(more: object = {}): string {
  const path = join(folder, 'icebreaker.yaml')
  const reviewer = { namespace: 'vault-auth', serviceAccount: 'vault-reviewer' }
  const content = {
    version: 1,
    name: 'demo',
    vault: { podAddress: 'https://vault.vault.svc:8200' },
    clusters: { demo: { auth: { path: 'demo', reviewer } } },
    engines: { static: { type: 'kv' }, keys: { type: 'transit' } },
    policies: { kv: { grants: ['read kv static/web', 'list kv static/web', 'read kv static/shared/*'] } },
    roles: { web: ROLE },
    ...more,
  }
  writeFileSync(path, JSON.stringify(content))
  return path
}

const write = (more: object = {}, options: Partial<IntegrateOptions> = {}): Promise<IntegrateResult> =>
  integrate({ way: 'agent', file: file(more), env: {}, settings: SETTINGS, patch: false, ...options })

test('what a role may read becomes a file each; what names no one secret is left out, and said', async () => {
  const { workloads, skipped, clusters } = await write()
  expect(workloads).toEqual([
    {
      cluster: 'demo',
      workload: 'app/web',
      role: 'web',
      secrets: ['static/web'],
      cautions: ['The grant "read kv static/shared/*" names no one secret to bring, so it is left out.'],
    },
  ])
  expect(skipped).toEqual([])
  expect(clusters['demo']!.manifests).toContain('# Left out: The grant "read kv static/shared/*"')
})

test('the address is the one of pods: not a loopback that only this machine can mean', async () => {
  const loopback = { vault: { address: 'https://127.0.0.1:8200' } }
  expect(await refused(write(loopback))).toMatchObject({ code: 'ICE8002', exit: 2 })
  expect(await refused(write({ vault: {} }))).toMatchObject({ code: 'ICE8002' })
  const said = await write({ vault: { podAddress: 'https://127.0.0.1:8200' } })
  expect(said.clusters['demo']!.manifests).toContain('"address": "https://127.0.0.1:8200"')
  const flag = await write(loopback, { podAddress: 'https://other:8200' })
  expect(flag.clusters['demo']!.manifests).toContain('"address": "https://other:8200"')
})

test('of the CA file only certificates are taken', async () => {
  const certificate = '-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----'
  const key = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----'
  writeFileSync(join(folder, 'ca.pem'), `${key}\n${certificate}\n`)
  writeFileSync(join(folder, 'key.pem'), key)
  const vault = { podAddress: 'https://vault:8200', caFile: './ca.pem' }
  const { manifests } = (await write({ vault })).clusters['demo']!
  expect(manifests).toContain('BEGIN CERTIFICATE')
  expect(manifests).not.toContain('PRIVATE')
  expect(await refused(write({ vault: { ...vault, caFile: './key.pem' } }))).toMatchObject({ code: 'ICE8003' })
  // What the operator trusts Vault by, where the file says nothing.
  const trusted = await write({}, { env: { VAULT_CACERT: join(folder, 'ca.pem') } })
  expect(trusted.clusters['demo']!.objects.map(({ metadata }) => metadata.name)).toContain('vault-ca')
})

test('a wildcard names nobody; who is asked for must be let in', async () => {
  const roles = { web: { ...ROLE, serviceAccounts: ['web-*'], accept: ['wildcard'] } }
  expect(await refused(write({ roles }))).toMatchObject({ code: 'ICE8001', exit: 2 })
  const { workloads } = await write({ roles }, { workload: 'app/web-1' })
  expect(workloads.map(({ workload }) => workload)).toEqual(['app/web-1'])
  expect(await refused(write({ roles }, { workload: 'app/other' }))).toMatchObject({ code: 'ICE8001' })
  expect(await refused(write({ roles }, { workload: 'other/web-1', role: 'web' }))).toMatchObject({
    message: 'The role web does not let in other/web-1.',
  })
  expect(await refused(write({}, { workload: 'app/wbe' }))).toMatchObject({ next: ['Did you mean app/web?'] })
})

test('a workload that a way does not fit is left out, and refused where it was asked for', async () => {
  const roles = {
    web: ROLE,
    keys: { ...ROLE, serviceAccounts: ['crypt'], policies: ['keys'] },
    few: { ...ROLE, tokenNumUses: 1 },
  }
  const policies = {
    kv: { grants: ['read kv static/web'] },
    keys: { grants: ['encrypt transit keys/a'] },
  }
  const { workloads, skipped } = await write({ roles, policies })
  expect(workloads.map(({ role }) => role)).toEqual(['web'])
  expect(skipped).toEqual([
    { workload: 'app/crypt', role: 'keys', why: 'its role may read no secret and no database credential' },
    { workload: 'app/web', role: 'few', why: 'a token of its role lasts for one request only (tokenNumUses)' },
  ])
  expect(await refused(write({ roles, policies }, { workload: 'app/crypt' }))).toMatchObject({ code: 'ICE8004' })
  expect(await refused(write({ roles, policies }, { role: 'few' }))).toMatchObject({ code: 'ICE8004' })
})

test('two roles of one account: an agent each, but one injector', async () => {
  const roles = { web: ROLE, 'web-init': ROLE }
  const { clusters } = await write({ roles })
  const { objects, patches } = clusters['demo']!
  expect(objects.map(({ metadata }) => metadata.name)).toEqual(['vault-agent.web.web', 'vault-agent.web.web-init'])
  const names = patches.flatMap((patch) => JSON.stringify(patch).match(/"name":"vault-(?:agent|init)-[a-z-]+"/g))
  expect(new Set(names).size).toBe(names.length)
  expect(await refused(write({ roles }, { way: 'injector' }))).toMatchObject({
    code: 'ICE8004',
    next: ['Say which one is meant with --role, or make one role of them.'],
  })
})

test('secrets whose files would be in each other’s way are refused', async () => {
  const policies = { kv: { grants: ['read kv static/a', 'read kv static/a.json/b'] } }
  expect(await refused(write({ policies }))).toMatchObject({ code: 'ICE8005' })
})

test('several clusters: one at a time, or a folder each', async () => {
  const reviewer = { namespace: 'vault-auth', serviceAccount: 'vault-reviewer' }
  const clusters = { a: { auth: { path: 'a', reviewer } }, b: { auth: { path: 'b', reviewer } } }
  expect(await refused(write({ clusters }))).toMatchObject({ code: 'ICE1100' })
  expect(Object.keys((await write({ clusters }, { cluster: 'b' })).clusters)).toEqual(['b'])
  const { savedTo } = await write({ clusters }, { out: join(folder, 'out') })
  expect(savedTo!.map((path) => path.slice(folder.length)).filter((path) => path.includes('kustomization'))).toEqual([
    '/out/a/kustomization.yaml',
    '/out/b/kustomization.yaml',
  ])
})

test('names that could be structure stay text', async () => {
  const odd = `q'"{{x}}: &a *b #c`
  const roles = { web: { ...ROLE, audience: `${odd}\nkind: Secret` } }
  const auth = { path: 'de mo', reviewer: { namespace: 'vault-auth', serviceAccount: 'vault-reviewer' } }
  const pki = { path: odd, account: { namespace: 'cert-manager', name: 'cert-manager' } }
  const settings = { ...SETTINGS, pki }
  for (const way of ['agent', 'injector', 'csi', 'vso', 'eso', 'cert-manager']) {
    const { clusters } = await write({ roles, clusters: { demo: { auth } } }, { way, settings })
    const { manifests, objects } = clusters['demo']!
    expect(parseAllDocuments(manifests).map((document) => document.toJS() as unknown)).toEqual(objects)
    const patched = await write({ roles, clusters: { demo: { auth } } }, { way, settings, patch: true })
    const { manifests: text, patches } = patched.clusters['demo']!
    expect(
      parseAllDocuments(text)
        .filter(({ contents }) => contents !== null)
        .map((document) => document.toJS() as unknown),
    ).toEqual(patches)
    expect(JSON.stringify([objects, patches])).toContain(JSON.stringify(roles.web.audience))
  }
})

test('the list says of each way whether it fits each workload', async () => {
  const { workloads, ways, unnamed } = await integrateList({ file: file() })
  expect(ways.map(({ way, keeps }) => [way, keeps])).toEqual([
    ['agent', 'in memory'],
    ['injector', 'in memory'],
    ['csi', 'in memory'],
    ['vso', 'as a Secret in etcd'],
    ['eso', 'as a Secret in etcd'],
    ['cert-manager', 'as a Secret in etcd'],
  ])
  expect(ways.filter(({ nodePlugin }) => nodePlugin).map(({ way }) => way)).toEqual(['csi'])
  expect(workloads.map((one) => one.ways.map(({ fits }) => fits))).toEqual([[true, true, true, true, true, false]])
  expect(unnamed).toEqual([])
})
