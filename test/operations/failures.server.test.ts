import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { applyExit } from '../../src/commands/base/exit-code.js'
import { refs } from '../../src/kubernetes/index.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { databaseURL } from './everything.js'
import { openScenario, pending, refusal, states, type Scenario, type ScenarioOptions } from './scenario.js'

let scenario: Scenario

beforeEach(async () => {
  scenario = await openScenario()
})
afterEach(() => scenario.close())

function file({ id, base }: Scenario, url = databaseURL()) {
  return {
    ...base(),
    namespaces: { [`${id}-app`]: {} },
    engines: {
      [`${id}-kv`]: { type: 'kv' as const, secrets: { app: { key: { literal: 'ours' } } } },
      [`${id}-db`]: {
        type: 'database' as const,
        connections: {
          main: {
            plugin: 'postgresql-database-plugin',
            url,
            username: { literal: 'vault' },
            password: { env: 'PGPASSWORD' },
          },
        },
        roles: { app: { connection: 'main', creation: [`CREATE ROLE "{{name}}" PASSWORD '{{password}}'`] } },
      },
      [`${id}-transit`]: { type: 'transit' as const, keys: { app: {} } },
    },
    policies: { [`${id}-app`]: { grants: [`read kv ${id}-kv/app`] } },
    roles: {
      app: { serviceAccounts: ['app'], namespaces: [`${id}-app`], audience: 'vault', policies: [`${id}-app`] },
    },
  }
}

test('a database that is down stops what needs it and nothing else; when it is up again, apply finishes the work', async () => {
  const { id } = scenario
  scenario.write(file(scenario, 'postgresql://{{username}}:{{password}}@127.0.0.1:1/app'))
  const result = await scenario.apply({ verify: 'changed' })
  const notDone = result.outcomes.filter(({ state }) => state !== 'done')
  expect(notDone.map(({ address, state, reason }) => [address, state, reason])).toEqual([
    [`vault:${id}-db/config/main`, 'failed', undefined],
    [`vault:${id}-db/roles/app`, 'skipped', `it needs vault:${id}-db/config/main`],
  ])
  expect(notDone[0]?.error?.message).toContain('connection refused')
  expect(notDone[0]?.error?.message).not.toContain(servers().postgres.vault.password)
  expect(applyExit(result)).toBe(1)
  expect(result.verify).toBeUndefined()

  scenario.write(file(scenario))
  expect(states(await scenario.apply())).toEqual({
    [`vault:${id}-db/config/main`]: 'done',
    [`vault:${id}-db/roles/app`]: 'done',
  })
  expect(pending(await scenario.plan())).toEqual({})
})

test('a parameter that the server does not know is an error, also where the server keeps silent about it', async () => {
  const { id, base } = scenario
  const roles = { app: { serviceAccounts: ['app'], namespaces: ['a'], audience: 'vault' } }
  const strange = {
    openbao: {
      auth: { useAnnotationsAsAliasMetadata: true },
      role: { aliasMetadata: { team: 'a' } },
      ignored: ['use_annotations_as_alias_metadata', 'alias_metadata'],
    },
    // Vault knows alias_metadata from 1.21.1 on.
    vault: { auth: {}, role: { tokenStrictlyBindIP: true }, ignored: ['token_strictly_bind_ip'] },
  }[servers().product]
  const run = async (auth: object, role: object) => {
    scenario.write({ ...base(auth), roles: { app: { ...roles.app, ...role } } })
    const { outcomes } = await scenario.apply()
    return outcomes.flatMap(({ error }) =>
      error === undefined ? [] : [[error.code, error.details.evidence?.['parameters']]],
    )
  }
  const ignored = [...(await run(strange.auth, {})), ...(await run({}, strange.role))]
  expect(ignored).toEqual(strange.ignored.map((name) => ['ICE2034', name]))

  // What was written without it is ours all the same.
  scenario.write({ ...base(), roles })
  expect(new Set(Object.values(states(await scenario.apply())))).not.toContain('failed')
  expect(pending(await scenario.plan())).toEqual({})
  expect((await scenario.inventory()).objects[`vault:auth/${id}/role/app`]).toHaveProperty('mark')
})

/** A policy with all that the file needs, path by path. */
function policyFor(id: string): Record<string, string[]> {
  return {
    'sys/auth': ['read'],
    'sys/mounts': ['read'],
    [`sys/auth/${id}`]: ['update', 'sudo'],
    [`sys/mounts/auth/${id}/tune`]: ['update'],
    [`auth/${id}/config`]: ['read', 'update'],
    [`auth/${id}/role/app`]: ['read', 'create', 'update'],
    [`sys/policies/acl/${id}-app`]: ['read', 'update'],
    ...Object.fromEntries(
      ['kv', 'db', 'transit'].flatMap((mount) => [
        [`sys/mounts/${id}-${mount}`, ['update']],
        [`sys/mounts/${id}-${mount}/tune`, ['update']],
      ]),
    ),
    [`${id}-kv/config`]: ['read'],
    [`${id}-kv/metadata/app`]: ['read'],
    [`${id}-kv/data/app`]: ['create'],
    [`${id}-db/config/main`]: ['read', 'create', 'update'],
    [`${id}-db/roles/app`]: ['read', 'create', 'update'],
    [`${id}-transit/keys/app`]: ['read', 'update'],
    [`${id}-transit/keys/app/config`]: ['update'],
  }
}

/** A token with a policy of just these rules. */
async function tokenWith(rules: Record<string, string[]>): Promise<string> {
  const { id, vault } = scenario
  const stanzas = Object.entries(rules).map(
    ([at, capabilities]) => `path "${at}" { capabilities = ${JSON.stringify(capabilities)} }`,
  )
  await vault.write(path`sys/policies/acl/${`${id}-operator`}`, { policy: stanzas.join('\n') }, { repeatable: true })
  const token = `${id}-${randomBytes(4).toString('hex')}`
  await vault.write(path`auth/token/create`, { id: token, policies: [`${id}-operator`], ttl: '5m' })
  return token
}

async function as(options: ScenarioOptions): Promise<Scenario> {
  const other = await openScenario({ ...options, id: scenario.id })
  other.write(file(other))
  return other
}

test('the permissions that are asked for are enough; where one lacks, it is named before the first write', async () => {
  const { id, cluster } = scenario
  const needed = policyFor(id)
  for (const at of Object.keys(needed).filter((each) => !/^sys\/(auth|mounts)$/.test(each))) {
    const writes = needed[at]!.filter((capability) => capability !== 'read')
    if (writes.length === 0) continue
    const limited = await as({ token: await tokenWith({ ...needed, [at]: ['read', 'list'] }) })
    try {
      const error = await refusal(limited.apply())
      expect([error.exitCode, 'code' in error && error.code]).toEqual([5, 'ICE4003'])
      expect('next' in error && error.next).toEqual([expect.stringContaining(`path "${at}" {`)])
      expect(await cluster.get(refs.namespace(`${id}-auth`))).toBeUndefined()
    } finally {
      await limited.closeClients()
    }
  }
  const able = await as({ token: await tokenWith(needed) })
  try {
    expect(Object.entries(states(await able.apply())).filter(([, state]) => state !== 'done')).toEqual([])
    expect(pending(await able.plan())).toEqual({})
  } finally {
    await able.closeClients()
  }
})

test('what may not be read is told once, with all objects and all that is to be granted', async () => {
  const { id } = scenario
  scenario.write(file(scenario))
  await scenario.apply()
  const { [`auth/${id}/role/app`]: _role, [`${id}-transit/keys/app`]: _key, ...rest } = policyFor(id)
  const limited = await as({ token: await tokenWith(rest) })
  try {
    const error = await refusal(limited.plan())
    expect(error.exitCode).toBe(5)
    const [only, ...more] = 'errors' in error ? error.errors : []
    expect(more).toEqual([])
    expect(only?.message).toBe(
      `2 objects cannot be read: The token may not read ${id}-transit/keys/app; the others likewise.`,
    )
    expect(only?.details.evidence?.['objects']).toBe(`vault:${id}-transit/keys/app\nvault:auth/${id}/role/app`)
    expect(only?.next).toEqual([
      'Add to a policy of the token:',
      expect.stringContaining(`path "${id}-transit/keys/app"`),
      expect.stringContaining(`path "auth/${id}/role/app"`),
    ])
  } finally {
    await limited.closeClients()
  }
})

test('a token that Vault does not accept is told once, however many objects there are', async () => {
  const { id } = scenario
  scenario.write(file(scenario))
  await scenario.apply()
  const stranger = await as({ token: `${id}-nobody` })
  try {
    const error = await refusal(stranger.plan())
    const all = 'errors' in error ? error.errors : []
    expect([error.exitCode, all.map(({ code }) => code)]).toEqual([5, ['ICE2027']])
    expect(all[0]?.message).toMatch(/^\d+ objects cannot be read: Vault does not accept the token/)
  } finally {
    await stranger.closeClients()
  }
})

test('a Kubernetes user who lacks rights is told which, before the first write in either system', async () => {
  const { id, vault } = scenario
  const rules = [
    {
      apiGroups: [''],
      resources: ['namespaces', 'serviceaccounts', 'secrets', 'configmaps'],
      verbs: ['get', 'create', 'patch', 'update'],
    },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update', 'delete'] },
    { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterrolebindings'], verbs: ['get', 'create', 'patch'] },
  ]
  const bind = {
    apiGroups: ['rbac.authorization.k8s.io'],
    resources: ['clusterroles'],
    resourceNames: ['system:auth-delegator'],
    verbs: ['bind'],
  }
  const user = await kubernetesUser(rules.map((rule, index) => (index === 0 ? { ...rule, verbs: ['get'] } : rule)))
  const limited = await as({ kubeconfig: user.kubeconfig })
  try {
    const error = await refusal(limited.apply())
    expect([error.exitCode, 'code' in error && error.code]).toEqual([5, 'ICE4003'])
    expect('next' in error && error.next).toEqual(
      expect.arrayContaining([
        `On cluster demo, allow: create namespaces ${id}-auth`,
        `On cluster demo, allow: patch secrets reviewer-token in namespace ${id}-auth`,
        `On cluster demo, allow: create configmaps in namespace ${id}-auth`,
        'On cluster demo, allow: bind clusterroles.rbac.authorization.k8s.io system:auth-delegator',
      ]),
    )
    expect(Object.keys((await vault.read(path`sys/auth`))?.data ?? {})).not.toContain(`${id}/`)

    await user.allow([...rules, bind])
    expect(Object.entries(states(await limited.apply())).filter(([, state]) => state !== 'done')).toEqual([])
  } finally {
    await limited.closeClients()
    await user.remove()
  }
})

test('where it will verify, what only that needs is named before the first write too, and is enough', async () => {
  const { id, cluster } = scenario
  const toWrite = [
    { apiGroups: [''], resources: ['namespaces', 'serviceaccounts'], verbs: ['get', 'create', 'patch'] },
    { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create', 'patch'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'update'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update', 'delete'] },
    { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterrolebindings'], verbs: ['get', 'create', 'patch'] },
    {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['clusterroles'],
      resourceNames: ['system:auth-delegator'],
      verbs: ['bind'],
    },
  ]
  const toVerify = [
    { apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: ['app', 'default'], verbs: ['create'] },
    { apiGroups: [''], resources: ['serviceaccounts'], resourceNames: ['app'], verbs: ['delete'] },
    { apiGroups: [''], resources: ['secrets'], verbs: ['delete'] },
  ]
  const user = await kubernetesUser(toWrite)
  const rules = { ...policyFor(id), [`auth/${id}/role/once`]: ['read', 'create', 'update'] }
  const limited = await as({ kubeconfig: user.kubeconfig, token: await tokenWith(rules) })
  const plain = file(limited)
  const { app } = plain.roles
  limited.write({
    ...plain,
    serviceAccounts: [`${id}-app/app`],
    roles: { app, once: { ...app, tokenNoDefaultPolicy: true } },
  })
  try {
    const error = await refusal(limited.apply({ verify: 'changed' }))
    expect('next' in error && error.next).toEqual([
      'Only to verify, which --no-verify leaves out:',
      'path "auth/token/revoke-accessor" { capabilities = ["update"] }',
      ...[
        `delete secrets in namespace ${id}-app`,
        `delete secrets in namespace ${id}-auth`,
        `create serviceaccounts/token app in namespace ${id}-app`,
        `create serviceaccounts/token default in namespace ${id}-app`,
        `create serviceaccounts/token app in namespace ${id}-auth`,
        `delete serviceaccounts app in namespace ${id}-auth`,
      ].map((right) => `On cluster demo, allow: ${right}`),
    ])
    expect(await cluster.get(refs.namespace(`${id}-auth`))).toBeUndefined()

    await user.allow([...toWrite, ...toVerify])
    await tokenWith({ ...rules, 'auth/token/revoke-accessor': ['update'] })
    const { verify } = await limited.apply({ verify: 'changed' })
    expect(verify?.left).toEqual([])
    expect(verify?.probes.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
  } finally {
    await limited.closeClients()
    await user.remove()
  }
})

/** A user of the cluster with just these rights, and its kubeconfig. */
async function kubernetesUser(rules: readonly object[]) {
  const { id, cluster, folder } = scenario
  const name = `${id}-operator`
  const account = refs.serviceAccount('default', name)
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', resource: 'clusterroles', name }
  const binding = refs.clusterRoleBinding(name)
  const allow = (allowed: readonly object[]) =>
    cluster.apply(role, { apiVersion: role.apiVersion, kind: role.kind, metadata: { name }, rules: allowed })
  await allow(rules)
  await cluster.create(account, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'default' } })
  await cluster.create(binding, {
    apiVersion: role.apiVersion,
    kind: binding.kind,
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace: 'default' }],
  })
  const { token } = await cluster.requestToken({
    namespace: 'default',
    serviceAccount: name,
    audiences: [],
    expirationSeconds: 600,
  })
  const { apiServer, apiServerCA, context } = servers()
  const kubeconfig = join(folder, 'kubeconfig')
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
  return {
    kubeconfig,
    allow,
    remove: () => Promise.all([cluster.delete(account), cluster.delete(role), cluster.delete(binding)]),
  }
}
