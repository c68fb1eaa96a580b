import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prune } from '../../src/operations/prune.js'
import { status } from '../../src/operations/status.js'
import { openScenario, type Scenario } from './scenario.js'

let one: Scenario
beforeAll(async () => {
  one = await openScenario()
})
afterAll(() => one.close())

const role = { serviceAccounts: ['app'], audience: 'vault' }
const show = () => status(one.fileOptions())

test('status tells what was applied and verified when, what is owned, what is no longer named, and what expires', async () => {
  const file = {
    ...one.base({
      reviewer: { namespace: `${one.id}-auth`, serviceAccount: 'reviewer', token: 'bound', expiration: '1h' },
    }),
    namespaces: { [`${one.id}-app`]: {} },
    serviceAccounts: [`${one.id}-app/app`],
    roles: { app: { ...role, namespaces: [`${one.id}-app`] }, old: { ...role, namespaces: [`${one.id}-app`] } },
  }
  one.write(file)
  expect(await show()).toMatchObject({
    owned: {},
    trusts: [{ cluster: 'demo', mount: one.id, applied: false, roles: 2 }],
  })
  expect(await show()).not.toHaveProperty('appliedAt')

  await one.apply({ verify: 'always' })
  const { old: _gone, ...roles } = file.roles
  one.write({ ...file, roles })
  const now = await show()
  expect(now.owned).toMatchObject({ role: 2, 'auth mount': 1, 'service account': 2, namespace: 2 })
  expect(now.unwanted).toEqual([`vault:auth/${one.id}/role/old`])
  expect(Date.parse(now.verifiedAt ?? '')).toBeGreaterThan(Date.parse(now.appliedAt ?? '') - 1)
  expect(now.trusts).toMatchObject([{ token: 'bound', applied: true, roles: 1 }])
  const [first] = now.expires
  expect(first?.what).toBe('the reviewer’s token of demo')
  expect(first?.left).toBeGreaterThan(3000)
  expect(first?.left).toBeLessThanOrEqual(3600)
})

test('a removal is told as one, and is not taken for an apply', async () => {
  const before = await show()
  expect(before).not.toHaveProperty('removedAt')
  await prune({ ...one.fileOptions(), dryRun: false, withData: false, changedToo: false, confirm: async () => true })
  const after = await show()
  expect(after).toMatchObject({ unwanted: [], appliedAt: before.appliedAt, verifiedAt: before.verifiedAt })
  expect(Date.parse(after.removedAt ?? '')).toBeGreaterThan(Date.parse(before.verifiedAt ?? ''))
})

test('a verification is recorded, and does not make a saved plan stale', async () => {
  const out = `${one.folder}/plan.json`
  await one.plan({ out })
  const before = (await show()).verifiedAt
  await one.verify()
  expect((await show()).verifiedAt).not.toBe(before)
  await one.apply({ savedPlan: out })
})
