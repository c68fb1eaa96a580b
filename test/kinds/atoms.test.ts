import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import * as v from 'valibot'
import { dnsLabel, duration, durationText, lowerName, seconds, vaultName, vaultPath } from '../../src/kinds/atoms.js'

test('a duration is read and written the same', () => {
  fc.assert(fc.property(fc.nat(), (total) => expect(seconds(durationText(total))).toBe(total)))
})

test.each([
  ['90', undefined],
  ['1.5h', undefined],
  ['-1h', undefined],
  ['h', undefined],
  ['', undefined],
  [-1, undefined],
  [1.5, undefined],
  [90, 90],
  ['90s', 90],
  ['1h30m', 5400],
  ['30d', 2_592_000],
  ['0s', 0],
])('the duration %p is %p', (text, expected) => {
  const result = v.safeParse(duration, text)
  expect(result.success ? result.output : undefined).toBe(expected)
})

test.each([
  [dnsLabel, ['a', 'team-a', '1'], ['', 'A', 'a.b', '-a', 'a-', 'a'.repeat(64)]],
  [vaultPath, ['a', 'a/b'], ['', '/a', 'a/', 'a//b', '../a', 'a/..', 'a%2f', 'a?b', 'a#b', 'a\nb', 'a\u202eb']],
  [vaultName, ['a', 'a b'], ['a/b', '..']],
  [lowerName, ['app'], ['App']],
])('names', (schema, good, bad) => {
  for (const name of good) expect(v.is(schema, name)).toBe(true)
  for (const name of bad) expect([name, v.is(schema, name)]).toEqual([name, false])
})
