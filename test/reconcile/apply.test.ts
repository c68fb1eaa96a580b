import { expect, test } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { IceError, KUBERNETES, VAULT } from '../../src/catalogue/index.js'
import { USAGE } from '../../src/catalogue/usage.js'
import type { Kind } from '../../src/kinds/contract.js'
import { applyPlan } from '../../src/reconcile/apply.js'
import { emptyInventory } from '../../src/reconcile/inventory.js'
import { makePlan } from '../../src/reconcile/plan.js'
import { failing, fakeKind, fakeServer, graphOf, noIo, type FakeObject, type FakeServer } from './fake-kind.js'

interface Case {
  readonly objects: readonly FakeObject[]
  readonly server?: FakeServer
  readonly stop?: AbortSignal
  readonly more?: Partial<Kind>
}

/** Applies fakes; each that the server has is ours. */
async function run({ objects, server = fakeServer(), stop = new AbortController().signal, more = {} }: Case) {
  const stages: Kind['stages'] = (desired: string) =>
    objects.find(({ value }) => value === desired)?.stages ?? { switch: desired }
  const graph = graphOf(fakeKind(objects, server, { stages, ...more }))
  const observations = new Map([...graph.keys()].map((address) => [address, server.objects.get(address.slice(6))]))
  const inventory = {
    ...emptyInventory('test'),
    objects: Object.fromEntries(
      [...graph.keys()].map((address) => [address, { kind: 'Fake', mark: { value: 'old' } }]),
    ),
  }
  const plan = makePlan({ file: 'test', graph, observations, inventory })
  const { outcomes, marks } = await applyPlan({ graph, plan, observations, inventory, io: noIo, stop })
  const told = outcomes.map(({ address, state, reason }) => [
    address.slice(6),
    state,
    ...(reason === undefined ? [] : [reason]),
  ])
  return { told, marks, log: server.log, outcomes }
}

const object = (name: string, after: readonly string[] = [], more: Partial<FakeObject> = {}): FakeObject => ({
  name,
  value: `${name}1`,
  after,
  ...more,
})

test('what does not depend on each other is written side by side, what does one after the other', async () => {
  const server = fakeServer()
  server.fate = () => sleep(5)
  const { log } = await run({ objects: [object('a'), object('b', ['a']), object('c')], server })
  expect(log.slice(0, 2)).toEqual(['a=a1', 'c=c1'])
  expect(log.indexOf('b=b1')).toBeGreaterThan(log.indexOf('a.'))
})

test('an error stops what depends on the object, directly or not, and nothing else', async () => {
  const server = fakeServer()
  server.fate = (name) => (name === 'a' ? Promise.reject(failing()) : undefined)
  const { told, marks } = await run({
    objects: [object('a'), object('b', ['a']), object('c', ['b']), object('d')],
    server,
  })
  expect(told).toEqual([
    ['a', 'failed'],
    ['d', 'done'],
    ['b', 'skipped', 'it needs vault:a'],
    ['c', 'skipped', 'it needs vault:b'],
  ])
  expect([...marks]).toEqual([
    ['vault:d', { kind: 'Fake', id: { name: 'd', value: 'd1', after: [] }, mark: { value: 'd1' } }],
  ])
})

test('stage by stage: all that narrows, then all that switches, then all that widens', async () => {
  const server = fakeServer({ a: 'old', b: 'old', c: 'old' })
  server.fate = () => sleep(2)
  const { log, told } = await run({
    objects: [
      object('a', [], { stages: { narrow: 'a less', widen: 'a1' } }),
      object('b', ['a'], { stages: { switch: 'b1' } }),
      object('c', ['b'], { stages: { narrow: 'c less', switch: 'c same', widen: 'c1' } }),
    ],
    server,
  })
  expect(log.filter((line) => line.includes('='))).toEqual(['c=c less', 'a=a less', 'b=b1', 'c=c same', 'a=a1', 'c=c1'])
  // One outcome each, when the last stage is over.
  expect(told).toEqual([
    ['c', 'done'],
    ['a', 'done'],
    ['b', 'done'],
  ])
})

test('where something cannot be narrowed, nothing that exists is changed and nothing is widened; other things are made', async () => {
  const server = fakeServer({ a: 'old', b: 'old', c: 'old' })
  server.fate = (name) => (name === 'a' ? Promise.reject(failing()) : undefined)
  const unable = 'something else could not be narrowed first'
  const { told } = await run({
    objects: [
      object('a', [], { stages: { narrow: 'a1' } }),
      object('b', [], { stages: { switch: 'b1' } }),
      object('c', [], { stages: { widen: 'c1' } }),
      object('fresh', [], { stages: { switch: 'fresh1' } }),
      object('grant', [], { stages: { widen: 'grant1' } }),
    ],
    server,
  })
  expect(told).toEqual([
    ['a', 'failed'],
    ['b', 'skipped', unable],
    ['fresh', 'done'],
    ['c', 'skipped', unable],
    ['grant', 'skipped', unable],
  ])
})

test('what is used by something that could not be switched is not widened', async () => {
  const server = fakeServer({ role: 'old', policy: 'old', other: 'old' })
  server.fate = (_name, value) => (value === 'role same' ? Promise.reject(failing()) : undefined)
  const { told } = await run({
    objects: [
      object('policy', [], { stages: { widen: 'policy1' } }),
      object('other', [], { stages: { widen: 'other1' } }),
      object('role', ['policy'], { stages: { switch: 'role same', widen: 'role1' } }),
    ],
    server,
  })
  expect(told).toEqual([
    ['role', 'failed'],
    ['policy', 'skipped', 'what uses it could not be changed first'],
    ['other', 'done'],
  ])
})

test.each([
  { record: VAULT.sealed, reason: 'a server is gone' },
  { record: VAULT.tokenInvalid, reason: 'a server no longer accepts who runs this' },
  { record: KUBERNETES.unauthorized, reason: 'a server no longer accepts who runs this' },
])('where $reason nothing new is begun ($record.code)', async ({ record, reason }) => {
  const server = fakeServer()
  server.fate = async (name) => {
    if (name === 'a') throw failing(record)
    await sleep(5)
  }
  const { told } = await run({
    objects: [object('a'), object('b'), object('c', ['b']), object('d', [], { stages: { widen: 'd1' } })],
    server,
  })
  expect(told).toEqual([
    ['a', 'failed'],
    ['b', 'done'],
    ['c', 'skipped', reason],
    ['d', 'skipped', reason],
  ])
})

test('an answer that was lost: done where it stands as meant, failed where it does not, unknown where nobody tells', async () => {
  const server = fakeServer()
  server.fate = (name, value) => {
    if (name === 'acted') server.objects.set(name, value)
    return Promise.reject(failing(VAULT.outcomeUnknown))
  }
  const read: Kind['read'] = ({ name }: FakeObject) =>
    name === 'mute' ? Promise.reject(failing(VAULT.sealed)) : Promise.resolve(server.objects.get(name))
  const { told, marks } = await run({
    objects: [object('acted'), object('idle'), object('mute')],
    server,
    more: { read },
  })
  expect(told).toEqual([
    ['acted', 'done'],
    ['idle', 'failed'],
    ['mute', 'unknown'],
  ])
  expect([...marks.keys()]).toEqual(['vault:acted'])
})

test('a proof comes before the write, and its failure prevents it', async () => {
  const prove: Kind['prove'] = () => Promise.reject(failing())
  const { told, log } = await run({ objects: [object('a')], more: { prove } })
  expect([told, log]).toEqual([[['a', 'failed']], []])
})

test('stopped: what runs is finished, nothing new is begun, and the reason is told', async () => {
  const controller = new AbortController()
  const server = fakeServer()
  server.fate = async () => {
    controller.abort(new IceError(USAGE.timedOut, { message: 'The time limit is over.' }))
    await sleep(5)
  }
  const { told, outcomes } = await run({ objects: [object('a'), object('b', ['a'])], server, stop: controller.signal })
  expect(told).toEqual([
    ['a', 'done'],
    ['b', 'skipped', 'The time limit is over.'],
  ])
  expect(outcomes[1]?.error?.exitCode).toBe(6)
})

test('what is no error of ours is not swallowed', async () => {
  const server = fakeServer()
  server.fate = () => Promise.reject(new TypeError('a bug'))
  await expect(run({ objects: [object('a')], server })).rejects.toThrow('a bug')
})
