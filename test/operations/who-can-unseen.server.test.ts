import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { IceError, USAGE, VAULT } from '../../src/catalogue/index.js'
import type { FileInput } from '../../src/config/schema.js'
import type { AccessQuery, KindRef } from '../../src/kubernetes/index.js'
import { refs } from '../../src/kubernetes/objects.js'
import { whoCan, type WhoCanOptions, type WhoCanResult } from '../../src/operations/who-can.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { openCluster, openScenario, type Scenario } from './scenario.js'

/** What the operator may not see is said, and nobody is never concluded from it. */
let scenario: Scenario

const file = ({ id, base }: Scenario): FileInput => ({
  ...base(),
  namespaces: { [`${id}-a`]: { labels: { [id]: 'a' } }, [`${id}-b`]: {} },
  serviceAccounts: [`${id}-a/app`, `${id}-b/app`],
  engines: { [`${id}-kv`]: { type: 'kv' } },
  policies: {
    [id]: { grants: [`read kv ${id}-kv/app`] },
    [`${id}-theirs`]: { existing: true },
  },
  roles: {
    named: { serviceAccounts: ['app'], namespaces: [`${id}-a`], policies: [id], audience: 'vault' },
    glob: {
      serviceAccounts: ['*'],
      namespaces: [`${id}-*`],
      policies: [id],
      audience: 'vault',
      accept: ['wildcard'],
    },
    theirs: { serviceAccounts: ['app'], namespaces: [`${id}-b`], policies: [`${id}-theirs`], audience: 'vault' },
  },
})

beforeAll(async () => {
  scenario = await openScenario()
  scenario.write(file(scenario))
  await scenario.apply()
})
afterAll(async () => {
  const { cluster, id } = scenario
  const names = ['none', 'some', 'reader'].map((name) => `icebreaker:${id}:${name}`)
  await Promise.all(names.map((name) => cluster.delete({ ...clusterRole, name })))
  await scenario.close()
})

const ask = (more: Partial<WhoCanOptions> = {}): Promise<WhoCanResult> =>
  whoCan({
    file: scenario.file,
    emit: () => undefined,
    stop: new AbortController().signal,
    verb: 'read',
    path: `${scenario.id}-kv/app`,
    raw: false,
    live: false,
    ...more,
  })

const plain = (text: string): string => text.replaceAll(scenario.id, '')
const said = ({ answers }: WhoCanResult): string[] =>
  answers
    .filter(({ mount }) => mount === scenario.id)
    .map(({ account, role, verdict, there }) => plain(`${account} ${role} ${verdict} ${there}`))
const unseen = ({ gaps }: WhoCanResult): string[] =>
  gaps
    .filter(({ what }) => /demo|identities/.test(what) || what.includes(scenario.id))
    .map(({ code, what }) => plain(`${code} ${what}`))

const clusterRole = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', resource: 'clusterroles' }

const metaOf = ({ apiVersion, kind }: KindRef, name: string) => ({ apiVersion, kind, metadata: { name } })

const bindingOf = (kind: KindRef, role: string, account: string) => ({
  ...metaOf(kind, role),
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
  subjects: [{ kind: 'ServiceAccount', name: account, namespace: `${scenario.id}-auth` }],
})

/** The API server hears of new rights a little later. */
async function allowed(kubeconfig: string, query: AccessQuery): Promise<void> {
  const cluster = await openCluster(kubeconfig, servers().context)
  try {
    for (let attempt = 0; attempt < 100; attempt++) {
      if ((await cluster.can([query]))[0]) return
      await setTimeout(50)
    }
    throw new Error('the rights never came')
  } finally {
    await cluster.close()
  }
}

/** A kubeconfig of a service account that may do only this. */
async function restricted(name: string, rules: readonly object[]): Promise<string> {
  const { cluster, id, folder } = scenario
  const named = `icebreaker:${id}:${name}`
  const account = refs.serviceAccount(`${id}-auth`, name)
  await cluster.create(account, { ...metaOf(account, name), metadata: { name, namespace: `${id}-auth` } })
  await cluster.create(clusterRole, { ...metaOf(clusterRole, named), rules })
  const binding = refs.clusterRoleBinding('')
  await cluster.create(binding, bindingOf(binding, named, name))
  const { token } = await cluster.requestToken({
    namespace: `${id}-auth`,
    serviceAccount: name,
    audiences: [],
    expirationSeconds: 600,
  })
  const { apiServer, apiServerCA, context } = servers()
  const kubeconfig = join(folder, name)
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: apiServer, 'certificate-authority': apiServerCA } }],
      users: [{ name: 'u', user: { token: Secret.reveal(token) } }],
      contexts: [{ name: context, context: { cluster: 'c', user: 'u' } }],
      'current-context': context,
    }),
  )
  return kubeconfig
}

describe('a cluster', () => {
  test('that may not be listed at all', async () => {
    const kubeconfig = await restricted('none', [])
    const result = await ask({ kubeconfig })
    expect(said(result)).toEqual([
      '* in the namespaces -* glob yes unlisted',
      '-a/app named yes unknown',
      '-b/app theirs unknown unknown',
    ])
    expect(unseen(result)).toEqual([
      'ICE7105 the service accounts of the cluster demo, its namespaces',
      'ICE7105 the service accounts of the cluster demo, namespaces -a, -b',
      'ICE7106 the policy -theirs',
    ])
    expect(result.findings.filter(({ code }) => code === 'ICE7102')).toEqual([])
  })

  test('of which the namespaces may be listed, and the accounts of one', async () => {
    const { id, cluster } = scenario
    const kubeconfig = await restricted('some', [{ apiGroups: [''], resources: ['namespaces'], verbs: ['list'] }])
    const reader = `icebreaker:${id}:reader`
    await cluster.create(clusterRole, {
      ...metaOf(clusterRole, reader),
      rules: [{ apiGroups: [''], resources: ['serviceaccounts'], verbs: ['list'] }],
    })
    const roleBinding = { ...clusterRole, kind: 'RoleBinding', resource: 'rolebindings', namespace: `${id}-a` }
    await cluster.create(roleBinding, bindingOf(roleBinding, reader, 'some'))
    await allowed(kubeconfig, { verb: 'list', group: '', resource: 'serviceaccounts', namespace: `${id}-a` })
    await allowed(kubeconfig, { verb: 'list', group: '', resource: 'namespaces' })
    const result = await ask({ kubeconfig })
    expect(said(result).filter((line) => !line.startsWith('-b/app theirs'))).toEqual([
      '* in the namespace -auth glob yes unlisted',
      '* in the namespace -b glob yes unlisted',
      '-a/app glob yes yes',
      '-a/app named yes yes',
      '-a/default glob yes yes',
    ])
    expect(unseen(result)[0]).toMatch(/^ICE7105 the service accounts of the cluster demo, namespaces /)
  })

  test('that cannot be reached, or is not in the kubeconfig', async () => {
    const kubeconfig = join(scenario.folder, 'elsewhere')
    const write = (context: string) =>
      writeFileSync(
        kubeconfig,
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Config',
          clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
          users: [{ name: 'u', user: { token: 'a-token' } }],
          contexts: [{ name: context, context: { cluster: 'c', user: 'u' } }],
        }),
      )
    for (const context of [servers().context, 'another']) {
      write(context)
      const result = await ask({ kubeconfig })
      expect(said(result)).toContain('-a/app named yes unknown')
      expect(unseen(result)[0]).toMatch(/^ICE7105 the service accounts of the cluster demo/)
    }
  })
})

test('a run that is stopped gives no answer', async () => {
  const stop = AbortSignal.abort(new IceError(USAGE.stopped, { message: 'Stopped by SIGINT.' }))
  await expect(ask({ stop })).rejects.toMatchObject({ record: USAGE.stopped })
})

describe('a Vault token', () => {
  async function tokenFile(name: string, policy: string): Promise<string> {
    const { id, vault, folder } = scenario
    await vault.write(path`sys/policies/acl/${`${id}-${name}`}`, { policy }, { repeatable: true })
    const { login } = await vault.write(path`auth/token/create`, { policies: [`${id}-${name}`], ttl: '5m' })
    const file = join(folder, name)
    writeFileSync(file, Secret.reveal(login!.token), { mode: 0o600 })
    return file
  }
  const READ_MOUNTS = 'path "sys/auth" { capabilities = ["read"] }\npath "sys/mounts" { capabilities = ["read"] }\n'

  test('that may not see the roles', async () => {
    const result = await ask({ live: true, tokenFile: await tokenFile('mounts', READ_MOUNTS) })
    expect(said(result)).toEqual([])
    expect(unseen(result)).toEqual(
      expect.arrayContaining([
        'ICE7107 the roles of auth/',
        'ICE7107 the policies of identities (entities and groups)',
      ]),
    )
  })

  test('that may see the roles, and not the policies', async () => {
    const policy = `${READ_MOUNTS}path "auth/${scenario.id}/*" { capabilities = ["read", "list"] }`
    const result = await ask({ live: true, tokenFile: await tokenFile('roles', policy) })
    expect(said(result).length).toBeGreaterThan(2)
    for (const line of said(result)) expect(line).toMatch(/ unknown (?:yes|no)$/)
    expect(unseen(result)).toEqual(expect.arrayContaining(['ICE7106 the policy ', 'ICE7106 the policy -theirs']))
  })

  test('that may not see the auth mounts gives no answer', async () => {
    const refused = ask({
      live: true,
      tokenFile: await tokenFile('nothing', 'path "sys/mounts" { capabilities = ["read"] }'),
    })
    await expect(refused).rejects.toMatchObject({ record: VAULT.notPermitted, exitCode: 5 })
  })
})

test('a policy that is there, and not the file’s, is open in the file and known in Vault', async () => {
  const { id, vault } = scenario
  expect(said(await ask())).toContain('-b/app theirs unknown yes')
  // Vault takes the name of a policy that does not exist.
  const before = await ask({ live: true })
  expect(said(before).filter((line) => line.includes('theirs'))).toEqual([])
  await vault.write(
    path`sys/policies/acl/${`${id}-theirs`}`,
    { policy: `path "${id}-kv/+/app" {\n  capabilities = ["read"]\n}\n` },
    { repeatable: true },
  )
  expect(said(await ask({ live: true }))).toContain('-b/app theirs yes yes')
})
