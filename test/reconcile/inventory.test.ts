import { expect, test } from '@jest/globals'
import type { Json, Kind } from '../../src/kinds/contract.js'
import {
  emptyInventory,
  migrated,
  recordOf,
  settle,
  withIntents,
  withMarks,
  withoutIntents,
  type Inventory,
  type InventoryEntry,
} from '../../src/reconcile/inventory.js'
import { fakeKind, fakeServer, graphOf } from './fake-kind.js'

const KIND = 'Fake'
const mark = (value: string): Json => ({ value })
const id = { name: 'a', value: 'new' }
const having = (entry: InventoryEntry): Inventory => ({ ...emptyInventory('test'), objects: { 'vault:a': entry } })

function settled(
  entry: InventoryEntry,
  live: string | undefined,
  more: Partial<Kind> = {},
): InventoryEntry | undefined {
  const graph = graphOf(fakeKind([{ name: 'a', value: 'new' }], fakeServer(), more))
  return settle(having(entry), graph, new Map([['vault:a', live]])).objects['vault:a']
}

test('an intent whose object stands as intended becomes its mark', () => {
  expect(settled({ kind: KIND, intent: mark('new') }, 'new')).toEqual({ kind: KIND, id, mark: mark('new') })
  expect(settled({ kind: KIND, mark: mark('old'), intent: mark('new') }, 'new')).toEqual({
    kind: KIND,
    id,
    mark: mark('new'),
  })
})

test('an intent that was not carried out is forgotten where an earlier mark holds, else it stays', () => {
  expect(settled({ kind: KIND, mark: mark('old'), intent: mark('new') }, 'old')).toEqual({
    kind: KIND,
    id,
    mark: mark('old'),
  })
  const alone = { kind: KIND, id, intent: mark('new') }
  expect(settled(alone, 'other')).toEqual(alone)
  expect(settled(alone, undefined)).toEqual(alone)
  // Made anew by somebody else.
  const stale = { kind: KIND, id, mark: mark('old'), intent: mark('new') }
  expect(settled(stale, 'other', { identity: (live, { value }) => live === value })).toEqual(stale)
})

test('what an older record did not say of an object the file says, whether it stands or not', () => {
  for (const live of ['old', undefined])
    expect(settled({ kind: KIND, mark: mark('old') }, live)).toEqual({ kind: KIND, id, mark: mark('old') })
})

test('a record of the first format gets the ids that its addresses tell, and keeps everything else', () => {
  const old = {
    schemaVersion: 1,
    file: 'test',
    vault: 'https://one',
    objects: {
      'vault:sys/mounts/kv': { kind: 'EngineMount', mark: { accessor: 'a' } },
      'vault:kv/data/app': { kind: 'KVSecret', mark: { version: '1', createdTime: 'then' } },
      'vault:auth/demo/config': { kind: 'AuthConfig', mark: mark('v') },
      'vault:sys/policies/acl/p': { kind: 'Policy', intent: mark('v') },
    },
  } as const
  const { objects, ...rest } = migrated(old)
  expect(rest).toEqual({ schemaVersion: 2, file: 'test', vault: 'https://one' })
  expect(objects).toEqual({
    ...old.objects,
    'vault:sys/mounts/kv': { ...old.objects['vault:sys/mounts/kv'], id: { mount: 'kv' } },
    'vault:kv/data/app': { ...old.objects['vault:kv/data/app'], id: { mount: 'kv', path: 'app', version: 2 } },
    'vault:sys/policies/acl/p': { ...old.objects['vault:sys/policies/acl/p'], id: { name: 'p' } },
  })
})

test('a kind may know more of what it settles', () => {
  const more: Partial<Kind> = { settled: (live: Json, intent: Json, last: Json) => ({ live, intent, last }) }
  expect(settled({ kind: KIND, mark: mark('old'), intent: mark('new') }, 'new', more)).toEqual({
    kind: KIND,
    id,
    mark: { live: 'new', intent: mark('new'), last: mark('old') },
  })
})

test('what carries our labels is recorded, whoever forgot it; what carries those of others is not', () => {
  const recorded = (file: string) => {
    const labelled: Partial<Kind> = {
      ownership: 'labels',
      owner: () => ({ file, managers: [] }),
      settled: (live: Json) => ({ live }),
    }
    const graph = graphOf(fakeKind([{ name: 'a', value: 'new' }], fakeServer(), labelled))
    return settle(emptyInventory('test'), graph, new Map([['vault:a', 'x']])).objects['vault:a']
  }
  expect(recorded('test')).toEqual({ kind: KIND, id, mark: { live: 'x' } })
  expect(recorded('other')).toBeUndefined()
})

test('where nothing is to be settled it is the same inventory', () => {
  const graph = graphOf(fakeKind([{ name: 'a', value: 'new' }]))
  const before = having({ kind: KIND, id, mark: mark('old') })
  expect(settle(before, graph, new Map([['vault:a', 'new']]))).toBe(before)
  expect(withIntents(before, new Map())).toBe(before)
})

test('a mark replaces the intent, and what was not reached keeps both', () => {
  const intents = new Map(
    (['vault:a', 'vault:b'] as const).map(
      (address) => [address, { kind: KIND, id: { name: address }, intent: mark('new') }] as const,
    ),
  )
  const intended = withIntents(having({ kind: KIND, mark: mark('old') }), intents)
  expect(intended.objects).toEqual({
    'vault:a': { kind: KIND, id: { name: 'vault:a' }, mark: mark('old'), intent: mark('new') },
    'vault:b': { kind: KIND, id: { name: 'vault:b' }, intent: mark('new') },
  })
  const marked = withMarks(intended, new Map([['vault:b', { kind: KIND, id, mark: mark('new') }]]), 'now')
  expect(marked.objects).toEqual({
    'vault:a': { kind: KIND, id: { name: 'vault:a' }, mark: mark('old'), intent: mark('new') },
    'vault:b': { kind: KIND, id, mark: mark('new') },
  })
  expect(marked.appliedAt).toBe('now')
})

test('an intent that was certainly not carried out is dropped; a mark stays', () => {
  const inventory = {
    ...emptyInventory('test'),
    objects: {
      'vault:a': { kind: KIND, mark: mark('old'), intent: mark('new') },
      'vault:b': { kind: KIND, intent: mark('new') },
      'vault:c': { kind: KIND, intent: mark('new') },
    },
  } satisfies Inventory
  expect(withoutIntents(inventory, ['vault:a', 'vault:b']).objects).toEqual({
    'vault:a': { kind: KIND, mark: mark('old') },
    'vault:c': { kind: KIND, intent: mark('new') },
  })
})

test('the record of another Vault says nothing here, but of one that only moved it does', () => {
  const inventory: Inventory = {
    ...emptyInventory('test'),
    vault: 'https://one',
    objects: { 'vault:a': { kind: KIND, mark: mark('v') }, 'k8s:demo:Namespace/a': { kind: KIND, mark: mark('v') } },
  }
  const place = (vault: string, vaultCluster?: string) => ({ vault: `https://${vault}`, vaultCluster })
  expect(recordOf(place('one'), inventory, true)).toBe(inventory)
  expect(recordOf(place('two'), inventory, true)).toEqual({ ...inventory, vault: 'https://two' })
  expect(Object.keys(recordOf(place('two'), inventory, false).objects)).toEqual(['k8s:demo:Namespace/a'])

  const named = { ...inventory, vaultCluster: 'a' }
  expect(recordOf(place('one', 'a'), inventory, true)).toEqual(named)
  expect(recordOf(place('one', 'a'), named, true)).toBe(named)
  // What cannot be had now was true before.
  expect(recordOf(place('one'), named, true)).toBe(named)
  expect(recordOf(place('one'), named, false)).not.toHaveProperty('vaultCluster')
  expect(recordOf(place('one', 'b'), named, false)).toMatchObject({ vaultCluster: 'b', objects: {} })
})
