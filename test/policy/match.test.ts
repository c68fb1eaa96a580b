import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { covers, matches, overlaps, precedence } from '../../src/policy/match.js'
import { pattern } from './arbitrary.js'

test.each([
  ['secret/foo', ['secret/foo'], ['secret/food', 'secret/foo/bar', 'secret/foo/', 'secret']],
  ['secret/bar/*', ['secret/bar/zip', 'secret/bar/zip/zap', 'secret/bar/'], ['secret/bars/zip', 'secret/bar']],
  ['secret/zip-*', ['secret/zip-', 'secret/zip-zap', 'secret/zip-zap/zong'], ['secret/zip/zap']],
  ['secret/+/teamb', ['secret/x/teamb', 'secret//teamb'], ['secret/teamb', 'secret/x/y/teamb', 'secret/x/teamb/z']],
  ['secret/+', ['secret/x', 'secret/'], ['secret', 'secret/x/y']],
  ['secret/+/a*', ['secret/x/a', 'secret/x/ab/c'], ['secret/x/b', 'secret/a']],
  ['secret/+/*', ['secret/x/', 'secret/x/y/z'], ['secret/x']],
  ['+', ['x'], ['x/y']],
  ['*', ['x', 'x/y', ''], []],
  ['a+/+b', ['a+/+b'], ['ax/xb']],
  ['a*/b', ['a*/b'], ['ax/b']],
])('%s', (path, yes, no) => {
  expect(yes.filter((each) => !matches(path, each))).toEqual([])
  expect(no.filter((each) => matches(path, each))).toEqual([])
})

// The documented rules, and each of their examples.
test.each([
  ['an exact path before any pattern', 'secret/foo', 'secret/fo*'],
  ['the later first wildcard', 'secret/a*', 'secret/+'],
  ['the later first wildcard', 'secret/bar/+/baz', 'secret/+/bar/baz'],
  ['no * at the end', 'secret/+/bar', 'secret/+/ba*'],
  ['no * at the end', 'secret/+', 'secret/*'],
  ['fewer +', 'secret/+/bar/baz', 'secret/+/+/baz'],
  ['fewer +, also where it is the broader', 'secret/*', 'secret/+/+/foo/*'],
  ['the longer', 'secret/+/bar/ba*', 'secret/+/bar/b*'],
  ['the longer, also where it is the lesser', '+/+/bb/*', '+/a/+/*'],
  ['the longer, in bytes', '+/+/é/*', '+/a/+/*'],
  ['the greater', 'secret/+/b/*', 'secret/+/a/*'],
])('precedence: %s', (_, winner, loser) => {
  expect(precedence(winner, loser)).toBeGreaterThan(0)
  expect(precedence(loser, winner)).toBeLessThan(0)
})

test('precedence is a total order', () => {
  fc.assert(
    fc.property(pattern, pattern, pattern, (a, b, c) => {
      expect(precedence(a, b) === 0).toBe(a === b)
      expect(Math.sign(precedence(a, b)) + Math.sign(precedence(b, a))).toBe(0)
      if (precedence(a, b) > 0 && precedence(b, c) > 0) expect(precedence(a, c)).toBeGreaterThan(0)
    }),
  )
})

/** Every path of up to four segments, with what a pattern's segments are, begin with, and are not. */
const UNIVERSE = (() => {
  const names = ['', 'a', 'b', 'ab', 'abz', 'z']
  let paths = names
  const all = [...paths]
  for (let depth = 1; depth < 4; depth++) {
    paths = paths.flatMap((path) => names.map((name) => `${path}/${name}`))
    all.push(...paths)
  }
  return all
})()

test('covers and overlaps say what matches says of all paths', () => {
  fc.assert(
    fc.property(pattern, pattern, (a, b) => {
      const ofB = UNIVERSE.filter((path) => matches(b, path))
      expect(covers(a, b)).toBe(ofB.every((path) => matches(a, path)))
      expect(overlaps(a, b)).toBe(ofB.some((path) => matches(a, path)))
    }),
    { numRuns: 500 },
  )
})
