import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import type { ImportResult } from '../../src/operations/import/types.js'
import { expectGolden, written } from './golden.js'

const result: ImportResult = {
  operation: 'import',
  state: 'written',
  file: 'shop.yaml',
  yaml: 'version: 1\nname: shop\n',
  beside: [{ file: 'policies/by-hand.hcl', text: 'path "static/*" {\n  capabilities = ["list"]\n}\n' }],
  holes: [{ at: 'engines.postgres.connections.main.password', why: 'Vault does not show it.' }],
  left: [{ what: 'the engine pki/', why: 'engines of the type pki are not imported' }],
  variables: ['POSTGRES_MAIN_PASSWORD'],
}
const nothingLacks: ImportResult = { ...result, beside: [], holes: [], left: [], variables: [] }

test.each(['human', 'json'] as const)('what was imported, %s', async (format) => {
  expectGolden(`import-written.${format}`, await written(format, (view) => view.result(result), { file: 'shop.yaml' }))
})

test('an import that lacks nothing', async () => {
  expectGolden('import-whole.human', await written('human', (view) => view.result(nothingLacks), { file: 'shop.yaml' }))
})

test('where nothing is written all of it is one document, what would stand beside it as comments', async () => {
  const text = await written('human', (view) => view.result({ ...result, state: 'shown' }))
  expectGolden('import-shown.human', text)
  expect(parse(text.split(/^===.*$/m)[1] ?? '')).toEqual({ version: 1, name: 'shop' })
})
