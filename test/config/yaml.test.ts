import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isIceErrors } from '../../src/catalogue/index.js'
import { parseYaml } from '../../src/config/yaml.js'
import { told, toy } from './toy.js'
import { check } from '../../src/config/problems.js'

const COLON = 'Expected `key: value` here. Is the colon missing, or the space after it?'
const TAB = 'A tab is used for indentation here. YAML is indented with spaces.'
const ALIENS = 'Anchors, aliases and tags are not read.'
const ALIEN = 'This does not belong here. Is a quote, comma, bracket or line break missing before it?'
const NESTED =
  'A mapping or list cannot begin here. Is the next line indented too far, or does a text with `: ` in it need quotes?'
const INDENT = 'The indentation does not fit: entries of one mapping or list begin at the same column.'

test.each<[string, string[]]>([
  // not YAML
  ['a:\n\tb: 1', [`2:1 ICE1008 ${TAB}`]],
  ['a:\n  b: 1\n  \tc: 2', [`3:3 ICE1008 ${TAB}`]],
  ['a: [\n\tb\n]', [`2:1 ICE1008 ${TAB}`]],
  ['a: |\n\tx', [`2:1 ICE1008 ${TAB}`]],
  ['a: "x\n\ty"', [`2:1 ICE1008 ${TAB}`]],
  ['a: 1\r\nb: 2\r\n\tc: 3', [`3:1 ICE1008 ${TAB}`]],
  ['a: 1\nb: "x\nc: 2\nd: 3', ['2:4 ICE1008 The " that stands here is never closed.']],
  ["a: 1\nb: 'x\nc: 2", ["2:4 ICE1008 The ' that stands here is never closed."]],
  ['a: [1, 2\nb: 3\nc: 4', ['1:4 ICE1008 The [ that stands here is never closed.']],
  ['a:\n  b: { c: [1, 2], d: {\nc: 2', ['2:22 ICE1008 The { that stands here is never closed.']],
  ['a: b: c', [`1:4 ICE1008 ${NESTED}`]],
  ['a\nb: 1', [`1:1 ICE1008 ${COLON}`]],
  ['a:\n- b\n-c', [`3:1 ICE1008 ${COLON}`]],
  ['- a\nb: 1', [`2:1 ICE1008 ${ALIEN}`]],
  ['a: "x"y', [`1:7 ICE1008 ${ALIEN}`]],
  ['a: {b: 1}}', [`1:10 ICE1008 ${ALIEN}`]],
  ['a: > \n  x\n y', [`3:1 ICE1008 ${INDENT}`]],
  ['a: @x', ['1:4 ICE1008 A value cannot begin with this character: put the value in quotes.']],
  ['a: {{x}}', ['1:5 ICE1008 A key must be plain text. Text that begins with {{ needs quotes.']],
  [
    'a: "\\q"',
    [
      '1:5 ICE1008 Between double quotes a backslash begins an escape, and this is none. Use single quotes for text with \\.',
    ],
  ],
  // features that make a file mean something else than what one sees
  [
    'a: &x 1\nb: *x',
    [
      '1:4 ICE1009 Anchors (&x) are not read. Remove it.',
      '2:4 ICE1009 Aliases (*x) are not read. Write the value out here.',
    ],
  ],
  ['a: &x\n  b: 1', ['1:4 ICE1009 Anchors (&x) are not read. Remove it.']],
  ['&k a: 1', ['1:1 ICE1009 Anchors (&k) are not read. Remove it.']],
  ['a: *', [`1:4 ICE1009 ${ALIENS}`]],
  ['a: {<<: {b: 1}}', ['1:5 ICE1009 Merge keys (<<) are not read. Write the entries out here.']],
  ['a: !!str 1', ['1:5 ICE1009 Tags (!) are not read. Remove it; text goes in quotes.']],
  ['a: !secret x', ['1:4 ICE1009 Tags (!) are not read. Remove it; text goes in quotes.']],
  ['a: !!set {b}', ['1:5 ICE1009 Tags (!) are not read. Remove it; text goes in quotes.']],
  ['%YAML 1.1\n---\na: no', ['1:1 ICE1009 Directives (lines that begin with %) are not read.']],
  [
    'a: 1\n---\nb: 2',
    ['2:1 ICE1009 A second document begins here. A file holds one: remove the `---`, or split the file.'],
  ],
  // what cannot be seen, or would be read in silence
  [
    'a: 1\nb:\n  c: 1\n  c: 2\na: 3',
    [
      '4:3 ICE1006 The key "c" stands twice in b, first on line 3.',
      '5:1 ICE1006 The key "a" stands twice at the top level, first on line 1.',
    ],
  ],
  ['a: 1\n"a": 2', ['2:1 ICE1006 The key "a" stands twice at the top level, first on line 1.']],
  ['a: {__proto__: {b: 1}}', ['1:5 ICE1002 The key "__proto__" in a cannot be used as a name.']],
  ['constructor: 1', ['1:1 ICE1002 The key "constructor" at the top level cannot be used as a name.']],
  ['a: x\u202ey', ['1:5 ICE1010 The invisible character U+202E stands here.']],
  ['a: 1 # \u001b[2J', ['1:8 ICE1010 The invisible character U+001B stands here.']],
  ['a: x\rb: 1', ['1:5 ICE1010 The invisible character U+000D stands here.']],
  ['a:\n- "\\u202e"', ['2:3 ICE1010 a[0]: the text holds the character U+202E.']],
  ['a: "x\\0"', ['1:4 ICE1010 a: the text holds the character U+0000.']],
  ['"a\\nb": 1', ['1:1 ICE1010 A key at the top level holds the character U+000A.']],
  ['a: 12345678901234567890', ['1:4 ICE1005 a: this number cannot be kept exactly. In quotes it is text.']],
  ['a: .inf', ['1:4 ICE1005 a: this number cannot be kept exactly. In quotes it is text.']],
  // nothing
  ['', ['1:1 ICE1013 The file is empty.']],
  ['\ufeff\n', ['1:1 ICE1013 The file is empty.']],
  ['# only a comment', ['1:1 ICE1013 The file is empty.']],
  ['---\n', ['1:1 ICE1013 The file is empty.']],
])('%j is refused', (text, expected) => {
  expect(told(text)).toEqual(expected)
})

test('values are those of YAML 1.2: no, on and dates are text, 0123 is a number', () => {
  const text = '%YAML 1.2\n---\na: no\nb: on\nc: 2001-01-01\nd: 0123\ne: 1_000\nf: ~\ng: True\n1: true\n'
  expect(parseYaml(text, 'f').value).toEqual({
    a: 'no',
    b: 'on',
    c: '2001-01-01',
    d: 123,
    e: '1_000',
    f: null,
    g: true,
    1: true,
  })
})

test('a byte order mark and CRLF are tolerated, and do not move positions', () => {
  const parsed = parseYaml('\ufeffa: 1\r\nb:\r\n  - c: |\r\n      x\r\n      y\r\n', 'f')
  expect(parsed.value).toEqual({ a: 1, b: [{ c: 'x\ny\n' }] })
  expect(parsed.keyOrigin(['a'])).toEqual({ file: 'f', line: 1, column: 1 })
  expect(parsed.keyOrigin(['b', 0, 'c'])).toEqual({ file: 'f', line: 3, column: 5 })
})

test('every key and value knows its place; a path that leads nowhere has that of what is above it', () => {
  const parsed = parseYaml('roles:\n  app: { policies: [a, "b c"] }\n  web:\n', 'f')
  const at = (line: number, column: number) => ({ file: 'f', line, column })
  expect(parsed.keyOrigin(['roles', 'app', 'policies'])).toEqual(at(2, 10))
  expect(parsed.origin(['roles', 'app', 'policies'])).toEqual(at(2, 20))
  expect(parsed.origin(['roles', 'app', 'policies', 1])).toEqual(at(2, 24))
  expect(parsed.keyOrigin(['roles', 'app', 'policies', 1])).toEqual(at(2, 24))
  expect(parsed.source(['roles', 'app', 'policies', 1])).toBe('"b c"')
  expect(parsed.keyOrigin(['roles', 'web'])).toEqual(at(3, 3))
  expect(parsed.keyOrigin(['roles', 'app', 'audience', 'x'])).toEqual(at(2, 3))
  expect(parsed.origin([])).toEqual(at(1, 1))
})

const MIB = 1024 * 1024
const filled = (piece: string) => piece.repeat(Math.floor(MIB / piece.length))
const billionLaughs = [
  'a: &a [x, x]',
  ...'bcdefghijklmnopqrst'.split('').map((name, index) => {
    const before = 'abcdefghijklmnopqrst'.charAt(index)
    return `${name}: &${name} [*${before}, *${before}, *${before}, *${before}, *${before}, *${before}, *${before}]`
  }),
].join('\n')

// What grows without bounds shows as a test that does not end.
test.each<[string, string, RegExp]>([
  ['aliases that expand', billionLaughs, /^1:4 ICE1009 /],
  ['lists in lists', filled('['), /^1:6\d ICE1011 Mappings and lists are nested more than 64 deep here\.$/],
  ['mappings in mappings', filled('{a: '), /^1:\d+ ICE1011 /],
  ['compact lists', filled('- '), /^1:\d+ ICE1011 /],
  ['explicit keys', filled('? '), /^1:\d+ ICE1011 /],
  ['brackets that close nothing', filled('}'), /^1:\d+ ICE1011 The file holds more than 250000 words and signs\.$/],
  ['many documents', filled('---\n'), /^2:1 ICE1009 /],
  ['one key very often', filled(`${'a'.repeat(60)}: 1\n`), /^2:1 ICE1006 /],
  ['many unknown keys', Array.from({ length: 30_000 }, (_, index) => `key${index}: 1\n`).join(''), /^1:1 ICE1002 /],
  ['one text', `a: ${filled('x ').slice(10)}`, /^1:1 ICE1002 /],
  ['more than 1 MiB', `${filled('#\n')}abc`, /^1:1 ICE1011 The file is larger than 1 MiB\.$/],
])('a bomb of %s is refused, and at most 21 mistakes are told', (_name, text, expected) => {
  const messages = told(text)
  expect(messages[0]).toMatch(expected)
  expect(messages.length).toBeLessThanOrEqual(21)
})

test('64 levels are not too deep', () => {
  const flow = (levels: number) => `${'['.repeat(levels)}x${']'.repeat(levels)}`
  const block = (levels: number) =>
    Array.from({ length: levels }, (_, index) => `${' '.repeat(index)}a:`).join('\n') + ' x'
  expect(parseYaml(flow(64), 'f').value).toBeDefined()
  expect(parseYaml(block(64), 'f').value).toBeDefined()
  expect(told(flow(70))).toEqual([expect.stringMatching(/^1:\d\d ICE1011 Mappings and lists are nested more than 64/)])
  expect(told(block(70))).toEqual([
    expect.stringMatching(/^6\d:\d\d ICE1011 Mappings and lists are nested more than 64/),
  ])
})

const WHOLE = `# trust
version: 1
name: demo
engines:
  static: { type: kv, version: 2, secrets: { app/creds: { user: { literal: "ü 1" }, password: { generate: { length: 32 } } } } }
  postgres:
    type: database
    connections: { main: { url: "postgresql://{{username}}", password: { env: PGPASSWORD } } }
    roles: { app: { connection: main } }
policies:
  static: { grants: [ "read kv static/app" ] }
  hand: { file: 'x.hcl' }
roles:
  app:
    serviceAccounts: [app]
    policies:
      - static
      - default
    audience: vault
    tokenTTL: 1h
`

test('a file cut anywhere is an error or a file, never a crash', () => {
  expect(told(WHOLE)).toEqual([])
  const bytes = Buffer.from(WHOLE)
  let valid = 0
  for (let length = 0; length < bytes.length; length++) {
    const messages = told(bytes.subarray(0, length).toString())
    for (const message of messages) expect(message).toMatch(/^\d+:\d+ ICE1\d{3} \S/)
    if (messages.length === 0) valid++
  }
  // Cut between sections a file is whole as YAML; nothing but the absence of a section shows it.
  expect(valid).toBeLessThan(bytes.length / 4)
})

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^[ab:\-[\]{}#&*!|>'"%@`,?\n\t \\\r01~<]{0,60}$/),
  fc
    .tuple(fc.nat(WHOLE.length), fc.string({ unit: 'grapheme', maxLength: 8 }), fc.nat(20))
    .map(([at, insert, drop]) => WHOLE.slice(0, at) + insert + WHOLE.slice(at + drop)),
)

test('whatever the text: a checked value, or mistakes with positions inside of it', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      try {
        check(toy, parseYaml(text, 'f'))
      } catch (error) {
        if (!isIceErrors(error)) throw error
        const lines = text.split('\n')
        for (const { details } of error.errors) {
          const line = lines[(details.at?.line ?? 0) - 1]
          expect(line).toBeDefined()
          expect(details.at?.column).toBeGreaterThan(0)
          expect(details.at?.column).toBeLessThanOrEqual((line?.length ?? 0) + 1)
        }
      }
    }),
    { numRuns: 3000 },
  )
})

test('plain data that is written as YAML is read as it was', async () => {
  const { stringify } = await import('yaml')
  const key = fc
    .stringMatching(/^[ -~]{0,12}$/)
    .filter((text) => !['<<', '__proto__', 'constructor', 'prototype'].includes(text))
  const leaf = fc.oneof(fc.stringMatching(/^[ -~\n]{0,20}$/), fc.integer(), fc.boolean(), fc.constant(null))
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }))
  fc.assert(
    fc.property(fc.record({ root: tree }), (data) => {
      expect(
        parseYaml(stringify(data, { aliasDuplicateObjects: false, defaultStringType: 'QUOTE_DOUBLE' }), 'f').value,
      ).toEqual(data)
    }),
    { numRuns: 500 },
  )
})
