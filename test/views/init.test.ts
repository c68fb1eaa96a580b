import { expect, test } from '@jest/globals'
import type { InitResult } from '../../src/operations/init/types.js'
import { remember } from '../../src/secrets/redact.js'
import { expectGolden, written } from './golden.js'

const result: InitResult = {
  operation: 'init',
  state: 'written',
  file: 'icebreaker.yaml',
  template: 'postgres',
  added: [],
  assumed: [
    { at: 'vault.address', why: 'Vault could not be looked at: vault.example.com:8200: connection refused (ICE2012)' },
    { at: 'engines.postgres.connections.main.url', why: 'this is an example' },
  ],
  variables: [
    { name: 'VAULT_ADDR', value: "https://it's", why: 'a token goes only to the server that this names' },
    { name: 'PGPASSWORD', why: 'the password; the file holds only this name' },
  ],
  yaml: 'version: 1\nname: shop # of the secret-word\n',
}

const grown: InitResult = {
  ...result,
  state: 'proposed',
  file: 'deploy/my file.yaml',
  added: ['serviceAccounts.app/till', 'roles.till'],
  assumed: [],
  variables: [],
  before: 'version: 1\nname: shop\nroles:\n  cart:\n    policies:\n      - cart\n\nverify: []\n',
  yaml: 'version: 1\nname: shop\nroles:\n  cart:\n    policies:\n      - cart\n  till:\n    policies:\n      - till\n\nverify: []\n',
}

const show = (format: 'human' | 'json', shown: InitResult, env: Record<string, string> = {}) =>
  written(format, (view) => view.result(shown), { command: 'init', file: shown.file, env })

test.each(['human', 'json'] as const)('a new file, as %s', async (format) => {
  expectGolden(`init-written.${format}`, await show(format, result))
})

test('a file that was changed', async () => {
  expectGolden('init-changed.human', await show('human', { ...grown, state: 'written' }))
})

test('what would change, before it is asked about: on standard error, in every format', async () => {
  const proposals = await Promise.all(
    (['human', 'json'] as const).map((format) => written(format, (view) => view.proposal(grown), { command: 'init' })),
  )
  expect(proposals[1]).toBe(proposals[0])
  expectGolden('init-proposed.human', proposals[0] ?? '')
})

test('a file that is only shown is standard output, letter for letter', async () => {
  // A name that happens to be a secret elsewhere stays, and so does what ASCII has not.
  remember('secret-word')
  const yaml = `${result.yaml}# …\n`
  const text = await show('human', { ...result, state: 'shown', yaml }, { LANG: 'C' })
  expect(text).toBe(`=== stdout ===\n${yaml}=== stderr ===\n`)
})
