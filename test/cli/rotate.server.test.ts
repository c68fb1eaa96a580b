import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { APPLY } from '../../src/catalogue/index.js'
import { rotating } from '../operations/rotation.js'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { emptyHome, icebreaker, operatorEnv } from './process.js'
import { codes, json } from './told.js'

let scenario: Scenario
const home = emptyHome()

beforeAll(async () => {
  scenario = await openScenario()
})
afterAll(async () => {
  await scenario.close()
  rmSync(home, { recursive: true })
})

const rotate = (...args: string[]) =>
  icebreaker(['reviewer', 'rotate', '--file', scenario.file, ...args], operatorEnv(home))

test('a scheduled job is told what was done, and that nothing was to be done', async () => {
  scenario.write(rotating(scenario, 'bound', { expiration: '2h' }))
  await scenario.apply()
  const idle = await rotate('--if-expires-within', '1h', '-o', 'json')
  expect([idle.exitCode, idle.stderr]).toEqual([0, ''])
  expect(json(idle)).toMatchObject({ operation: 'reviewer rotate', rotated: false, isDue: false, dryRun: false })
  const dry = await rotate('--if-expires-within', '3h', '--dry-run')
  expect([dry.exitCode, dry.stderr]).toEqual([0, ''])
  expect(dry.stdout).toMatch(
    /Dry run: nothing was written\. It would be rotated: less than 3h were left of the token\.$/,
  )
})

test('what cannot be rotated is wrong usage, what is not ours is refused', async () => {
  const none = await rotate('--name', 'somebody-else', '-o', 'json')
  expect([none.exitCode, codes(none)]).toEqual([8, [APPLY.notOurs.code]])
  const wrong = await rotate('--if-expires-within', 'soon')
  expect([wrong.exitCode, wrong.stdout]).toEqual([2, ''])
})
