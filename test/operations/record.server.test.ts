import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { FileInput } from '../../src/config/schema.js'
import { destroy } from '../../src/operations/destroy.js'
import { prune } from '../../src/operations/prune.js'
import type { RemovalResult } from '../../src/operations/results.js'
import type { Inventory, InventoryEntry } from '../../src/reconcile/inventory.js'
import { path } from '../../src/vault/index.js'
import { deepDump } from './dump.js'
import { bare, makeUser } from './everything.js'
import { beforeVault, type Recorder } from './recorder.js'
import { openScenario, pending, refusal, states, type Scenario } from './scenario.js'

let one: Scenario
let removeUser: (() => Promise<void>) | undefined
let recorder: Recorder | undefined
beforeEach(async () => {
  one = await openScenario()
})
afterEach(async () => {
  await one.close()
  await removeUser?.()
  await recorder?.close()
  removeUser = recorder = undefined
})

const everything = async (): Promise<FileInput> => {
  removeUser = await makeUser(one.id)
  return bare(one, one.id)
}
const options = () => ({
  ...one.fileOptions(),
  dryRun: false,
  withData: true,
  changedToo: false,
  confirm: () => Promise.resolve(true),
})
const actions = ({ removals }: RemovalResult): Record<string, string> =>
  Object.fromEntries(removals.map(({ address, action }) => [address, action]))

/** The record literally as the first released format had it: no ids, nothing of Kubernetes, no id of Vault. */
async function setOldRecord(change = (objects: Record<string, object>) => objects): Promise<void> {
  const { file, vault, appliedAt, objects } = await one.inventory()
  const old = Object.entries(objects).flatMap(([address, { kind, mark }]) =>
    address.startsWith('vault:') ? [[address, { kind, mark }] as const] : [],
  )
  const inventory = { schemaVersion: 1, file, vault, appliedAt, objects: change(Object.fromEntries(old)) }
  await one.setInventory(inventory as unknown as Inventory)
}

const withoutId = (objects: Inventory['objects']): string[] =>
  Object.entries<InventoryEntry>(objects).flatMap(([address, { id }]) => (id === undefined ? [address] : []))

test('a record of the first format is brought to today’s when it is next written, and destroy removes all of it', async () => {
  one.write(await everything())
  const before = await deepDump(one)
  await one.apply()
  await setOldRecord()
  // Looking changes nothing.
  expect(pending(await one.plan())).toEqual({})
  expect(await one.inventory()).toMatchObject({ schemaVersion: 1 })

  await one.apply()
  const { schemaVersion, vaultCluster, objects } = await one.inventory()
  expect([schemaVersion, typeof vaultCluster, withoutId(objects)]).toEqual([2, 'string', []])
  await setOldRecord()
  const result = await destroy(options())
  expect(result.outcomes.filter(({ state }) => state !== 'done')).toEqual([])
  expect(result.removals.filter(({ action }) => action === 'keep')).toEqual([])
  expect(await deepDump(one)).toEqual(before)
})

test('prune finds by its address what such a record names; what it does not tell is kept, and named with what to do', async () => {
  const file = await everything()
  const second = { ...file.clusters['demo']!, auth: { ...file.clusters['demo']!.auth, path: `${one.id}-second` } }
  const two = { ...file, clusters: { ...file.clusters, second } } as FileInput
  one.write(two)
  await one.apply()
  await setOldRecord()

  const { version, name, vault, clusters } = file
  one.write({ version, name, vault, clusters })
  const result = await prune(options())
  const config = `vault:auth/${one.id}-second/config`
  const kept = Object.entries(actions(result)).filter(([, action]) => action === 'keep')
  expect(kept.map(([address]) => address).sort()).toEqual([config, `vault:sys/auth/${one.id}-second`].sort())
  expect(result.removals.find(({ address }) => address === config)?.reason).toContain('put it back into the file')
  expect(result.outcomes.filter(({ state }) => state !== 'done')).toEqual([])
  expect(Object.keys(actions(result))).toEqual(
    expect.arrayContaining([
      ...['v1', 'v2', 'db', 'transit'].map((engine) => `vault:sys/mounts/${one.id}-${engine}`),
      ...[`v1/app`, `v2/data/app`, `transit/keys/app`, `db/roles/app`, `db/static-roles/fixed`, `db/config/main`].map(
        (at) => `vault:${one.id}-${at}`,
      ),
      ...[one.id, `${one.id}-second`].map((mount) => `vault:auth/${mount}/role/app`),
      `vault:sys/policies/acl/${one.id}-kv`,
    ]),
  )
  expect(withoutId((await one.inventory()).objects)).toEqual([config])

  // As it says: named once more by the file, it is known.
  one.write({ version, name, vault, clusters: two.clusters })
  await one.apply()
  one.write({ version, name, vault, clusters })
  expect(actions(await prune(options()))).toMatchObject({
    [config]: 'delete',
    [`vault:sys/auth/${one.id}-second`]: 'delete',
  })
  expect((await one.vault.read(path`sys/auth`))?.data).not.toHaveProperty([`${one.id}-second/`])
})

test('a record that a later version wrote is refused by everything, and left as it is', async () => {
  one.write(one.base())
  await one.apply()
  const later = { ...(await one.inventory()), schemaVersion: 3, somethingNew: true } as unknown as Inventory
  await one.setInventory(later)
  for (const run of [() => one.plan(), () => one.apply(), () => prune(options()), () => destroy(options())])
    expect(await refusal(run() as never)).toMatchObject({
      code: 'ICE4005',
      exitCode: 8,
      message: expect.stringContaining('later version'),
    })
  expect(await one.inventory()).toEqual(later)
})

test('Vault is known by its id: under another address it is the same, and another one at the same address is not', async () => {
  one.write({ ...one.base(), policies: { [`${one.id}-p`]: { grants: [`read kv ${one.id}-kv/x`] } }, engines: kv() })
  await one.apply()
  const inventory = await one.inventory()
  // Nothing but the id says so: no mount of it stands with its accessor.
  const intents = Object.fromEntries(
    Object.entries<InventoryEntry>(inventory.objects).map(([address, { kind, id, mark }]) => [
      address,
      { kind, id: id!, intent: mark! },
    ]),
  )
  await one.setInventory({ ...inventory, vault: 'https://elsewhere:8200', objects: intents })
  expect(actions(await prunedAway(true))).toMatchObject({ [`vault:sys/policies/acl/${one.id}-p`]: 'delete' })

  const objects = Object.fromEntries(
    Object.entries<InventoryEntry>(inventory.objects).map(([address, entry]) => [
      address,
      /sys\/(?:auth|mounts)/.test(address) ? { ...entry, mark: { accessor: 'other' } } : entry,
    ]),
  )
  const other = { ...inventory, objects, vaultCluster: 'another' }
  await one.setInventory(other)
  expect(await refusal(prunedAway(true) as never)).toMatchObject({ code: 'ICE4001', exitCode: 8 })
  one.write({ ...one.base(), policies: { [`${one.id}-p`]: { grants: [`read kv ${one.id}-kv/x`] } }, engines: kv() })
  expect(pending(await one.plan())).toMatchObject({ [`vault:sys/policies/acl/${one.id}-p`]: 'refuse' })
  expect(one.events).toContainEqual(expect.objectContaining({ text: expect.stringContaining('of another Vault') }))

  // A replica that has taken over has another id, and the mounts of before.
  await one.setInventory({ ...inventory, vaultCluster: 'another' })
  expect(pending(await one.plan())).toEqual({})
})

test('where Vault’s id cannot be had, its address says which it is, and after that its mounts', async () => {
  recorder = await beforeVault(one.folder)
  recorder.meddle = ({ path: asked }, step) => (step === 'before' && asked.includes('sys/health') ? 403 : undefined)
  const { vault: _direct, ...rest } = one.base()
  one.write({ ...rest, vault: { address: recorder.address, caFile: recorder.caFile } })
  const more = { vaultAddress: recorder.address }
  expect(new Set(Object.values(states(await one.apply(more))))).toEqual(new Set(['done']))
  const inventory = await one.inventory()
  expect(inventory).toMatchObject({ vault: recorder.address })
  expect(inventory).not.toHaveProperty('vaultCluster')
  expect(pending(await one.plan(more))).toEqual({})
  await one.setInventory({ ...inventory, vault: 'https://elsewhere:8200' })
  expect(pending(await one.plan(more))).toEqual({})
  // A name that was known stays known.
  await one.setInventory({ ...inventory, vaultCluster: 'a' })
  await one.apply(more)
  expect(await one.inventory()).toMatchObject({ vaultCluster: 'a' })
})

const kv = (): FileInput['engines'] => ({ [`${one.id}-kv`]: { type: 'kv' } })

/** What prune would do once the file names the trust alone. */
async function prunedAway(dryRun: boolean): Promise<RemovalResult> {
  one.write(one.base())
  return prune({ ...options(), dryRun })
}
