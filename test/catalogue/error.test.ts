import { expect, test } from '@jest/globals'
import { CATALOGUE, FILE, IceError, IceErrors, worstExit } from '../../src/catalogue/index.js'

test('codes are unique, and well formed', () => {
  const codes = CATALOGUE.map((record) => record.code)
  expect(new Set(codes).size).toBe(codes.length)
  for (const code of codes) expect(code).toMatch(/^ICE[1-9]\d{3}$/)
})

test('an error carries the same exit code for both of oclif’s error paths', () => {
  const error = new IceError(FILE.unsafePath, { message: 'x' })
  expect([error.exitCode, error.oclif.exit]).toEqual([2, 2])
})

test('of several outcomes the exit code is refused, then not permitted, then unreachable, then failed', () => {
  expect(worstExit([1, 6, 5, 8])).toBe(8)
  expect(worstExit([1, 6, 5])).toBe(5)
  expect(worstExit([1, 6])).toBe(6)
  expect(worstExit([])).toBe(0)
  expect(new IceErrors([new IceError(FILE.unsafePath, { message: 'x', exit: 6 })]).exitCode).toBe(6)
})
