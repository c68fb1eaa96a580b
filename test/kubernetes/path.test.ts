import { expect, test } from '@jest/globals'
import { refs, reviews } from '../../src/kubernetes/index.js'
import { collectionPath, invalidName, objectPath } from '../../src/kubernetes/path.js'

test('core objects are under /api, all others under /apis', () => {
  expect(objectPath(refs.secret('app', 'creds'))).toBe('/api/v1/namespaces/app/secrets/creds')
  expect(objectPath(refs.namespace('app'))).toBe('/api/v1/namespaces/app')
  expect(objectPath(refs.lease('app', 'icebreaker'))).toBe(
    '/apis/coordination.k8s.io/v1/namespaces/app/leases/icebreaker',
  )
  expect(objectPath(refs.serviceAccount('app', 'web'), 'token')).toBe(
    '/api/v1/namespaces/app/serviceaccounts/web/token',
  )
  expect(collectionPath(reviews.token)).toBe('/apis/authentication.k8s.io/v1/tokenreviews')
})

test('a colon in the name of a role is encoded', () => {
  expect(objectPath(refs.clusterRoleBinding('system:node'))).toBe(
    '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system%3Anode',
  )
})

test.each(['', '.', '..', '../x', 'a/b', 'a%2fb', 'A', '-a', 'a-', 'a..b', 'a_b', 'a b', 'a\n', 'ä', 'a'.repeat(254)])(
  'no name of a Secret: %j',
  (name) => {
    expect(() => objectPath(refs.secret('app', name))).toThrow('is no DNS subdomain')
    expect(() => objectPath(refs.secret(name, 'creds'))).toThrow('is no DNS label')
  },
)

test('a namespace has no dots and at most 63 characters', () => {
  for (const name of ['a.b', 'a'.repeat(64)]) expect(() => objectPath(refs.namespace(name))).toThrow('DNS label')
  expect(invalidName(refs.namespace('x'), 'a'.repeat(63))).toBeUndefined()
})

test('names of RBAC objects are one path segment', () => {
  const binding = refs.clusterRoleBinding('x')
  for (const name of ['system:auth-delegator', 'Admin_of everything'])
    expect(invalidName(binding, name)).toBeUndefined()
  for (const name of ['', '.', '..', 'a/b', 'a%b', 'a\u0000']) expect(invalidName(binding, name)).toBeDefined()
})

test('control characters of a name do not reach the terminal', () => {
  expect(() => objectPath(refs.secret('app', '\u202ea\u009b'))).toThrow(
    expect.not.objectContaining({ message: expect.stringMatching(/[\u202e\u009b]/) }),
  )
})
