import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isIceError } from '../../src/catalogue/index.js'
import { CAPABILITIES, readCanonical, renderPolicy, toRules } from '../../src/policy/index.js'
import { unwritable } from '../../src/policy/hcl.js'

test('one stanza a path, in order', () => {
  const text = renderPolicy([
    { path: 'transit/decrypt/vso', capabilities: ['update'] },
    { path: 'static/data/app/creds', capabilities: ['subscribe', 'read'] },
    { path: 'static/metadata/app/', capabilities: ['list'] },
    { path: 'static/data/app/creds', capabilities: ['create'] },
    { path: 'old', capabilities: [] },
  ])
  expect(text).toBe(`path "old" {
  capabilities = []
}

path "static/data/app/creds" {
  capabilities = ["create", "read", "subscribe"]
  subscribe_event_types = ["*"]
}

path "static/metadata/app/" {
  capabilities = ["list"]
}

path "transit/decrypt/vso" {
  capabilities = ["update"]
}
`)
})

test.each([
  ['a quote', 'a"b', String.raw`"a\"b"`],
  ['a backslash', 'a\\b', String.raw`"a\\b"`],
  [
    'what would end the stanza',
    'a" { capabilities = ["sudo"] } path "b',
    String.raw`"a\" { capabilities = [\"sudo\"] } path \"b"`,
  ],
  ['an expression', 'a/${b}', String.raw`"a/\u0024{b}"`],
  ['a backslash before an expression', 'a\\${b', String.raw`"a\\\u0024{b"`],
  ['a dollar', 'a$b', '"a$b"'],
  ['letters', 'café/日本/🔑', '"café/日本/🔑"'],
  ['a space', 'a b', '"a b"'],
])('%s', (_, path, quoted) => {
  expect(renderPolicy([{ path, capabilities: ['read'] }]).split('\n')[0]).toBe(`path ${quoted} {`)
})

test.each([
  '',
  'a\nb',
  'a\u0000',
  'a\u007f',
  'a\u202eb',
  'a\ud800',
  'a\ue123',
  '/a',
  'a/{{identity.entity.id}}',
  'a}}',
  'a/+*',
])('refused: %j', (path) => {
  let caught: unknown
  try {
    renderPolicy([{ path, capabilities: ['read'] }])
  } catch (error) {
    caught = error
  }
  expect(isIceError(caught) && caught.code).toBe('ICE1001')
})

describe('readCanonical', () => {
  const path = fc
    .oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('$', '{', '}', '"', '\\', 'u', '0', '2', '4', 'a', '/', '#', '*', '+') }),
    )
    .filter((text) => unwritable(text) === undefined)
  const policies = fc.array(fc.record({ path, capabilities: fc.subarray([...CAPABILITIES]) })).map(toRules)

  test('reads what renderPolicy wrote', () => {
    fc.assert(
      fc.property(policies, (rules) => {
        expect(readCanonical(renderPolicy(rules))).toEqual(rules)
      }),
      { numRuns: 1000 },
    )
  })

  test('knows nothing else, not even what means the same', () => {
    const text = renderPolicy([
      { path: 'a', capabilities: ['create', 'read'] },
      { path: 'b', capabilities: ['read'] },
    ])
    expect(readCanonical(text)).toBeDefined()
    for (const other of [
      '',
      text.trim(),
      `${text}\n`,
      `# a comment\n${text}`,
      text.replace('"create", "read"', '"read", "create"'),
      text.replace('"create"', '"scan"'),
      text.replace('"create", ', ''.padEnd(1)),
      text.replace('path "b"', 'path "a"'),
      text.replace('path "a"', 'path "c"'),
      text.replace('"a"', '"\\u0061"'),
      text.replace('"a"', '"\\q"'),
      text.replace('"a"', '"{{identity.entity.id}}"'),
      text.replace('}\n', '  min_wrapping_ttl = "1s"\n}\n'),
      text.replaceAll('\n', '\r\n'),
    ]) {
      expect(other).not.toBe(text)
      expect(readCanonical(other)).toBeUndefined()
    }
  })

  test('of nothing', () => {
    expect(renderPolicy([])).toMatch(/^# /)
    expect(readCanonical(renderPolicy([]))).toEqual([])
  })
})
