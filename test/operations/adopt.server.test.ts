import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { FileInput } from '../../src/config/schema.js'
import { path } from '../../src/vault/index.js'
import { openScenario, pending, refusal, states, type Scenario } from './scenario.js'

let one: Scenario

beforeAll(async () => {
  one = await openScenario()
})
afterAll(() => one.close())

const policyOf = (id: string): `vault:${string}` => `vault:sys/policies/acl/${id}-app`
const file = (): FileInput => ({
  ...one.base(),
  engines: { [`${one.id}-kv`]: { type: 'kv', secrets: { app: { password: { literal: 'x' } } } } },
  policies: { [`${one.id}-app`]: { grants: [`read kv ${one.id}-kv/app`] } },
  roles: {
    app: { serviceAccounts: ['app'], namespaces: [`${one.id}-app`], policies: [`${one.id}-app`], audience: 'vault' },
  },
})

test('what others made is adopted: with the record lost, --adopt all changes nothing but the mark of ownership', async () => {
  one.write(file())
  expect((await one.apply()).outcomes.every(({ state }) => state === 'done')).toBe(true)
  await one.setInventory(undefined)
  const before = await one.vault.read(path`auth/${one.id}/role/app`)

  const refused = await one.plan()
  expect(Object.values(pending(refused))).toContain('refuse')
  await refusal(one.apply())

  const planned = await one.plan({ adopt: 'all' })
  const adopted = planned.plan.objects.filter(({ adopts }) => adopts)
  expect(adopted.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['AuthMount', 'Policy', 'EngineMount', 'KVSecret', 'AuthRole']),
  )
  const config = adopted.find(({ kind }) => kind === 'AuthConfig')
  expect(config?.changes.map(({ field }) => field)).toEqual(['ownership', 'tokenReviewerJWT'])
  for (const { kind, changes } of adopted)
    if (kind !== 'AuthConfig') expect(changes.map(({ field }) => field)).toEqual(['ownership'])

  const applied = await one.apply({ adopt: 'all' })
  expect(new Set(Object.values(states(applied)))).toEqual(new Set(['done']))
  expect(await one.vault.read(path`auth/${one.id}/role/app`)).toEqual(before)
  expect(pending(await one.plan())).toEqual({})
})

test('one address is adopted, and the others stay refused; an address that is none of the file is a mistake', async () => {
  one.write(file())
  await one.setInventory(undefined)
  const planned = await one.plan({ adopt: new Set([policyOf(one.id)]) })
  expect(pending(planned)[policyOf(one.id)]).toBe('update')
  expect(pending(planned)[`vault:auth/${one.id}/role/app`]).toBe('refuse')
  expect((await refusal(one.plan({ adopt: new Set(['vault:nothing']) }))).message).toContain('vault:nothing')
})

test('a saved plan adopts what it showed', async () => {
  one.write(file())
  await one.setInventory(undefined)
  const out = `${one.folder}/plan.json`
  await one.plan({ adopt: 'all', out })
  expect(new Set(Object.values(states(await one.apply({ savedPlan: out }))))).toEqual(new Set(['done']))
  expect(pending(await one.plan())).toEqual({})
})
