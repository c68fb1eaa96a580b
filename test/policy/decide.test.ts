import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { CAPABILITIES, decide, effective, matches, toRules } from '../../src/policy/index.js'
import { REQUESTS, pattern, rules } from './arbitrary.js'

test('always is what effective says, of paths and of patterns', () => {
  fc.assert(
    fc.property(rules, fc.oneof(fc.constantFrom(...REQUESTS), pattern), (own, path) => {
      const given = CAPABILITIES.filter((capability) => decide(own, path, capability).always)
      expect(given).toEqual(effective(own, path))
    }),
  )
})

test('ever is never less than what some path of a pattern gives', () => {
  fc.assert(
    fc.property(rules, pattern, (own, wide) => {
      for (const path of REQUESTS.filter((request) => matches(wide, request))) {
        for (const capability of effective(own, path))
          expect([path, decide(own, wide, capability).ever]).toEqual([path, true])
      }
    }),
  )
})

test('tells which stanzas decide', () => {
  const own = toRules([
    { path: 'a/*', capabilities: ['read'] },
    { path: 'a/b', capabilities: ['deny'] },
    { path: 'a/+', capabilities: ['read', 'update'] },
  ])
  const by = (path: string) => decide(own, path, 'read').by.map((rule) => rule.path)
  expect([by('a/b'), by('a/c'), by('a/c/d'), by('x')]).toEqual([['a/b'], ['a/+'], ['a/*'], []])
  expect(by('a/*')).toEqual(['a/*', 'a/+', 'a/b'])
})
