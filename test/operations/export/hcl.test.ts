import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Call, hclText, Joined, Raw, type Expression, type Item } from '../../../src/operations/export/hcl.js'
import { openParser, type Parser } from './parser.js'

let parser: Parser
beforeAll(() => {
  parser = openParser()
}, 120_000)
afterAll(() => parser.close())

/** What the parser makes of values that stand in one block. */
function readBack(values: readonly Expression[]): unknown[] {
  const body = values.map((value, index): Item => ({ attribute: `a${index}`, value }))
  const { problems, unformatted, blocks } = parser.parse([{ name: 'a.tf', text: hclText([{ block: 'b', body }]) }])
  expect([problems, unformatted]).toEqual([[], []])
  return values.map((_, index) => blocks[0]?.attributes[`a${index}`])
}

// Terraform keeps every text in this form. https://github.com/zclconf/go-cty/blob/main/docs/types.md
const normal = (text: string): string => text.normalize('NFC')
const pieces = [
  '$',
  '%',
  '{',
  '}',
  '${',
  '%{',
  '$${',
  '"',
  '\\',
  '\n',
  '\r',
  '\t',
  'EOT',
  ' ',
  'a',
  '~',
  '#',
  '##[',
  '::',
]
const nasty = fc
  .array(
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...pieces) }, fc.string({ unit: 'grapheme', maxLength: 3 })),
    {
      maxLength: 12,
    },
  )
  .map((parts) => normal(parts.join('')))
  // A lone surrogate is no text; cty replaces it.
  .filter((text) => text.isWellFormed())

describe('what is written is read back', () => {
  test('any text', () => {
    const texts = fc.sample(nasty, { numRuns: 6000, seed: 11 })
    expect(readBack(texts)).toEqual(texts)
  })

  test('lists and mappings of any text, as deep as they go', () => {
    const { tree } = fc.letrec<{ tree: Expression }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        nasty,
        fc.integer(),
        fc.boolean(),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(nasty, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }))
    const values = fc
      .sample(tree, { numRuns: 300, seed: 7 })
      .map((value) => JSON.parse(JSON.stringify(value)) as Expression)
    expect(readBack(values)).toEqual(values)
  })

  test('a text of several lines can be read', () => {
    const text = 'path "a" {\n  capabilities = ["read"] # ${x} %{y}\n}\n'
    expect(hclText([{ attribute: 'policy', value: text }])).toBe(
      'policy = <<EOT\npath "a" {\n  capabilities = ["read"] # $${x} %%{y}\n}\nEOT\n',
    )
    expect(readBack([text, `  ${text}`, text.trimEnd(), `a\nEOT\n${text}`, 'trailing  \n\tand tabs\t\n'])).toEqual([
      text,
      `  ${text}`,
      text.trimEnd(),
      `a\nEOT\n${text}`,
      'trailing  \n\tand tabs\t\n',
    ])
  })

  test('a value that is encoded when it runs', () => {
    expect(readBack([new Call('jsonencode', { user: 'app', lines: 'a\nb\n' })])).toEqual([
      JSON.stringify({ lines: 'a\nb\n', user: 'app' }),
    ])
  })
})

test('what stands for something else is not quoted, and what follows it is', () => {
  const text = hclText([
    { attribute: 'a', value: new Raw('vault_mount.kv.path') },
    { attribute: 'bb', value: new Joined(new Raw('vault_mount.kv.path'), '/${x}"') },
  ])
  expect(text).toBe('a  = vault_mount.kv.path\nbb = "${vault_mount.kv.path}/$${x}\\""\n')
})

test('a comment ends where it should, whatever is in it', () => {
  const { problems, blocks } = parser.parse([
    { name: 'a.tf', text: hclText([{ comment: 'one\ntwo\u2028resource "x" "y" {}\u202e\rthree' }]) },
  ])
  expect([problems, blocks]).toEqual([[], []])
})
