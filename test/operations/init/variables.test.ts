import { beforeEach, expect, test } from '@jest/globals'
import { variablesFor } from '../../../src/operations/init/variables.js'

const ADDRESS = 'https://vault.example.com:8200'

// Jest gives each test file an environment of its own.
beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (/^(?:VAULT|BAO)_/.test(name)) Reflect.deleteProperty(process.env, name)
})

const names = (environment: Readonly<Record<string, string>>, more = {}): readonly string[] => {
  Object.assign(process.env, environment)
  const variables = variablesFor(more, { 'vault-address': ADDRESS })
  return variables.map(({ name, value = '…' }) => `${name}=${value}`)
}

test('the address, where a token would not be sent otherwise', () => {
  expect(names({})).toEqual([`VAULT_ADDR=${ADDRESS}`])
  expect(names({ VAULT_ADDR: 'https://other.example.com:8200' })).toEqual([`VAULT_ADDR=${ADDRESS}`])
  expect(names({ VAULT_ADDR: `${ADDRESS}/` })).toEqual([])
  // Whatever that is, plan says it.
  expect(names({ VAULT_SKIP_VERIFY: 'true' })).toEqual([])
})

test('what a flag has said, and the environment does not', () => {
  const flags = { kubeconfig: './config', tokenFile: 'token' }
  expect(names({ VAULT_ADDR: ADDRESS }, flags)).toEqual(['ICEBREAKER_TOKEN_FILE=token', 'KUBECONFIG=./config'])
  process.env['KUBECONFIG'] = './config'
  expect(names({ VAULT_ADDR: ADDRESS }, { kubeconfig: './config' })).toEqual([])
})

test('the password of the database, which nobody but the operator knows', () => {
  expect(variablesFor({}, { 'password-env': 'PW' })).toMatchObject([{ name: 'PW', why: expect.any(String) }])
})
