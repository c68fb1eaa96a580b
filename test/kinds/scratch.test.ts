import { expect, test } from '@jest/globals'
import { isExpiredScratch, SCRATCH_SECONDS, scratchName } from '../../src/kinds/scratch.js'

test('a scratch name says when it may be removed by anybody', () => {
  const now = Date.parse('2026-01-01')
  const name = scratchName(now)
  expect(name).toMatch(/^icebreaker-scratch-\d{10}-[0-9a-f]{8}$/)
  expect(isExpiredScratch(name, now)).toBe(false)
  expect(isExpiredScratch(name, now + (SCRATCH_SECONDS - 1) * 1000)).toBe(false)
  expect(isExpiredScratch(name, now + (SCRATCH_SECONDS + 1) * 1000)).toBe(true)
})

test.each([
  'icebreaker-scratch-0000000001',
  'x-icebreaker-scratch-0000000001-0a0b0c0d',
  'icebreaker-scratch-1-0a0b0c0d',
  'kubernetes',
])('%s is nobody’s scratch', (name) => expect(isExpiredScratch(name)).toBe(false))
