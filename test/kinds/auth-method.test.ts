import { expect, test } from '@jest/globals'
import { isIceErrors } from '../../src/catalogue/index.js'
import { check } from '../../src/config/problems.js'
import { fileSchema } from '../../src/config/schema.js'
import { parseYaml } from '../../src/config/yaml.js'

const named = { namespace: 'vault-auth', serviceAccount: 'reviewer' }
const role = { serviceAccounts: ['app'], namespaces: ['app'], audience: 'vault' }

function problems(auth: object, more: object = {}): readonly string[] {
  const file = { version: 1, name: 'demo', inventory: { namespace: 'home' }, clusters: { demo: { auth } }, ...more }
  try {
    check(fileSchema, parseYaml(JSON.stringify(file, null, 1), 'icebreaker.yaml'))
    return []
  } catch (error) {
    if (!isIceErrors(error)) throw error
    expect(error.errors.every(({ details }) => details.at !== undefined)).toBe(true)
    return error.errors.map(({ message }) => message)
  }
}

test.each([
  [{ path: 'demo', reviewer: named }],
  [{ path: 'demo', reviewer: { ...named, token: 'bound', expiration: '1h' } }],
  [{ path: 'demo', reviewer: { ...named, token: 'pod' } }],
  [{ path: 'demo', reviewer: { token: 'client' } }],
  [{ method: 'kubernetes', path: 'demo', reviewer: named }],
  [{ method: 'jwt', path: 'demo' }],
  [{ method: 'jwt', path: 'demo', keys: 'jwks', anonymousDiscovery: true, boundIssuer: 'https://a' }],
])('%j is a way to log in', (auth) => {
  expect(problems(auth, { roles: { app: role } })).toEqual([])
})

test.each([
  [{ path: 'demo' }, /Missing key "reviewer"/],
  [{ method: 'jwt', path: 'demo', reviewer: named }, /"reviewer" .* does not go together with method: jwt/],
  [{ method: 'jwt', path: 'demo', issuer: 'x' }, /"issuer" .* does not go together with method: jwt/],
  [{ method: 'kubernetes', path: 'demo', reviewer: named, keys: 'jwks' }, /"keys" .* does not go together/],
  [{ method: 'oidc', path: 'demo' }, /method.*"oidc" is not/],
  [{ path: 'demo', reviewer: { ...named, token: 'client' } }, /does not go together with token: client/],
  [{ path: 'demo', reviewer: { token: 'bound' } }, /Missing key "namespace"/],
  [{ path: 'demo', reviewer: { ...named, expiration: '1h' } }, /expiration/],
  [{ path: 'demo', reviewer: { ...named, token: 'bound', expiration: '5m' } }, /at least 10m/],
  [{ path: 'demo', reviewer: { ...named, token: 'pod' }, disableLocalCAJWT: true }, /token of its pod/],
  [{ method: 'jwt', path: 'demo', keys: 'pinned', anonymousDiscovery: true }, /fetches nothing/],
])('%j is not', (auth, message) => {
  const [first] = problems(auth)
  expect(first).toMatch(message)
})

test('without a reviewer’s namespace the file says where its record is', () => {
  for (const auth of [
    { path: 'demo', reviewer: { token: 'client' } },
    { method: 'jwt', path: 'demo' },
  ]) {
    expect(problems(auth, { inventory: {} })).toEqual([
      expect.stringMatching(/^inventory\.namespace .*expected a namespace/),
    ])
    const home = { other: { auth: { path: 'other', reviewer: named } }, demo: { auth } }
    expect(problems(auth, { inventory: {}, clusters: home })).toEqual([])
  }
})

test.each([
  [{ method: 'jwt', path: 'demo' }, { audience: undefined, accept: ['noAudience'] }, /^roles\.app\.audience /],
  [{ method: 'jwt', path: 'demo' }, { namespaceSelector: { matchLabels: {} } }, /no labels of namespaces/],
  [
    { path: 'demo', reviewer: { token: 'client' } },
    { namespaceSelector: { matchLabels: {} } },
    /may not read namespaces/,
  ],
  [{ path: 'demo', reviewer: named }, { jwt: { boundSubject: 'x' } }, /no cluster of this role has method: jwt/],
  [
    { method: 'jwt', path: 'demo' },
    { jwt: { boundClaims: { '/kubernetes.io/namespace': 'x' } } },
    /bound by serviceAccounts and namespaces/,
  ],
])('with %j a role cannot have %j', (auth, more, message) => {
  expect(problems(auth, { roles: { app: { ...role, ...more } } })).toEqual([expect.stringMatching(message)])
})

test('a role on two clusters must fit both, and one that names its cluster only that', () => {
  const clusters = {
    asks: { auth: { path: 'asks', reviewer: named } },
    keys: { auth: { method: 'jwt', path: 'keys' } },
  }
  const selecting = { ...role, namespaceSelector: { matchLabels: { a: 'b' } } }
  expect(problems({}, { clusters, roles: { app: selecting } })).toEqual([expect.stringContaining('on keys')])
  expect(problems({}, { clusters, roles: { app: { ...selecting, clusters: ['asks'] } } })).toEqual([])
  expect(problems({}, { clusters, roles: { app: { ...role, jwt: { boundSubject: 'x' } } } })).toEqual([])
})
