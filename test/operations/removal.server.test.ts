import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { FileInput } from '../../src/config/schema.js'
import { refs } from '../../src/kubernetes/objects.js'
import { destroy } from '../../src/operations/destroy.js'
import { isGrave, prune } from '../../src/operations/prune.js'
import type { RemovalOptions } from '../../src/operations/removals.js'
import type { RemovalResult } from '../../src/operations/results.js'
import { path } from '../../src/vault/index.js'
import { dump } from './dump.js'
import { bare, makeUser } from './everything.js'
import { openScenario, refusal, type Scenario } from './scenario.js'

let one: Scenario
beforeEach(async () => {
  one = await openScenario()
})
afterEach(async () => {
  await one.close()
  await dropUser?.()
  dropUser = undefined
})

const options = (more: Partial<RemovalOptions> = {}): RemovalOptions => ({
  file: one.file,
  emit: (event) => void one.events.push(event),
  stop: new AbortController().signal,
  dryRun: false,
  withData: false,
  changedToo: false,
  confirm: () => Promise.resolve(true),
  ...more,
})

const actions = ({ removals }: RemovalResult): Record<string, string> =>
  Object.fromEntries(removals.map(({ address, action }) => [address, action]))

let dropUser: (() => Promise<void>) | undefined

const everything = async (): Promise<FileInput> => {
  dropUser = await makeUser(one.id)
  return bare(one, one.id)
}

test('destroy with data leaves both servers as they were before apply', async () => {
  const file = await everything()
  one.write(file)
  const before = await dump(one)
  await one.apply({ verify: 'always' })
  expect(await dump(one)).not.toEqual(before)

  const dry = await destroy(options({ withData: true, dryRun: true }))
  expect(dry.outcomes).toEqual([])
  const result = await destroy(options({ withData: true }))
  expect(result.outcomes.filter(({ state }) => state !== 'done')).toEqual([])
  expect(await dump(one)).toEqual(before)
  // Again: there is nothing left, not even a record.
  const again = await destroy(options({ withData: true }))
  expect(again.removals).toEqual([])
  // And it can be made anew.
  expect((await one.apply()).outcomes.every(({ state }) => state === 'done')).toBe(true)
})

test('without the word for it data stays, and so does what holds it', async () => {
  one.write(await everything())
  await one.apply()
  const kept = Object.entries(actions(await destroy(options())))
    .filter(([, action]) => action === 'keep')
    .map(([address]) => address)
  expect(kept.sort()).toEqual(
    [
      `vault:${one.id}-v1/app`,
      `vault:${one.id}-v2/data/app`,
      `vault:${one.id}-transit/keys/app`,
      // It holds the record of them.
      `k8s:demo:Namespace/${one.id}-auth`,
      ...['v1', 'v2', 'transit'].map((engine) => `vault:sys/mounts/${one.id}-${engine}`),
    ].sort(),
  )
  expect((await one.vault.read(path`${one.id}-v2/metadata/app`))?.data).toMatchObject({ current_version: 1 })
  expect(await one.vault.read(path`auth/${one.id}/config`).catch(() => undefined)).toBeUndefined()
  // The record still says what is left, so that it can go later.
  const rest = await destroy(options({ withData: true }))
  expect(rest.outcomes.map(({ address }) => address)).toEqual(expect.arrayContaining(kept))
  expect(rest.outcomes.every(({ state }) => state === 'done')).toBe(true)
})

test('prune removes what the file no longer names, and nothing else', async () => {
  const file = await everything()
  const other = { serviceAccounts: ['other'], namespaces: [`${one.id}-app`], audience: 'vault' }
  one.write({ ...file, roles: { ...file.roles, other } })
  await one.apply()
  await one.vault.write(path`auth/${one.id}/role/foreign`, {
    bound_service_account_names: ['x'],
    bound_service_account_namespaces: ['x'],
    audience: 'x',
  })
  one.write({ ...file, policies: {} })
  expect((await one.plan()).unwanted?.toSorted()).toEqual([
    `vault:auth/${one.id}/role/other`,
    `vault:sys/policies/acl/${one.id}-kv`,
  ])
  const result = await prune(options())
  expect(actions(result)).toEqual({
    [`vault:auth/${one.id}/role/other`]: 'delete',
    [`vault:sys/policies/acl/${one.id}-kv`]: 'delete',
  })
  expect(await one.vault.read(path`auth/${one.id}/role/other`)).toBeUndefined()
  expect(await one.vault.read(path`auth/${one.id}/role/foreign`)).toBeDefined()
  expect(isGrave(result)).toBe(false)
  expect((await prune(options())).removals).toEqual([])
})

test('a mount that holds a role of others stays, with its name in the reason', async () => {
  one.write(one.base())
  await one.apply()
  await one.vault.write(path`auth/${one.id}/role/foreign`, {
    bound_service_account_names: ['x'],
    bound_service_account_namespaces: ['x'],
    audience: 'x',
  })
  const result = await destroy(options())
  const mount = result.removals.find(({ address }) => address === `vault:sys/auth/${one.id}`)
  expect(mount).toMatchObject({ action: 'keep', reason: expect.stringContaining(`/role/foreign`) })
  expect(await one.vault.read(path`auth/${one.id}/role/foreign`)).toBeDefined()
})

test('a namespace that holds something of others stays', async () => {
  one.write(one.base())
  await one.apply()
  const namespace = `${one.id}-auth`
  const map = refs.configMap(namespace, 'theirs')
  await one.cluster.create(map, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'theirs', namespace },
  })
  const result = await destroy(options())
  expect(result.removals.find(({ kind }) => kind === 'Namespace')).toMatchObject({
    action: 'keep',
    reason: `it holds k8s:demo:ConfigMap/${namespace}/theirs`,
  })
  expect(await one.cluster.get(map)).toBeDefined()
})

test('what was changed by hand stays unless that is said, and what was made anew is no longer ours', async () => {
  one.write({
    ...one.base(),
    engines: { [`${one.id}-kv`]: { type: 'kv', version: 1 } },
    policies: { [`${one.id}-p`]: { grants: [`read kv ${one.id}-kv/x`] } },
  })
  await one.apply()
  await one.vault.write(path`sys/policies/acl/${one.id}-p`, { policy: 'path "a" { capabilities = ["read"] }' })
  await one.vault.delete(path`sys/mounts/${one.id}-kv`)
  await one.vault.write(path`sys/mounts/${one.id}-kv`, { type: 'kv' })
  one.write(one.base())
  const policy = `vault:sys/policies/acl/${one.id}-p`
  expect(actions(await prune(options({ dryRun: true })))).toEqual({
    [policy]: 'keep',
    [`vault:sys/mounts/${one.id}-kv`]: 'forget',
  })
  expect(actions(await prune(options({ changedToo: true })))[policy]).toBe('delete')
  expect(await one.vault.read(path`sys/policies/acl/${one.id}-p`)).toBeUndefined()
  expect(await one.vault.read(path`sys/mounts/${one.id}-kv`)).toBeDefined()
})

test('a no leaves everything, and a stop in the middle is finished by the next run', async () => {
  one.write(one.base())
  await one.apply()
  const before = await dump(one)
  expect(await refusal(destroy(options({ confirm: () => Promise.resolve(false) })) as never)).toMatchObject({
    exitCode: 7,
  })
  expect(await dump(one)).toEqual(before)
  const stop = new AbortController()
  const emit: RemovalOptions['emit'] = (event) => {
    if (event.type === 'object' && event.state === 'done') stop.abort()
  }
  const half = await destroy(options({ stop: stop.signal, emit }))
  expect(half.outcomes.some(({ state }) => state === 'skipped')).toBe(true)
  const rest = await destroy(options())
  expect(rest.outcomes.every(({ state }) => state === 'done')).toBe(true)
  expect(await dump(one)).toMatchObject({ auth: [], mounts: [], policies: [], objects: [[], []] })
})

test('a record of another Vault removes nothing here, and neither does a no-longer-known one', async () => {
  one.write({
    ...one.base(),
    policies: { [one.id]: { grants: [`read kv ${one.id}-kv/x`] } },
    engines: { [`${one.id}-kv`]: { type: 'kv' } },
  })
  await one.apply()
  // What cannot be told by its id is told by its mounts.
  const { vaultCluster: _known, ...inventory } = await one.inventory()
  // The same names, made for a Vault whose mounts had other accessors.
  const objects = Object.fromEntries(
    Object.entries(inventory.objects).map(([address, entry]) => [
      address,
      address.startsWith('vault:sys/') && !address.includes('policies')
        ? { ...entry, mark: { accessor: 'other' } }
        : entry,
    ]),
  )
  await one.setInventory({ ...inventory, vault: 'https://elsewhere:8200', objects })
  const before = await dump(one)
  expect(await refusal(destroy(options({ withData: true })) as never)).toMatchObject({ code: 'ICE4001', exitCode: 8 })
  one.write(one.base())
  expect(await refusal(prune(options()) as never)).toMatchObject({ code: 'ICE4001', exitCode: 8 })
  expect(await dump(one)).toEqual(before)
  // One that only has another address now is the same.
  await one.setInventory({ ...inventory, vault: 'https://elsewhere:8200' })
  expect(Object.values(actions(await prune(options({ dryRun: true }))))).toContain('delete')
})

test('the namespace that holds the record is not pruned, though the file no longer names it', async () => {
  const namespace = `${one.id}-record`
  const other = `${one.id}-other`
  one.write({ ...one.base({ reviewer: { namespace, serviceAccount: 'reviewer' } }), inventory: { namespace } })
  await one.apply()
  one.write({ ...one.base({ reviewer: { namespace: other, serviceAccount: 'reviewer' } }), inventory: { namespace } })
  await one.apply()
  const result = await prune(options())
  expect(actions(result)).toMatchObject({
    [`k8s:demo:ServiceAccount/${namespace}/reviewer`]: 'delete',
    [`k8s:demo:Namespace/${namespace}`]: 'keep',
  })
  expect((await prune(options())).recorded).toBeGreaterThan(0)
  expect((await one.plan()).plan.objects.every(({ action }) => action === 'none')).toBe(true)
})

test('what another file has taken over is left to it', async () => {
  const engines = { [`${one.id}-kv`]: { type: 'kv' as const } }
  const policies = { [`${one.id}-p`]: { grants: [`read kv ${one.id}-kv/x`] } }
  one.write({ ...one.base(), engines, policies })
  await one.apply()
  const two = await openScenario()
  try {
    two.write({ ...two.base(), engines: { [`${one.id}-kv`]: { existing: true, type: 'kv' } }, policies })
    await two.apply({ adopt: new Set([`vault:sys/policies/acl/${one.id}-p`]) })
    one.write({ ...one.base(), engines })
    const result = await prune(options())
    expect(result.removals).toMatchObject([
      {
        address: `vault:sys/policies/acl/${one.id}-p`,
        action: 'forget',
        reason: `it belongs to the file named ${two.id} now`,
      },
    ])
    expect(await one.vault.read(path`sys/policies/acl/${one.id}-p`)).toBeDefined()
  } finally {
    await two.close()
  }
})

test('an engine stays while a secret in it stays, and a connection while a role needs it', async () => {
  one.write(await everything())
  await one.apply()
  const [kv, database] = [`${one.id}-v2`, `${one.id}-db`]
  await one.vault.write(path`${kv}/data/app`, { data: { key: 'rotated by people' } })
  await one.vault.write(path`${database}/roles/theirs`, { db_name: 'main', creation_statements: ['SELECT 1'] })
  const result = actions(await destroy(options({ withData: true })))
  expect(result).toMatchObject({
    [`vault:${kv}/data/app`]: 'keep',
    [`vault:sys/mounts/${kv}`]: 'keep',
    [`vault:${database}/config/main`]: 'keep',
    [`vault:sys/mounts/${database}`]: 'keep',
    [`vault:sys/mounts/${one.id}-transit`]: 'delete',
    // It holds the record of them.
    [`k8s:demo:Namespace/${one.id}-auth`]: 'keep',
  })
  expect((await one.vault.read(path`${kv}/metadata/app`))?.data).toMatchObject({ current_version: 2 })
})

test('while a role of others is on the mount, its reviewer stays with all that it lives on', async () => {
  one.write(one.base())
  await one.apply()
  await one.vault.write(path`auth/${one.id}/role/theirs`, {
    bound_service_account_names: ['x'],
    bound_service_account_namespaces: ['x'],
    audience: 'x',
  })
  const result = await destroy(options())
  expect(result.outcomes).toEqual([])
  expect(new Set(Object.values(actions(result)))).toEqual(new Set(['keep']))
})

test('what is in a mount that somebody made anew is not ours, even where it is as we made it', async () => {
  const role = { serviceAccounts: ['app'], namespaces: [`${one.id}-app`], audience: 'vault' }
  one.write({ ...one.base(), roles: { app: role } })
  await one.apply()
  const mount = path`sys/auth/${one.id}`
  const live = (await one.vault.read(path`auth/${one.id}/role/app`))?.data ?? {}
  await one.vault.delete(mount)
  await one.vault.write(mount, { type: 'kubernetes' })
  await one.vault.write(path`auth/${one.id}/role/app`, live as Record<string, string>)
  one.write(one.base())
  const result = await prune(options({ changedToo: true }))
  expect(actions(result)).toEqual({ [`vault:auth/${one.id}/role/app`]: 'forget' })
  expect(await one.vault.read(path`auth/${one.id}/role/app`)).toBeDefined()
})

test('what happens while somebody is asked is seen: a record or a role that has come keeps things as they are', async () => {
  one.write(one.base())
  await one.apply()
  const overtaken = destroy(
    options({
      confirm: async () => {
        await one.setInventory({ ...(await one.inventory()), appliedAt: 'later' })
        return true
      },
    }),
  )
  expect(await refusal(overtaken as never)).toMatchObject({ code: 'ICE4002', exitCode: 8 })
  const confirm = async () => {
    await one.vault.write(path`auth/${one.id}/role/theirs`, {
      bound_service_account_names: ['x'],
      bound_service_account_namespaces: ['x'],
      audience: 'x',
    })
    return true
  }
  const result = await destroy(options({ confirm }))
  expect(result.outcomes.every(({ state }) => state === 'skipped')).toBe(true)
  expect(await one.vault.read(path`auth/${one.id}/role/theirs`)).toBeDefined()
})

test('an entity that a person has touched stays, and one that only logins made goes', async () => {
  one.write({
    ...one.base(),
    namespaces: { [`${one.id}-app`]: {} },
    serviceAccounts: [`${one.id}-app/app`, `${one.id}-app/other`],
    roles: { app: { serviceAccounts: ['app', 'other'], namespaces: [`${one.id}-app`], audience: 'vault' } },
  })
  await one.apply({ verify: 'always' })
  const aliases = Object.values(
    await one.vault.listInfo<{ canonical_id: string; mount_path: string }>(path`identity/entity-alias/id`),
  ).filter(({ mount_path }) => mount_path === `auth/${one.id}/`)
  expect(aliases).toHaveLength(2)
  const [touched, other] = aliases.map(({ canonical_id }) => canonical_id)
  await one.vault.write(path`identity/entity/id/${touched!}`, { disabled: true })
  await destroy(options())
  expect(await one.vault.read(path`identity/entity/id/${touched!}`)).toBeDefined()
  expect(await one.vault.read(path`identity/entity/id/${other!}`)).toBeUndefined()
  await one.vault.delete(path`identity/entity/id/${touched!}`)
})
