import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { path, unsafePath } from '../../src/vault/index.js'

test('each value is encoded by segment; slashes stay', () => {
  expect(path`auth/${'team a/demo'}/role/${'app+1'}`).toEqual({
    text: 'auth/team a/demo/role/app+1',
    encoded: 'auth/team%20a/demo/role/app%2B1',
  })
})

test.each([
  '',
  '/a',
  'a/',
  'a//b',
  '.',
  '..',
  'a/../b',
  'a/./b',
  '..%2f',
  'a?b',
  'a#b',
  'a\\b',
  'a\nb',
  'a\u202eb',
  'a\u200bb',
  ' a',
  'a /b',
  'a/ b',
  '\ud800',
])('%j is refused', (value) => {
  expect(unsafePath(value)).toEqual(expect.any(String))
  expect(() => path`secret/${value}`).toThrow(expect.objectContaining({ code: 'ICE1001', exitCode: 2 }))
})

test('whatever is accepted reaches the server as what was checked', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      fc.pre(unsafePath(value) === undefined)
      const { pathname, search, hash } = new URL(`https://vault/v1/${path`kv/data/${value}`.encoded}`)
      expect(decodeURIComponent(pathname)).toBe(`/v1/kv/data/${value}`)
      expect(search + hash).toBe('')
    }),
    { numRuns: 2000 },
  )
})
