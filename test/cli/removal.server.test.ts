import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { path } from '../../src/vault/index.js'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { emptyHome, icebreaker, operatorEnv } from './process.js'
import { codes } from './told.js'

let one: Scenario
const home = emptyHome()

beforeAll(async () => {
  one = await openScenario()
  one.write({
    ...one.base(),
    engines: { [`${one.id}-kv`]: { type: 'kv', secrets: { app: { password: { generate: {} } } } } },
    policies: { [one.id]: { grants: [`read kv ${one.id}-kv/app`] } },
  })
  await one.apply()
})
afterAll(async () => {
  await one.close()
  rmSync(home, { recursive: true })
})

const run = (...args: readonly string[]) => icebreaker([...args, '-f', one.file], operatorEnv(home))
const mounted = async () => (await one.vault.read(path`sys/auth`))?.data[`${one.id}/`] !== undefined

test('off a terminal nothing is removed before it is said how sure one is', async () => {
  const unsure = await run('destroy', '--json')
  expect([unsure.exitCode, ...codes(unsure)]).toEqual([2, 'ICE1102'])
  const nameless = await run('destroy', '--yes', '--json')
  expect([nameless.exitCode, ...codes(nameless)]).toEqual([2, 'ICE1102'])
  expect(nameless.stdout).toContain(`--confirm ${one.id}`)
  const wrong = await run('destroy', '--yes', '--confirm', 'another', '--json')
  expect([wrong.exitCode, ...codes(wrong)]).toEqual([2, 'ICE1100'])
  expect(await mounted()).toBe(true)
})

test('a file that lost its second half takes nothing along by --yes alone', async () => {
  one.write(one.base())
  const pruned = await run('prune', '--yes', '--delete-data', '--json')
  expect([pruned.exitCode, ...codes(pruned)]).toEqual([2, 'ICE1102'])
  expect(await one.vault.read(path`sys/policies/acl/${one.id}`)).toBeDefined()
})

test('destroy says what stays (8), and with data everything goes (0); again there is nothing to do', async () => {
  const kept = await run('destroy', '--yes', '--confirm', one.id)
  expect(kept.exitCode).toBe(8)
  expect(kept.stdout).toContain('would go with it')
  expect(await mounted()).toBe(false)
  const all = await run('destroy', '--yes', '--confirm', one.id, '--delete-data', '--json')
  expect(all.exitCode).toBe(0)
  expect(JSON.parse(all.stdout)).toMatchObject({ operation: 'destroy', summary: { done: 3, failed: 0, kept: 0 } })
  const again = await run('destroy', '--yes', '--confirm', one.id)
  expect([again.exitCode, again.stdout]).toEqual([0, expect.stringContaining('Nothing to remove.')])
})
