import { expect, test } from '@jest/globals'
import { claimsOf } from '../../src/kubernetes/index.js'
import { Secret } from '../../src/secrets/index.js'

const tokenOf = (claims: unknown): Secret =>
  new Secret(`eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`)

test('a token of TokenRequest: issuer, subject, audiences, times, and with what it ends', () => {
  const claims = claimsOf(
    tokenOf({
      iss: 'https://issuer',
      sub: 'system:serviceaccount:a:b',
      aud: ['vault', 'other'],
      iat: 1_700_000_000,
      exp: 1_700_000_600,
      'kubernetes.io': { namespace: 'a', secret: { name: 'marker', uid: 'u' }, serviceaccount: { name: 'b' } },
    }),
  )
  expect(claims).toEqual({
    issuer: 'https://issuer',
    subject: 'system:serviceaccount:a:b',
    audiences: ['vault', 'other'],
    issuedAt: '2023-11-14T22:13:20.000Z',
    expiresAt: '2023-11-14T22:23:20.000Z',
    boundTo: { kind: 'Secret', name: 'marker' },
  })
})

test('a token of a Secret has no audience and no end', () => {
  const claims = claimsOf(
    tokenOf({
      iss: 'kubernetes/serviceaccount',
      sub: 'system:serviceaccount:a:b',
      'kubernetes.io/serviceaccount/secret.name': 'b-token',
    }),
  )
  expect(claims).toEqual({
    issuer: 'kubernetes/serviceaccount',
    subject: 'system:serviceaccount:a:b',
    audiences: [],
    boundTo: { kind: 'Secret', name: 'b-token' },
  })
})

test('one audience may stand alone', () => {
  expect(claimsOf(tokenOf({ aud: 'vault' }))?.audiences).toEqual(['vault'])
})

test.each([{ exp: 1e300 }, { exp: 'soon' }, { exp: null }, { 'kubernetes.io': 7 }, { 'kubernetes.io': { pod: null } }])(
  'what makes no sense is left out: %j',
  (claims) => {
    expect(claimsOf(tokenOf(claims))).toEqual({ audiences: [] })
  },
)

test.each(['', 'no-jwt', 'a.b.c', `x.${Buffer.from('null').toString('base64url')}.y`])('%j is no JWT', (text) => {
  expect(claimsOf(new Secret(text))).toBeUndefined()
})
