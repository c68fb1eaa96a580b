import { expect, test } from '@jest/globals'
import { createPublicKey, createSign, createVerify, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { pemKeys } from '../../src/kubernetes/keys.js'

const jwk = (key: KeyObject, more: object = {}) => ({ ...key.export({ format: 'jwk' }), ...more })

test.each([
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['an elliptic curve', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
])('a key of %s verifies as PEM what its private half signs', (_name, { publicKey, privateKey }) => {
  const [pem, ...others] = pemKeys([jwk(publicKey, { use: 'sig', alg: 'RS256', kid: 'a' })])
  expect(others).toEqual([])
  expect(pem).toMatch(/^-----BEGIN PUBLIC KEY-----\n[\s\S]+\n-----END PUBLIC KEY-----\n$/)
  const signature = createSign('sha256').update('token').sign(privateKey)
  expect(createVerify('sha256').update('token').verify(createPublicKey(pem!), signature)).toBe(true)
})

test('each once and sorted, whatever the order; what signs nothing, or is no key, is left out', () => {
  const keys = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)
  const [one, two] = keys.map((key) => jwk(key))
  const both = pemKeys([one!, two!])
  expect(both).toHaveLength(2)
  expect(both).toEqual(both.toSorted())
  expect(pemKeys([two!, one!, two!])).toEqual(both)
  expect(pemKeys([{ ...one, use: 'enc' }, { kty: 'RSA', n: 'x' }, { kty: 'none' }])).toEqual([])
})
