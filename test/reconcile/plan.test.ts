import { expect, test } from '@jest/globals'
import type { Kind } from '../../src/kinds/contract.js'
import { observe } from '../../src/reconcile/observe.js'
import { makePlan, type PlannedObject } from '../../src/reconcile/plan.js'
import { failing, fakeKind, fakeServer, graphOf, noIo, type FakeObject } from './fake-kind.js'
import { emptyInventory, type InventoryEntry } from '../../src/reconcile/inventory.js'
import { VAULT, type CodeRecord } from '../../src/catalogue/index.js'

const wanted: readonly FakeObject[] = [{ name: 'a', value: 'new' }]
const observed = (value: unknown) => new Map([['vault:a' as const, value]])

function planned(
  kind: Kind,
  value: unknown,
  entry?: InventoryEntry,
  others?: ReadonlyMap<'vault:a', string>,
): PlannedObject {
  const inventory = { ...emptyInventory('test'), objects: entry === undefined ? {} : { 'vault:a': entry } }
  const [object] = makePlan({
    file: 'test',
    graph: graphOf(kind),
    observations: observed(value),
    inventory,
    ...(others && { others }),
  }).objects
  return object as PlannedObject
}

const action = (object: PlannedObject) => [object.action, object.reason]
const OURS: InventoryEntry = { kind: 'Fake', mark: { value: 'old' } }

test('what is not there is created, what differs is updated, what is as it should be is left', () => {
  const kind = fakeKind(wanted)
  expect(action(planned(kind, undefined))).toEqual(['create', undefined])
  expect(action(planned(kind, 'old', OURS))).toEqual(['update', undefined])
  expect(action(planned(kind, 'new', OURS))).toEqual(['none', undefined])
  expect(planned(kind, 'old', OURS).stages).toEqual(['switch'])
  expect(planned(kind, 'new', OURS).stages).toEqual([])
})

test('what exists without a record is refused, also where it is as it should be', () => {
  const kind = fakeKind(wanted)
  for (const value of ['old', 'new']) {
    expect(action(planned(kind, value))).toEqual(['refuse', 'it exists, and this file did not make it'])
    expect(action(planned(kind, value, { kind: 'Fake', intent: { value } }))[0]).toBe('refuse')
  }
  const others = new Map([['vault:a' as const, 'theirs']])
  expect(action(planned(kind, 'old', undefined, others))).toEqual(['refuse', 'it belongs to the file named theirs'])
})

test('what was made anew by somebody else is not ours, though the record speaks of its name', () => {
  const kind = fakeKind(wanted, fakeServer(), { identity: (value, mark) => value === mark.value })
  expect(action(planned(kind, 'old', OURS))[0]).toBe('update')
  expect(action(planned(kind, 'other', OURS))[0]).toBe('refuse')
})

test('by labels: ours, another file’s, somebody’s', () => {
  const owned = (file: string | undefined, managers: string[] = []) =>
    fakeKind(wanted, fakeServer(), { ownership: 'labels', owner: () => ({ file, managers }) })
  expect(action(planned(owned('test'), 'old'))[0]).toBe('update')
  expect(action(planned(owned('theirs'), 'old'))).toEqual(['refuse', 'it belongs to the file named theirs'])
  expect(action(planned(owned(undefined, ['kubectl', 'helm']), 'old'))).toEqual([
    'refuse',
    'it exists, and this file did not make it (managed by kubectl, helm)',
  ])
})

test('a shared object of somebody else is fine as it is, and refused where it would have to change', () => {
  const shared = fakeKind(wanted, fakeServer(), {
    ownership: 'shared',
    owner: () => ({ file: undefined, managers: [] }),
  })
  expect(action(planned(shared, 'new'))[0]).toBe('none')
  expect(action(planned(shared, 'old'))[0]).toBe('refuse')
})

test('what is part of its holder is whose the holder is, and is not created where it starts as it should be', () => {
  const server = fakeServer()
  const holder = fakeKind([{ name: 'holder', value: 'v' }], server)
  const part = (diff: Kind['diff']) =>
    fakeKind([{ name: 'a', value: 'new', within: 'holder' }], server, { ownership: 'within', diff })
  const plan = (value: unknown, diff: Kind['diff'], record: boolean) =>
    makePlan({
      file: 'test',
      graph: graphOf(holder, part(diff)),
      observations: new Map<'vault:a' | 'vault:holder', unknown>([
        ['vault:holder', 'v'],
        ['vault:a', value],
      ]),
      inventory: { ...emptyInventory('test'), objects: record ? { 'vault:holder': OURS } : {} },
    }).objects.map((object) => object.action)
  const same: Kind['diff'] = () => []
  const differs: Kind['diff'] = () => [{ field: 'value', from: 1, to: 2 }]
  expect(plan('old', differs, true)).toEqual(['none', 'update'])
  expect(plan('old', differs, false)).toEqual(['refuse', 'refuse'])
  expect(plan('new', same, false)).toEqual(['refuse', 'none'])
  expect(plan(undefined, same, true)).toEqual(['none', 'none'])
  expect(plan(undefined, differs, true)).toEqual(['none', 'create'])
})

test('what cannot be changed is refused, and what only differs from its creation is shown', () => {
  const differing = (mode: 'immutable' | 'createOnly') =>
    fakeKind(wanted, fakeServer(), { diff: () => [{ field: 'value', from: 1, to: 2, mode, why: 'because' }] })
  expect(action(planned(differing('immutable'), 'old', OURS))).toEqual([
    'refuse',
    'value cannot be changed in place: delete the object first, or leave value as it is',
  ])
  expect(action(planned(differing('createOnly'), 'old', OURS))).toEqual(['none', 'because'])
})

test('what is in an absent holder, or in one of another type, is not asked for', async () => {
  const server = fakeServer({ holder: 'old', a: 'x' })
  const reads: string[] = []
  const reading = { read: ({ name }: FakeObject) => (reads.push(name), Promise.resolve(server.objects.get(name))) }
  const inside = fakeKind([{ name: 'a', value: 'new', within: 'holder' }], server, reading)
  const look = async (mode?: 'immutable') => {
    reads.length = 0
    const holder = fakeKind([{ name: 'holder', value: 'new' }], server, {
      ...reading,
      diff: () => (mode === undefined ? [] : [{ field: 'type', from: 1, to: 2, mode }]),
    })
    return [(await observe(graphOf(holder, inside), noIo)).get('vault:a'), reads]
  }
  expect(await look()).toEqual(['x', ['holder', 'a']])
  expect(await look('immutable')).toEqual([undefined, ['holder']])
  server.objects.delete('holder')
  expect(await look()).toEqual([undefined, ['holder']])
})

test('all reads that are not permitted are told together; what else fails is told at once', async () => {
  const denied = (name: string, record: CodeRecord = VAULT.notPermitted) =>
    fakeKind([{ name, value: 'v' }], fakeServer(), { read: () => Promise.reject(failing(record)) })
  await expect(observe(graphOf(denied('a'), denied('b')), noIo)).rejects.toMatchObject({
    name: 'IceErrors',
    exitCode: 5,
    errors: [{ code: VAULT.notPermitted.code, details: { evidence: { objects: 'vault:a\nvault:b' } } }],
  })
  await expect(observe(graphOf(denied('a'), denied('b', VAULT.sealed)), noIo)).rejects.toMatchObject({
    code: VAULT.sealed.code,
  })
})
