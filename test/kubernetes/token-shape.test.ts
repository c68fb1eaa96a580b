import { describe, expect, test } from '@jest/globals'
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { shapeOf, signatureOf } from '../../src/kubernetes/token-shape.js'
import { Secret } from '../../src/secrets/index.js'

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const jwt = (header: unknown, claims: unknown, signature = 'AAAA'): string =>
  `${encoded(header)}.${encoded(claims)}.${signature}`
const good = jwt({ alg: 'RS256', kid: 'one' }, {})

describe('what is no JWT says what it is', () => {
  test.each([
    ['', 'it is empty'],
    [`Bearer ${good}`, 'it begins with `Bearer`'],
    [`${good} x`, 'it has white space in it'],
    [Buffer.from(good).toString('base64'), 'it is the Base64 text of a JWT, as kubectl shows the data of a Secret'],
    ['hvs.abc', 'it has 2 parts, not three'],
    ['abc', 'it has 1 part, not three'],
    ['a.b.c.d.e', 'it has five parts: it is encrypted (JWE), which Vault does not read'],
    [`x${good}`, 'its first part is not the Base64 text of JSON'],
    [`${encoded({ alg: 'RS256' })}.x.y`, 'its second part is not the Base64 text of JSON: it may have been cut'],
    [jwt({ alg: 'HS256' }, {}), 'it says the algorithm HS256, which no cluster signs with'],
    [jwt({ alg: 'none' }, {}), 'it says the algorithm none, which no cluster signs with'],
    [jwt({ alg: 'toString' }, {}), 'it says the algorithm toString, which no cluster signs with'],
  ])('%.20s…', (text, problem) => {
    expect(shapeOf(new Secret(text))).toMatchObject({ isJwt: false, problem })
  })
})

test('a token of TokenRequest, and one of a Secret', () => {
  const account = { namespace: 'app', name: 'web', uid: 'u' }
  const own = { 'kubernetes.io': { namespace: 'app', serviceaccount: { name: 'web', uid: 'u' } } }
  const times = { iat: 1, nbf: 2, exp: 3 }
  expect(shapeOf(new Secret(jwt({ alg: 'ES256', kid: 'k' }, { ...own, ...times })))).toEqual({
    isJwt: true,
    algorithm: 'ES256',
    keyId: 'k',
    account,
    issuedAt: 1000,
    notBefore: 2000,
    expiresAt: 3000,
  })
  const old = {
    'kubernetes.io/serviceaccount/namespace': 'app',
    'kubernetes.io/serviceaccount/service-account.name': 'web',
    'kubernetes.io/serviceaccount/service-account.uid': 'u',
  }
  expect(shapeOf(new Secret(jwt({ alg: 'RS256' }, old)))).toEqual({ isJwt: true, algorithm: 'RS256', account })
  expect(shapeOf(new Secret(jwt({ alg: 'RS256' }, { sub: 'alice' })))).toEqual({ isJwt: true, algorithm: 'RS256' })
})

describe('who signed it', () => {
  const pem = (key: KeyObject): string => String(key.export({ type: 'spki', format: 'pem' }))
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const keys = [pem(rsa.publicKey), pem(ec.publicKey)]

  const signed = (alg: string, key: KeyObject, more: object = {}, header: object = {}): Secret => {
    const text = `${encoded({ alg, ...header })}.${encoded({ sub: 'x' })}`
    return new Secret(`${text}.${sign('sha256', Buffer.from(text), { key, ...more }).toString('base64url')}`)
  }

  test('RSA and EC keys', () => {
    expect(signatureOf(signed('RS256', rsa.privateKey), keys)).toBe('verified')
    expect(signatureOf(signed('ES256', ec.privateKey, { dsaEncoding: 'ieee-p1363' }), keys)).toBe('verified')
  })

  test('another key, of whatever sort', () => {
    expect(signatureOf(signed('RS256', other.privateKey), keys)).toBe('strange')
    expect(signatureOf(signed('RS256', rsa.privateKey), [])).toBe('strange')
    // The header says one sort of key, and another one signed.
    expect(signatureOf(signed('ES256', rsa.privateKey), keys)).toBe('strange')
  })

  test('a key that is named and did not sign it', async () => {
    const { createHash } = await import('node:crypto')
    const der = rsa.publicKey.export({ type: 'spki', format: 'der' })
    const kid = createHash('sha256').update(der).digest('base64url')
    expect(signatureOf(signed('RS256', other.privateKey, {}, { kid }), keys)).toBe('broken')
  })
})
