import { expect, test } from '@jest/globals'
import type { ExportResult } from '../../src/operations/export/types.js'
import { expectGolden, written } from './golden.js'

const terraform: ExportResult = {
  operation: 'export',
  format: 'terraform',
  file: 'demo',
  files: [
    { name: 'main.tf', text: '# größer … als\nresource "vault_policy" "static" {\n  name = "static"\n}\n' },
    { name: 'variables.tf', text: 'variable "postgres_main_password" {\n  sensitive = true\n}\n' },
  ],
  inputs: [{ name: 'postgres_main_password', purpose: 'postgres main password', from: 'env PGPASSWORD' }],
  leftOut: [{ address: 'vault:sys/auth/demo', field: 'sealWrap', why: 'the provider has no argument for it' }],
}

const bankVaults: ExportResult = {
  ...terraform,
  format: 'bank-vaults',
  files: [
    { name: 'vault-config.yml', text: 'policies:\n  - name: static\n' },
    { name: 'kubernetes-demo.yaml', text: '# On demo\n---\nkind: Namespace\n' },
  ],
  inputs: [{ name: 'DEMO_REVIEWER_TOKEN', purpose: 'demo reviewer token' }],
}

const results: Readonly<Record<string, ExportResult>> = {
  terraform,
  'terraform-saved': { ...terraform, savedTo: '/home/me/with space' },
  'bank-vaults': bankVaults,
  'bank-vaults-saved': { ...bankVaults, savedTo: '/home/me/bv' },
}

test.each(Object.entries(results))('%s', async (name, result) => {
  expectGolden(`export-${name}.human`, await written('human', (view) => view.result(result)))
  expectGolden(`export-${name}.json`, await written('json', (view) => view.result(result)))
})

test('not a letter is another one, wherever it is shown', async () => {
  const shown = await written('human', (view) => view.result(terraform), { env: { GITHUB_ACTIONS: 'true', LANG: 'C' } })
  expect(shown).toContain(terraform.files.map(({ text }) => text).join('\n'))
})
