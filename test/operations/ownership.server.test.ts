import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { refs } from '../../src/kubernetes/index.js'
import type { Inventory } from '../../src/reconcile/inventory.js'
import { path, statusOf } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { databaseURL } from './everything.js'
import { beforeVault } from './recorder.js'
import { openScenario, pending, refusal, states, type Scenario } from './scenario.js'

let scenario: Scenario

beforeEach(async () => {
  scenario = await openScenario()
})
afterEach(() => scenario.close())

/** A file with one of each kind of object that belongs to somebody. */
function file({ id, base }: Scenario, name = id) {
  return {
    ...base(),
    name,
    serviceAccounts: [`${id}-app/app`],
    namespaces: { [`${id}-app`]: {} },
    engines: {
      [`${id}-kv`]: { type: 'kv' as const, secrets: { app: { key: { literal: 'ours' } } } },
      [`${id}-db`]: {
        type: 'database' as const,
        connections: {
          main: {
            plugin: 'postgresql-database-plugin',
            url: databaseURL(),
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

const config = () => ({
  kubernetes_host: 'https://127.0.0.1:1',
  kubernetes_ca_cert: readFileSync(servers().apiServerCA, 'utf8'),
})

test('what somebody made by hand is refused, each object with its reason, and nothing at all is written', async () => {
  const { id, vault, cluster } = scenario
  await cluster.create(refs.namespace(''), { metadata: { name: `${id}-auth` }, apiVersion: 'v1', kind: 'Namespace' })
  await cluster.create(refs.clusterRoleBinding(''), {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `icebreaker:${id}-auth:reviewer` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
  })
  await cluster.create(refs.secret(`${id}-auth`, ''), {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'reviewer-token', namespace: `${id}-auth` },
  })
  await vault.write(path`sys/auth/${id}`, { type: 'kubernetes' })
  await vault.write(path`auth/${id}/config`, config())
  await vault.write(path`auth/${id}/role/app`, {
    bound_service_account_names: 'x',
    bound_service_account_namespaces: 'y',
  })
  await vault.write(path`sys/mounts/${`${id}-kv`}`, { type: 'kv', options: { version: '2' } })
  await vault.write(path`sys/mounts/${`${id}-db`}`, { type: 'database' })
  await vault.write(path`sys/mounts/${`${id}-transit`}`, { type: 'transit' })
  await onceUpgraded(() => vault.write(path`${`${id}-kv`}/data/app`, { data: { key: 'theirs' } }, { repeatable: true }))
  await vault.write(path`${`${id}-db`}/config/main`, {
    plugin_name: 'postgresql-database-plugin',
    connection_url: databaseURL(),
    username: 'vault',
    password: 'x',
    verify_connection: false,
  })
  await vault.write(path`${`${id}-db`}/roles/app`, { db_name: 'main', creation_statements: ['x'] })
  await vault.write(path`${`${id}-transit`}/keys/app`, { type: 'ed25519' })
  await vault.write(path`sys/policies/acl/${`${id}-app`}`, { policy: '# theirs' })

  scenario.write(file(scenario))
  const error = await refusal(scenario.apply())
  expect(error.exitCode).toBe(8)
  const evidence = 'details' in error ? error.details.evidence : {}
  const notOurs = 'it exists, and this file did not make it'
  expect(evidence).toEqual({
    [`k8s:demo:ClusterRoleBinding/icebreaker:${id}-auth:reviewer`]: `${notOurs} (managed by test)`,
    [`k8s:demo:Secret/${id}-auth/reviewer-token`]: `${notOurs} (managed by test)`,
    ...Object.fromEntries(
      [
        `sys/auth/${id}`,
        `auth/${id}/config`,
        `auth/${id}/role/app`,
        `sys/policies/acl/${id}-app`,
        `sys/mounts/${id}-kv`,
        `sys/mounts/${id}-db`,
        `sys/mounts/${id}-transit`,
        `${id}-kv/data/app`,
        `${id}-db/config/main`,
        `${id}-db/roles/app`,
        `${id}-transit/keys/app`,
      ].map((address) => [`vault:${address}`, notOurs]),
    ),
  })

  expect(await cluster.get(refs.namespace(`${id}-app`))).toBeUndefined()
  expect(await cluster.get(refs.serviceAccount(`${id}-auth`, 'reviewer'))).toBeUndefined()
  expect(await cluster.get(refs.configMap(`${id}-auth`, `icebreaker-${id}`))).toBeUndefined()
  expect((await vault.read(path`auth/${id}/config`))?.data).toMatchObject({ kubernetes_host: 'https://127.0.0.1:1' })
  expect((await vault.read(path`sys/policies/acl/${`${id}-app`}`))?.data['policy']).toBe('# theirs')
})

test('a mount of another type, and a KV engine of another version, are refused without looking into them', async () => {
  const { id, vault } = scenario
  await vault.write(path`sys/auth/${id}`, { type: 'userpass' })
  await vault.write(path`sys/mounts/${`${id}-kv`}`, { type: 'kv', options: { version: '1' } })
  await vault.write(path`sys/mounts/${`${id}-transit`}`, { type: 'kv', options: { version: '1' } })
  scenario.write(file(scenario))
  const refused = (await scenario.plan()).plan.objects.filter(({ action }) => action === 'refuse')
  expect(refused.map(({ address }) => address)).toEqual([
    `vault:sys/auth/${id}`,
    `vault:sys/mounts/${id}-kv`,
    `vault:sys/mounts/${id}-transit`,
  ])
  expect((await refusal(scenario.apply())).exitCode).toBe(8)
})

test('namespaces and service accounts of others are used, and left as they are', async () => {
  const { id, cluster } = scenario
  for (const name of [`${id}-auth`, `${id}-app`]) {
    await cluster.create(refs.namespace(''), {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { team: 'theirs' } },
    })
  }
  const account = refs.serviceAccount(`${id}-app`, 'app')
  await cluster.create(account, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'app' } })
  const before = await Promise.all([cluster.get(refs.namespace(`${id}-app`)), cluster.get(account)])

  scenario.write(file(scenario))
  expect(new Set(Object.values(states(await scenario.apply())))).toEqual(new Set(['done']))
  expect(pending(await scenario.plan())).toEqual({})
  expect(await Promise.all([cluster.get(refs.namespace(`${id}-app`)), cluster.get(account)])).toEqual(before)
})

test('what another file made is named as that file’s; its namespaces and service accounts are shared', async () => {
  const { id } = scenario
  scenario.write(file(scenario))
  await scenario.apply()

  scenario.write({ ...file(scenario, `${id}-second`), inventory: { namespace: `${id}-app` } })
  const { plan } = await scenario.plan()
  const theirs = plan.objects.filter(({ action }) => action === 'refuse')
  expect(new Set(theirs.map(({ reason }) => reason))).toEqual(new Set([`it belongs to the file named ${id}`]))
  expect(new Set(theirs.map(({ kind }) => kind))).toEqual(
    new Set([
      'ClusterRoleBinding',
      'Secret',
      'AuthMount',
      'AuthConfig',
      'Policy',
      'EngineMount',
      'KVSecret',
      'DatabaseConnection',
      'DatabaseRole',
      'TransitKey',
      'AuthRole',
    ]),
  )
  expect(new Set(plan.objects.filter(({ action }) => action === 'none').map(({ kind }) => kind))).toEqual(
    new Set(['Namespace', 'ServiceAccount', 'KVConfig']),
  )
})

test('a mount that somebody removed and made anew is not ours; what was only removed is made again', async () => {
  const { id, vault } = scenario
  scenario.write(file(scenario))
  await scenario.apply()

  await vault.delete(path`sys/mounts/${`${id}-kv`}`)
  expect(pending(await scenario.plan())).toEqual({
    [`vault:sys/mounts/${id}-kv`]: 'create',
    [`vault:${id}-kv/data/app`]: 'create',
  })
  await vault.write(path`sys/mounts/${`${id}-kv`}`, { type: 'kv', options: { version: '2' } })
  expect(pending(await scenario.plan())).toMatchObject({ [`vault:sys/mounts/${id}-kv`]: 'refuse' })
  expect((await refusal(scenario.apply())).exitCode).toBe(8)

  await vault.delete(path`sys/mounts/${`${id}-kv`}`)
  await scenario.apply()
  expect(pending(await scenario.plan())).toEqual({})
})

test('what a run was killed after writing is ours by its intent, and is recorded by the next run', async () => {
  const { id, vault } = scenario
  scenario.write(file(scenario))
  const intended = await intentsOf(scenario)
  const complete = await scenario.inventory()

  // As it stood before the marks were recorded.
  await scenario.setInventory(intended)
  // Which token Vault holds is recorded nowhere, so it is written once more.
  expect(pending(await scenario.plan())).toEqual({ [`vault:auth/${id}/config`]: 'update' })
  await scenario.apply()
  expect((await scenario.inventory()).objects).toEqual(complete.objects)
  expect(pending(await scenario.plan())).toEqual({})

  // Now it is ours whatever is changed by hand.
  await vault.write(path`sys/policies/acl/${`${id}-app`}`, { policy: '# by hand' })
  expect(pending(await scenario.plan())).toEqual({ [`vault:sys/policies/acl/${id}-app`]: 'update' })
})

test('where only the record is missing, apply records it and writes nothing else', async () => {
  const { id, vault } = scenario
  scenario.write(file(scenario))
  await scenario.apply()
  const complete = await scenario.inventory()
  scenario.write({
    ...file(scenario),
    policies: { ...file(scenario).policies, [`${id}-more`]: { grants: [`list kv ${id}-kv/`] } },
  })
  const intended = await intentsOf(scenario)
  expect(Object.values(intended.objects).filter(({ intent }) => intent !== undefined)).toHaveLength(1)
  await scenario.setInventory(intended)

  expect(
    (await scenario.apply({ confirm: () => Promise.reject(new Error('there is nothing to ask')) })).outcomes,
  ).toEqual([])
  const { objects } = await scenario.inventory()
  expect(objects).toEqual({
    ...complete.objects,
    [`vault:sys/policies/acl/${id}-more`]: expect.objectContaining({ kind: 'Policy', mark: expect.anything() }),
  })
  await vault.write(path`sys/policies/acl/${`${id}-more`}`, { policy: '# by hand' })
  expect(pending(await scenario.plan())).toEqual({ [`vault:sys/policies/acl/${id}-more`]: 'update' })
})

/** Applies, and takes the inventory as it stands when the first write in Vault begins. */
async function intentsOf({ apply, inventory, folder }: Scenario): Promise<Inventory> {
  let taken: Promise<Inventory> | undefined
  const recorder = await beforeVault(folder)
  recorder.meddle = async (request) => {
    if (recorder.writes().includes(request)) await (taken ??= inventory())
    return undefined
  }
  await apply({ vaultAddress: recorder.address, vaultCaFile: recorder.caFile })
  await recorder.close()
  return taken as Promise<Inventory>
}

test('an intent whose object looks otherwise is not ours', async () => {
  const { id, vault } = scenario
  scenario.write(file(scenario))
  await scenario.apply()
  const { objects, ...rest } = await scenario.inventory()
  const address = `vault:sys/policies/acl/${id}-app` as const
  const intent = objects[address]?.mark
  await scenario.setInventory({ ...rest, objects: { ...objects, [address]: { kind: 'Policy', intent: intent! } } })
  await vault.write(path`sys/policies/acl/${`${id}-app`}`, { policy: '# theirs' })
  expect(pending(await scenario.plan())).toEqual({ [address]: 'refuse' })
})

test('labels and roleRef that another manager changed are refused, not forced', async () => {
  const { id, cluster } = scenario
  scenario.write(file(scenario))
  await scenario.apply()
  const binding = refs.clusterRoleBinding(`icebreaker:${id}-auth:reviewer`)
  const live = await cluster.get(binding)
  await cluster.replace(binding, { ...live, subjects: [{ kind: 'ServiceAccount', name: 'x', namespace: 'default' }] })
  expect(pending(await scenario.plan())).toEqual({ [`k8s:demo:ClusterRoleBinding/${binding.name}`]: 'update' })
  const { outcomes } = await scenario.apply()
  expect(outcomes.map(({ state, error }) => [state, error?.exitCode, error?.message])).toEqual([
    ['failed', 8, expect.stringContaining('.subjects (test)')],
  ])

  await cluster.delete(binding)
  await cluster.create(binding, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: binding.name, labels: live?.metadata.labels },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
  })
  const [refused] = (await scenario.plan()).plan.objects.filter(({ action }) => action === 'refuse')
  expect(refused?.reason).toMatch(/^roleRef cannot be changed in place/)
})

test('the record of one Vault gives no rights in another, and follows one that only moved', async () => {
  const { id, vault } = scenario
  const policy = path`sys/policies/acl/${`${id}-app`}`
  scenario.write(file(scenario))
  await scenario.apply()
  const { vault: here, ...rest } = await scenario.inventory()
  expect(here).toBe(servers().vaultAddress)
  await scenario.setInventory({ ...rest, vault: 'https://moved.example.com' })
  expect(pending(await scenario.apply())).toEqual({})
  expect((await scenario.inventory()).vault).toBe(here)

  // As if this were another Vault, where somebody else has a policy of that name.
  await scenario.setInventory({ ...rest, vault: 'https://another.example.com', vaultCluster: 'another' })
  for (const mount of ['kv', 'db', 'transit']) await vault.delete(path`sys/mounts/${`${id}-${mount}`}`)
  await vault.delete(path`sys/auth/${id}`)
  await vault.write(policy, { policy: '# theirs' })
  const refused = (await scenario.plan()).plan.objects.filter(({ action }) => action === 'refuse')
  expect(refused.map(({ address }) => address)).toEqual([`vault:${policy.text}`])
  // And where there is nothing of those names all is made.
  await vault.delete(policy)
  await scenario.apply()
  expect(pending(await scenario.plan())).toEqual({})
})

test('an inventory of something else is not overwritten', async () => {
  const { id, cluster } = scenario
  await cluster.create(refs.namespace(''), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `${id}-auth` } })
  const map = refs.configMap(`${id}-auth`, `icebreaker-${id}`)
  await cluster.create(map, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: map.name }, data: { a: 'b' } })
  scenario.write(file(scenario))
  expect((await refusal(scenario.apply())).exitCode).toBe(8)
  expect((await cluster.get(map))?.['data']).toEqual({ a: 'b' })
})

/** A new KV version 2 engine answers 400 until it has made its own layout. */
async function onceUpgraded(write: () => Promise<unknown>): Promise<void> {
  for (let left = 100; ; left -= 1) {
    try {
      await write()
      return
    } catch (error) {
      if (statusOf(error) !== 400 || left === 0) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
