import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { redact, Secret } from '../../src/secrets/index.js'

const PASSWORD = `p"a\\s's/w+o%r<d> &é!*~`
new Secret(PASSWORD)

/** By the standard encoders of this side; what Go makes of it is written out. */
const ENCODED: readonly (readonly [string, (value: string) => string])[] = [
  ['as it is', (value) => value],
  ['in JSON', (value) => JSON.stringify(value).slice(1, -1)],
  ['in a URL', encodeURIComponent],
  ['as a form', (value) => new URLSearchParams({ value }).toString().slice('value='.length)],
  ['in base64', (value) => Buffer.from(value).toString('base64')],
  ['in base64 without padding', (value) => Buffer.from(value).toString('base64').replace(/=+$/, '')],
  ['in base64 for URLs', (value) => Buffer.from(value).toString('base64url')],
]

test.each(ENCODED)('a secret is blanked out %s', (_way, encode) => {
  expect(redact(`failed: |${encode(PASSWORD)}|`)).toBe('failed: |(secret)|')
})

test.each([
  ['json.Marshal', `p\\"a\\\\s's/w+o%r\\u003cd\\u003e \\u0026é!*~`],
  ['url.QueryEscape', 'p%22a%5Cs%27s%2Fw%2Bo%25r%3Cd%3E+%26%C3%A9%21%2A~'],
  ['url.PathEscape', 'p%22a%5Cs%27s%2Fw+o%25r%3Cd%3E%20&%C3%A9%21%2A~'],
])('also as Go’s %s writes it', (_function, written) => {
  expect(redact(`failed: |${written}|`)).toBe('failed: |(secret)|')
})

test('every secret is, in every form', () => {
  const secret = fc.oneof(fc.string({ minLength: 6 }), fc.string({ minLength: 6, unit: 'grapheme' }))
  fc.assert(
    fc.property(secret, fc.constantFrom(...ENCODED), (value, [, encode]) => {
      fc.pre(!value.includes('|'))
      new Secret(value)
      expect(redact(`|${encode(value)}|`)).toBe('|(secret)|')
    }),
  )
})

test.each(['', 'm', 'me', 'me:', 'user:'])('a part of a base64 text (after %j) is blanked out', (before) => {
  const [secret, after] = ['correct-horse-battery', ', and more']
  new Secret(secret)
  const text = Buffer.from(before + secret + after).toString('base64')
  const [left = '', right = text] = redact(text).split('(secret)')
  // What stands for the text around it, and one sign that stands for a few bits of both.
  expect(left.length).toBeLessThanOrEqual(Math.ceil((before.length * 8) / 6))
  expect(right.replace(/=+$/, '').length).toBeLessThanOrEqual(Math.ceil((after.length * 8) / 6) + 1)
})

test('of overlapping secrets nothing is left, whichever was made first', () => {
  for (const value of ['overlap-one', 'one-two-three', 'lap-one', 'overlap-one-two']) new Secret(value)
  expect(redact('an overlap-one-two-three!')).toBe('an (secret)!')
  expect(redact('overlap-one,lap-one')).toBe('(secret),(secret)')
  expect(redact('lap-onelap-one')).toBe('(secret)(secret)')
})

test('what is no secret stays as it is', () => {
  new Secret('short')
  for (const text of ['short', '', 'Cannot read sys/mounts: no such mount', 'p"a'.repeat(3)])
    expect(redact(text)).toBe(text)
})

test('thousands of secrets with one beginning, as tokens have, are told apart', () => {
  const tokens = Array.from({ length: 2000 }, (_, number) => `same-beginning-${number}-`)
  for (const token of tokens) new Secret(token)
  expect(redact(tokens.join(','))).toBe(Array(2000).fill('(secret)').join(','))
  expect(redact('same-beginning-2001-')).toBe('same-beginning-2001-')
})
