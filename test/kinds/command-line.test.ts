import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isPlain, jsonParts, operand, valueOf, Variable, type Template } from '../../src/kinds/command-line.js'

const text = (body: Record<string, Template | undefined>): string =>
  jsonParts(body)
    .map((part) => (typeof part === 'string' ? part : JSON.stringify(part.variable.purpose.join(' '))))
    .join('')

test('a body is the same JSON, a member a line, and holds nothing that cannot be seen', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (body) => {
      const written = text(body)
      expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(body)))
      expect(isPlain(written)).toBe(true)
    }),
  )
})

test('short values stay on a line, long ones are spread', () => {
  const long = Array.from({ length: 20 }, (_, index) => `number-${index}`)
  expect(text({ a: ['x', 'y'], b: { c: 1, d: {} }, e: undefined, f: [] })).toBe(
    '{\n  "a": ["x", "y"],\n  "b": { "c": 1, "d": {} },\n  "f": []\n}',
  )
  expect(text({ long: [long] })).toContain('{\n  "long": [\n    [\n      "number-0",\n')
  expect(text({})).toBe('{}')
})

test('variables are parts of their own, in lists and in objects too; an object with such a member is none', () => {
  const secret = new Variable(['a', 'b'], { env: 'X' })
  const parts = jsonParts({ one: secret, two: [{ three: secret }], four: { variable: 'x', as: 'json' } })
  expect(parts).toEqual([
    '{\n  "one": ',
    { variable: secret, as: 'json' },
    ',\n  "two": [{ "three": ',
    { variable: secret, as: 'json' },
    ' }],\n  "four": { "variable": "x", "as": "json" }\n}',
  ])
})

test.each([
  ['a\n\tb "c" ü…', true],
  ['a\u001b[2J', false],
  ['a\rb', false],
  ['a\u202eb', false],
  ['x ##[set]', false],
  ['a\n  ::add-mask::b', false],
  ['a::b', true],
])('%j may stand as it is: %s', (value, plain) => {
  expect(isPlain(value)).toBe(plain)
})

test('only what is no secret is sent as it is; a name is never a flag', () => {
  expect(valueOf({ literal: 'x' }, ['a'])).toBe('x')
  expect(valueOf({ prompt: 'x' }, ['a'])).toEqual(new Variable(['a'], { prompt: 'x' }))
  expect([operand('a/b'), operand('-x')]).toEqual([['a/b'], ['--', '-x']])
})
