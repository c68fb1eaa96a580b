import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { isIceError } from '../../src/catalogue/index.js'
import { permissions, type PermissionsOptions } from '../../src/operations/permissions.js'
import { kubernetesRules } from '../../src/operations/permission-rules.js'
import type { Need } from '../../src/operations/permission-needs.js'
import { expectGolden, written } from '../views/golden.js'
import { root } from '../docs/pages.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-permissions-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const reviewer = { namespace: 'vault-auth', serviceAccount: 'vault-reviewer' }

function file(content: object, name = 'icebreaker.yaml'): string {
  const path = join(folder, name)
  const base = { version: 1, name: 'demo', clusters: { demo: { auth: { path: 'demo', reviewer } } } }
  writeFileSync(path, JSON.stringify({ ...base, ...content }))
  return path
}

const of = (path: string, more: Partial<PermissionsOptions> = {}) =>
  permissions({
    file: path,
    purpose: 'apply',
    parts: ['vault', 'kubernetes'],
    subjects: [],
    proofByVault: false,
    ...more,
  })

async function message(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'it went well',
    (error: unknown) => {
      if (isIceError(error)) return `${error.exitCode} ${error.message}`
      throw error
    },
  )
}

const TEMPLATE = join(root, 'templates/sandbox/icebreaker.yaml')

describe('of the reference scenario', () => {
  test.each(['plan', 'apply', 'verify'] as const)('for %s', async (purpose) => {
    const result = await of(TEMPLATE, { purpose, subjects: [{ kind: 'Group', name: 'platform' }] })
    expectGolden(`../operations/permissions-${purpose}.human`, await written('human', (view) => view.result(result)))
    expectGolden(`../operations/permissions-${purpose}.json`, await written('json', (view) => view.result(result)))
  })

  test('each part alone is what the program behind the pipe reads', async () => {
    const vault = await of(TEMPLATE, { parts: ['vault'] })
    const kubernetes = await of(TEMPLATE, { parts: ['kubernetes'] })
    expect(await written('human', (view) => view.result(vault), { env: { LANG: 'C', GITHUB_ACTIONS: 'true' } })).toBe(
      `=== stdout ===\n${vault.vault?.policy ?? ''}=== stderr ===\n`,
    )
    const [, yaml = ''] =
      /=== stdout ===\n([^]*)=== stderr/.exec(await written('human', (view) => view.result(kubernetes))) ?? []
    expect(parseAllDocuments(yaml, { version: '1.1' }).flatMap(({ errors }) => errors)).toEqual([])
    expect([vault.clusters, kubernetes.vault]).toEqual([undefined, undefined])
  })

  test('what anybody has to be given is less for less', async () => {
    const count = async (purpose: PermissionsOptions['purpose']) => {
      const { vault, clusters } = await of(TEMPLATE, { purpose })
      const capabilities = vault?.rules.flatMap((rule) => rule.capabilities) ?? []
      const verbs = clusters?.['demo']?.rules.flatMap((rule) => rule.verbs) ?? []
      return { vault: new Set(capabilities), kubernetes: new Set(verbs) }
    }
    expect(await count('plan')).toEqual({ vault: new Set(['read']), kubernetes: new Set(['get']) })
    expect((await count('verify')).vault).toEqual(new Set())
    expect((await count('apply')).vault).toEqual(new Set(['create', 'read', 'update', 'sudo']))
  })
})

describe('on the cluster', () => {
  const need = (verb: string, name?: string, resource = 'secrets'): Need => ({
    call: {
      api: 'kubernetes',
      cluster: 'demo',
      access: { verb, group: '', resource, namespace: 'app', ...(name !== undefined && { name }) },
    },
    why: `to ${verb}`,
  })

  test('names that may be done the same with share a rule, and a verb for all names is not given by name too', () => {
    const rules = kubernetesRules(
      [need('get', 'b'), need('get', 'a'), need('create', 'c'), need('get', 'c'), need('create'), need('get', 'a')],
      'demo',
    )
    expect(rules.map(({ names, verbs }) => [names, verbs])).toEqual([
      [['a', 'b', 'c'], ['get']],
      [[], ['create']],
    ])
    expect(kubernetesRules([need('get', 'a')], 'other')).toEqual([])
  })

  test('a namespace that gets a Role is made with it, as the file describes it, and as nobody’s', async () => {
    const path = file({
      namespaces: { app: { labels: { team: 'a' }, annotations: { note: 'on' } }, lonely: {} },
      serviceAccounts: ['app/web'],
    })
    const { rules = [], manifests = '' } = (await of(path)).clusters?.['demo'] ?? {}
    const documents = parseAllDocuments(manifests, { version: '1.1' }).map(
      (document) => document.toJS() as { kind: string; metadata: object },
    )
    expect(documents.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata)).toEqual([
      { name: 'vault-auth' },
      { name: 'app', labels: { team: 'a' }, annotations: { note: 'on' } },
    ])
    const verbs = (name: string) =>
      rules
        .filter(({ resource, names }) => resource === 'namespaces' && names.includes(name))
        .flatMap((one) => one.verbs)
    expect([verbs('app'), verbs('lonely')]).toEqual([['get'], ['get', 'create', 'patch']])
  })

  test('a name that YAML 1.1 takes for something else is in quotes', async () => {
    const { manifests } = (await of(file({ namespaces: { on: {} }, serviceAccounts: ['on/y'] }))).clusters!['demo']!
    expect(manifests).toContain('resourceNames: [ "y" ]')
    expect(manifests).toContain('name: "on"')
  })

  test('whom the rights are given to', async () => {
    const subjects = [
      { kind: 'User', name: 'alice' },
      { kind: 'ServiceAccount', name: 'runner', namespace: 'ci' },
    ] as const
    const { manifests } = (await of(file({}), { subjects })).clusters!['demo']!
    const bindings = parseAllDocuments(manifests)
      .map((document) => document.toJS() as { kind: string; subjects?: object[] })
      .filter(({ kind }) => kind.endsWith('Binding'))
    expect(bindings.map(({ kind }) => kind)).toEqual(['ClusterRoleBinding', 'RoleBinding'])
    for (const binding of bindings) {
      expect(binding.subjects).toEqual([
        { kind: 'User', name: 'alice', apiGroup: 'rbac.authorization.k8s.io' },
        { kind: 'ServiceAccount', name: 'runner', namespace: 'ci' },
      ])
    }
    expect(manifests).not.toContain('--bind-to')
  })
})

test('what only Vault’s proof needs is there only where it is asked for', async () => {
  const paths = async (proofByVault: boolean) =>
    ((await of(file({}), { proofByVault })).vault?.rules ?? []).map(({ path }) => path)
  expect(await paths(false)).not.toContain('sys/auth/icebreaker-scratch-*')
  expect(await paths(true)).toEqual(
    expect.arrayContaining(['sys/auth/icebreaker-scratch-*', 'auth/icebreaker-scratch-*']),
  )
})

test('the namespace of Vault that the policy belongs into is named', async () => {
  expect((await of(file({ vault: { namespace: 'team-a' } }))).vault).toMatchObject({
    namespace: 'team-a',
    policy: expect.stringContaining('# It belongs into the namespace team-a.') as unknown as string,
  })
})

describe('of several clusters', () => {
  const auth = (path: string) => ({ auth: { path, reviewer } })
  const several = () => file({ clusters: { blue: auth('blue'), green: auth('green') } }, 'several.yaml')

  test('each has its rights', async () => {
    const { clusters = {} } = await of(several())
    expect(Object.keys(clusters)).toEqual(['blue', 'green'])
    expect(JSON.stringify(clusters['green']?.rules)).not.toContain('inventory')
    expect(clusters['blue']?.rules.some(({ resource }) => resource === 'leases')).toBe(true)
    expect(clusters['green']?.rules.some(({ resource }) => resource === 'leases')).toBe(false)
  })

  test('what is for a pipe is for one of them', async () => {
    expect(await message(of(several(), { parts: ['kubernetes'] }))).toMatch(/^2 The file has several clusters/)
    const one = await of(several(), { parts: ['kubernetes'], cluster: 'green' })
    expect(Object.keys(one.clusters ?? {})).toEqual(['green'])
    expect(await message(of(several(), { cluster: 'gren' }))).toBe('2 --cluster: the file has no cluster "gren".')
  })
})

describe('as files', () => {
  test('a folder holds the policy and the manifests, and is brought up to date', async () => {
    const out = join(folder, 'made', 'here')
    const paths = [join(out, 'vault-policy.hcl'), join(out, 'kubernetes-demo.yaml')]
    expect((await of(file({}), { out })).savedTo).toEqual(paths)
    const result = await of(file({ name: 'other' }), { out })
    expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual([
      result.vault?.policy,
      result.clusters?.['demo']?.manifests,
    ])
    const text = await written('human', (view) =>
      view.result({ ...result, savedTo: ['a b/vault-policy.hcl', 'k.yaml'] }),
    )
    expect(text).toContain(
      "  vault policy write icebreaker-other-apply 'a b/vault-policy.hcl'\n  kubectl apply -f k.yaml\n",
    )
  })

  test('what somebody else wrote stays, and no link is followed', async () => {
    const out = join(folder, 'taken')
    mkdirSync(out)
    const victim = join(folder, 'victim')
    writeFileSync(victim, 'mine')
    writeFileSync(join(out, 'kubernetes-demo.yaml'), 'kind: Mine')
    expect(await message(of(file({}), { out }))).toMatch(
      /^2 .*kubernetes-demo\.yaml is there, and was not made by this/,
    )
    rmSync(join(out, 'kubernetes-demo.yaml'))
    symlinkSync(join(folder, 'nothing'), join(out, 'kubernetes-demo.yaml'))
    expect(await message(of(file({}), { out }))).toMatch(/^2 .*taken cannot be written to \(ELOOP\)/)
    expect(await message(of(file({}), { out: victim }))).toMatch(/^2 .*victim cannot be written to/)
    expect(readFileSync(victim, 'utf8')).toBe('mine')
  })
})
