import { expect, test } from '@jest/globals'
import type { ApiCall } from '../../src/kinds/contract.js'
import { accessText } from '../../src/reconcile/permissions.js'
import { verifyCalls } from '../../src/verify/calls.js'
import { subjectsOf } from '../../src/verify/subjects.js'
import { fileWith } from '../kinds/files.js'

const role = { serviceAccounts: ['app'], namespaces: ['team'], audience: 'vault' }

const told = (call: ApiCall): string => (call.api === 'vault' ? call.path : accessText(call.access))

function needs(more: object): string[] {
  const file = fileWith({ roles: { r: { ...role, ...more } } })
  return verifyCalls(subjectsOf(file, { roles: [], sample: Infinity }).subjects, file).map(told)
}

test('tokens by name, marker Secrets without one, and the account that has to be made', () => {
  expect(needs({})).toEqual([
    'create secrets in namespace team',
    'delete secrets in namespace team',
    'create secrets in namespace vault-auth',
    'delete secrets in namespace vault-auth',
    'create serviceaccounts/token app in namespace team',
    'create serviceaccounts/token default in namespace team',
    'create serviceaccounts/token app in namespace vault-auth',
    'create serviceaccounts in namespace vault-auth',
    'delete serviceaccounts app in namespace vault-auth',
  ])
})

test('a stranger of a random name cannot be asked for by it', () => {
  expect(needs({ serviceAccounts: ['app', 'default'] })).toEqual(
    expect.arrayContaining([
      'create serviceaccounts/token in namespace team',
      'create serviceaccounts in namespace team',
      'delete serviceaccounts in namespace team',
    ]),
  )
})

test('a token that may not end itself is ended by the operator, unless nobody can', () => {
  const ends = 'auth/token/revoke-accessor'
  expect(needs({})).not.toContain(ends)
  expect(needs({ tokenNoDefaultPolicy: true })).toContain(ends)
  expect(needs({ tokenNoDefaultPolicy: true, tokenType: 'batch' })).not.toContain(ends)
})
