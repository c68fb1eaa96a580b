import { expect, test } from '@jest/globals'
import type { Json, Kind } from '../../src/kinds/contract.js'
import {
  emptyInventory,
  recordOf,
  settle,
  withIntents,
  withMarks,
  type Inventory,
  type InventoryEntry,
} from '../../src/reconcile/inventory.js'
import { fakeKind, fakeServer, graphOf } from './fake-kind.js'

const KIND = 'Fake'
const mark = (value: string): Json => ({ value })
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
  expect(settled({ kind: KIND, intent: mark('new') }, 'new')).toEqual({ kind: KIND, mark: mark('new') })
  expect(settled({ kind: KIND, mark: mark('old'), intent: mark('new') }, 'new')).toEqual({
    kind: KIND,
    mark: mark('new'),
  })
})

test('an intent that was not carried out is forgotten where an earlier mark holds, else it stays', () => {
  expect(settled({ kind: KIND, mark: mark('old'), intent: mark('new') }, 'old')).toEqual({
    kind: KIND,
    mark: mark('old'),
  })
  const alone = { kind: KIND, intent: mark('new') }
  expect(settled(alone, 'other')).toEqual(alone)
  expect(settled(alone, undefined)).toEqual(alone)
  // Made anew by somebody else.
  const stale = { kind: KIND, mark: mark('old'), intent: mark('new') }
  expect(settled(stale, 'other', { identity: (live, { value }) => live === value })).toEqual(stale)
})

test('a kind may know more of what it settles', () => {
  const more: Partial<Kind> = { settled: (live: Json, intent: Json, last: Json) => ({ live, intent, last }) }
  expect(settled({ kind: KIND, mark: mark('old'), intent: mark('new') }, 'new', more)).toEqual({
    kind: KIND,
    mark: { live: 'new', intent: mark('new'), last: mark('old') },
  })
})

test('where nothing is to be settled it is the same inventory', () => {
  const graph = graphOf(fakeKind([{ name: 'a', value: 'new' }]))
  const before = having({ kind: KIND, mark: mark('old') })
  expect(settle(before, graph, new Map([['vault:a', 'new']]))).toBe(before)
  expect(withIntents(before, new Map())).toBe(before)
})

test('a mark replaces the intent, and what was not reached keeps both', () => {
  const intents = new Map(
    (['vault:a', 'vault:b'] as const).map((address) => [address, { kind: KIND, intent: mark('new') }] as const),
  )
  const intended = withIntents(having({ kind: KIND, mark: mark('old') }), intents)
  expect(intended.objects).toEqual({
    'vault:a': { kind: KIND, mark: mark('old'), intent: mark('new') },
    'vault:b': { kind: KIND, intent: mark('new') },
  })
  const marked = withMarks(intended, new Map([['vault:b', { kind: KIND, mark: mark('new') }]]), 'now')
  expect(marked.objects).toEqual({
    'vault:a': { kind: KIND, mark: mark('old'), intent: mark('new') },
    'vault:b': { kind: KIND, mark: mark('new') },
  })
  expect(marked.appliedAt).toBe('now')
})

test('the record of another Vault says nothing here, but a Vault that only moved is known by a mount of ours', () => {
  const server = fakeServer()
  const mount = fakeKind([{ name: 'mount', value: 'v' }], server, { identity: (live, { value }) => live === value })
  const graph = graphOf(mount, fakeKind([{ name: 'a', value: 'new' }], server))
  const inventory: Inventory = {
    ...emptyInventory('test'),
    vault: 'https://one',
    objects: Object.fromEntries(
      ['mount', 'a', 'gone'].map((name) => [`vault:${name}`, { kind: KIND, mark: mark('v') }]),
    ),
  }
  const of = (vault: string, live: string | undefined) => {
    const observations = new Map<'vault:mount' | 'vault:a', unknown>([
      ['vault:mount', live],
      ['vault:a', 'theirs'],
    ])
    return recordOf(vault, inventory, graph, observations)
  }
  expect(of('https://one', undefined)).toBe(inventory)
  expect(of('https://two', 'v')).toEqual({ ...inventory, vault: 'https://two' })
  for (const live of ['another', undefined]) {
    expect(Object.keys(of('https://two', live).objects)).toEqual(['vault:gone'])
  }
})
