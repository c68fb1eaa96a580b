import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { renderPolicy, CAPABILITIES, toRules } from '../../src/policy/index.js'
import { unwritable } from '../../src/policy/hcl.js'
import { capabilitiesOf, parseHcl, rulesOf, type PolicyTree } from '../../src/policy/parse.js'
import { parseTree } from '../../src/policy/parser/index.js'

async function tree(text: string): Promise<PolicyTree> {
  const parsed = await parseHcl(text)
  if ('error' in parsed) throw new Error(parsed.error.message)
  return parsed
}

test('stanzas, with their places', async () => {
  const text = `name = "app"
# é: columns count characters
path "a/é" { capabilities = ["read", "list"] }

path "/b" {
  policy       = "write"
  capabilities = ["deny"]
}
`
  const { stanzas, others } = await tree(text)
  expect(others).toMatchObject([{ name: 'name', line: 1, column: 1 }])
  expect(stanzas).toMatchObject([
    {
      path: 'a/é',
      line: 3,
      column: 6,
      capabilities: [
        { text: 'read', line: 3, column: 30 },
        { text: 'list', column: 38 },
      ],
    },
    { path: 'b', line: 5, column: 6, legacy: { text: 'write', line: 6, column: 18 } },
  ])
  expect(stanzas[0]?.source?.text).toBe('path "a/é" { capabilities = ["read", "list"] }')
  expect(capabilitiesOf(stanzas[1]!)).toEqual(['deny', 'create', 'read', 'update', 'delete', 'list'])
  expect(rulesOf({ stanzas })).toEqual([
    { path: 'a/é', capabilities: ['read', 'list'] },
    { path: 'b', capabilities: ['deny'] },
  ])
})

test('line ends of Windows count as one', async () => {
  const { stanzas } = await tree('path "a" {\r\n  capabilities = ["read"]\r\n}\r\npath "b" {}\r\n')
  expect(stanzas.map(({ source }) => source?.text)).toEqual(['path "a" {\n  capabilities = ["read"]\n}', 'path "b" {}'])
  expect(stanzas.map(({ path, line }) => [path, line])).toEqual([
    ['a', 1],
    ['b', 4],
  ])
})

test('JSON, in which words are looked for', async () => {
  const { stanzas } = await tree('{"path": {\n  "a": {"capabilities": ["read"]},\n  "b": {"policy": "read"}\n}}')
  expect(stanzas).toMatchObject([
    { path: 'a', line: 2, column: 3, source: undefined },
    { path: 'b', line: 3, column: 3, legacy: { text: 'read' } },
  ])
})

test('comments and texts do not pass for stanzas', async () => {
  const text = `/* path "a" {} */
// path "b" {}
path "c" {
  comment = <<TEXT
path "d" {}
TEXT
  capabilities = ["read"]
}`
  expect((await tree(text)).stanzas.map(({ path }) => path)).toEqual(['c'])
})

describe('what is no policy is told with its place', () => {
  test.each([
    ['path "a" {', 1, 12, /never closed/],
    ['path "a" {\n  capabilities = ["read" "list"]\n}', 2, 26, /comma is missing/],
    ["path 'a' {}", 1, 6, /double quotes/],
    ['path "a\n" {}', 2, 5, /does not end on its line/],
    ['path "a" { capabilities = [read] }', 1, 28, /no quotes/],
    ['path "a" { capabilities }', 1, 25, /= or \{ is missing/],
    ['path "\\q" {}', 1, 8, /escape/],
  ])('%j', async (text, line, column, message) => {
    expect(await parseHcl(text)).toEqual({ error: { line, column, message: expect.stringMatching(message) } })
  })
})

test('what renderPolicy writes is read as it was meant', async () => {
  const path = fc
    .oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('$', '{', '}', '"', '\\', 'u', '0', '2', '4', 'a', '/', '#', '*', '+') }),
    )
    .filter((text) => unwritable(text) === undefined)
  const policies = fc.array(fc.record({ path, capabilities: fc.subarray([...CAPABILITIES]) })).map(toRules)
  await fc.assert(
    fc.asyncProperty(policies, async (rules) => {
      expect(rulesOf(await tree(renderPolicy(rules)))).toEqual(rules)
    }),
    { numRuns: 300 },
  )
})

const WORDS = 'path|capabilities| |"|a|{|}|[|]|=|,|\n|<<E\n|\nE\n|#|/*|\\|${|9|.|-|é|\u0000|true'.split('|')

test('whatever the text, there is an answer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...WORDS)), async (words) => {
      const parsed = await parseHcl(words.join(''))
      if ('error' in parsed) expect(parsed.error.line).toBeGreaterThan(0)
      else expect(parsed.stanzas.every(({ line, column }) => line > 0 && column > 0)).toBe(true)
    }),
    { numRuns: 1000 },
  )
})

test('a text that is nested too deep ends nothing', async () => {
  const error = { message: expect.stringMatching(/too deep/) }
  expect(await parseTree(`a = ${'['.repeat(50_000)}`)).toMatchObject({ error })
  expect((await tree('path "a" {}')).stanzas).toHaveLength(1)
})

test('a large policy is read', async () => {
  const rules = toRules(
    Array.from({ length: 5000 }, (_, index) => ({ path: `a/${index}`, capabilities: ['read'] as const })),
  )
  expect(rulesOf(await tree(renderPolicy(rules)))).toEqual(rules)
})
