import { expect, test } from '@jest/globals'
import { authJwtRole } from '../../src/kinds/auth-jwt-role.js'
import type { Values } from '../../src/kinds/fields.js'
import { fileWith } from './files.js'

const role = (more: object = {}): Values => {
  const file = fileWith({
    inventory: { namespace: 'home' },
    clusters: { demo: { auth: { method: 'jwt', path: 'demo', keys: 'pinned' } } },
    roles: { app: { serviceAccounts: ['app'], namespaces: ['app'], audience: 'vault', ...more } },
  })
  const [draft] = authJwtRole.expand(file, { clusters: {}, texts: {} })
  return draft!.desired
}

/** What the server has after it was written, as it reads it back. */
async function written(desired: Values): Promise<Values | undefined> {
  const io = { vault: { write: (_path: unknown, body: object) => ((stored = body), Promise.resolve({ data: {} })) } }
  let stored: object = {}
  await authJwtRole.write({ mount: 'demo', name: 'app' }, desired, undefined, io as never)
  const reading = { vault: { read: () => Promise.resolve({ data: stored, warnings: [] }) } }
  return authJwtRole.read({ mount: 'demo', name: 'app' }, reading as never)
}

test('what is written reads back as what was wanted', async () => {
  for (const more of [
    {},
    { serviceAccounts: ['a*', 'b'], accept: ['wildcard'] },
    { jwt: { boundClaims: { sub: 'x' }, userClaim: 'sub' } },
  ]) {
    expect(authJwtRole.diff(role(more), await written(role(more)))).toEqual([])
  }
})

test('accounts and namespaces are claims, told in the words of the file', async () => {
  const before = await written(role())
  const changes = authJwtRole.diff(role({ serviceAccounts: ['app', 'other'], namespaces: ['elsewhere'] }), before)
  expect(changes).toEqual([
    { field: 'serviceAccounts', from: ['app'], to: ['app', 'other'] },
    { field: 'namespaces', from: ['app'], to: ['elsewhere'] },
  ])
})

test('the alias is the uid or the subject, as aliasNameSource says, unless a claim is named', () => {
  const alias = (more: object) => {
    const { userClaim, userClaimJSONPointer } = role(more)
    return [userClaim, userClaimJSONPointer]
  }
  expect(alias({})).toEqual(['/kubernetes.io/serviceaccount/uid', true])
  expect(alias({ aliasNameSource: 'serviceaccount_name' })).toEqual(['sub', false])
  expect(alias({ jwt: { userClaim: 'jti' } })).toEqual(['jti', false])
  expect(alias({ jwt: { userClaim: '/a', userClaimJSONPointer: false } })).toEqual(['/a', false])
})

test('globs are compared as such, and only they', () => {
  expect(role()['boundClaimsType']).toBe('string')
  expect(role({ namespaces: ['team-*'], accept: ['wildcard'] })['boundClaimsType']).toBe('glob')
})

test('lists that shrink narrow, lists that grow widen, as with the other method', async () => {
  const stages = async (to: object, from: object) =>
    Object.keys(authJwtRole.stages(role(to), await written(role(from))))
  expect(await stages({ namespaces: ['app'] }, { namespaces: ['app', 'b'] })).toEqual(['narrow'])
  expect(await stages({ policies: ['default'] }, {})).toEqual(['widen'])
  expect(await stages({ audience: 'other' }, {})).toEqual(['switch'])
})
