import { expect, test } from '@jest/globals'
import { applyExit, planExit, verifyExit } from '../../src/commands/base/exit-code.js'
import * as fixtures from '../views/fixtures.js'

test('a plan is only looked at, unless its exit code is asked for', () => {
  expect([fixtures.mixedPlan, fixtures.savedPlan, fixtures.unchangedPlan].map((plan) => planExit(plan, false))).toEqual(
    [0, 0, 0],
  )
  expect([fixtures.mixedPlan, fixtures.savedPlan, fixtures.unchangedPlan].map((plan) => planExit(plan, true))).toEqual([
    8, 4, 0,
  ])
})

test.each([
  ['applyDone', 0],
  ['applyUnchanged', 0],
  ['applyDryRun', 0],
  ['applyUnproven', 3],
  ['applyStopped', 1],
  ['applyFailed', 6],
] as const)('%s exits with %d', (name, code) => expect(applyExit(fixtures[name])).toBe(code))

test('where nothing could be tried nothing is proven', () => {
  const { verified, proven } = fixtures
  const skipped = verified.verify.probes.filter(({ verdict }) => verdict === 'skipped')
  expect(verifyExit(verified)).toBe(3)
  expect(verifyExit(proven)).toBe(0)
  expect(verifyExit({ ...verified, verify: { probes: skipped, left: [] } })).toBe(3)
  expect(verifyExit({ ...verified, verify: { probes: [], left: [] } })).toBe(0)
})
