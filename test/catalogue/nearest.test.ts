import { expect, test } from '@jest/globals'
import { nearest } from '../../src/catalogue/nearest.js'

test.each([
  ['raed', 'read'],
  ['READ', 'read'],
  ['lst', 'list'],
  ['encyrpt', 'encrypt'],
  ['serviceaccount', 'serviceAccounts'],
  ['token_ttl', 'tokenTTL'],
  ['kb', 'kv'],
])('%s means %s', (word, meant) => {
  const words = ['read', 'list', 'encrypt', 'decrypt', 'serviceAccounts', 'tokenTTL', 'tokenMaxTTL', 'kv']
  expect(nearest(word, words)).toBe(meant)
})

test('what is like nothing means nothing', () => {
  expect(nearest('frobnicate', ['read', 'list'])).toBeUndefined()
  expect(nearest('', ['read'])).toBeUndefined()
  expect(nearest('read', [])).toBeUndefined()
})

test('the nearest of several wins, and of equals the first', () => {
  expect(nearest('demo-ap', ['demo-api', 'demo-app', 'demo'])).toBe('demo-api')
  expect(nearest('encrypts', ['decrypt', 'encrypt'])).toBe('encrypt')
})

test('two swapped characters are one slip, also at the end', () => {
  expect(nearest('abc', ['acb'])).toBe('acb')
  expect(nearest('abc', ['cba'])).toBeUndefined()
})
