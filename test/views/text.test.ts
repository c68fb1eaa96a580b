import { expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { lineDiff } from '../../src/views/diff.js'
import {
  count,
  duration,
  enumerate,
  quoted,
  shellQuote,
  table,
  unrunnable,
  widthOf,
  wrap,
} from '../../src/views/text.js'
import { createTheme, lookFor } from '../../src/views/theme.js'
import { changeLines, inline } from '../../src/views/value.js'
import { CA } from './fixtures.js'

const theme = createTheme({ color: false, ascii: false, width: 60, obeyed: false })

test('wrapping keeps every word and no line is longer than it must be', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/)), fc.integer({ min: 15, max: 60 }), (words, width) => {
      const lines = wrap(words.join(' '), width, '  ')
      expect(lines.map((line) => line.slice(2)).join(' ')).toBe(words.join(' '))
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width)
    }),
  )
})

test('columns stand below each other, whatever their colour', () => {
  expect(table([['a', 'b', 'c'], ['\u001b[31mlonger\u001b[39m', '', 'd'], ['e']])).toEqual([
    'a       b  c',
    '\u001b[31mlonger\u001b[39m     d',
    'e',
  ])
})

test.each([
  [0, '0 ms'],
  [0.0123, '12 ms'],
  [0.9994, '999 ms'],
  [0.9996, '1.0 s'],
  [9.96, '10 s'],
  [59.6, '1 min 0 s'],
  [125, '2 min 5 s'],
])('%p seconds', (seconds, text) => expect(duration(seconds)).toBe(text))

test('words', () => {
  expect([count(1, 'policy'), count(2, 'policy'), count(0, 'key'), count(3, 'address')]).toEqual([
    '1 policy',
    '2 policies',
    '0 keys',
    '3 addresses',
  ])
  expect([enumerate([]), enumerate(['a']), enumerate(['a', 'b']), enumerate(['a', 'b', 'c'])]).toEqual([
    '',
    'a',
    'a and b',
    'a, b and c',
  ])
})

test('a shell reads back what was quoted', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
      (text) => {
        const read = (word: string) => execFileSync('sh', ['-c', `printf %s ${word}`], { encoding: 'utf8' })
        expect(read(quoted(text))).toBe(text)
        expect(read(shellQuote(text))).toBe(text)
      },
    ),
    { numRuns: 25 },
  )
})

test('no text is a command to a runner', () => {
  expect(unrunnable('::error::x\n  ::group::\na::b\n##[x] ##[y]')).toBe(
    ': :error::x\n  : :group::\na::b\n# #[x] # #[y]',
  )
})

test('the two sides of a difference can be read off it', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 })
  fc.assert(
    fc.property(lines, lines, (from, to) => {
      const shown = lineDiff(from, to).filter((line) => line !== undefined)
      const isPartOf = (part: string[], whole: string[]) => part.every((_, index) => whole.includes(part[index]!))
      expect(
        isPartOf(
          shown.filter(({ sign }) => sign !== '+').map(({ text }) => text),
          from,
        ),
      ).toBe(true)
      expect(shown.filter(({ sign }) => sign === '-').length - shown.filter(({ sign }) => sign === '+').length).toBe(
        from.length - to.length,
      )
      expect(shown.length === 0).toBe(from.join() === to.join())
    }),
  )
})

test('a small change in a long text is shown small', () => {
  const from = Array.from({ length: 1000 }, (_, index) => `line ${index}`)
  const to = from.with(500, 'other')
  expect(lineDiff(from, to)).toEqual([
    undefined,
    { sign: ' ', text: 'line 499' },
    { sign: '-', text: 'line 500' },
    { sign: '+', text: 'other' },
    { sign: ' ', text: 'line 501' },
    undefined,
  ])
})

test('values', () => {
  expect(inline(undefined)).toBe('(not set)')
  expect(inline('')).toBe('""')
  expect(inline(['a', 'b c', 1, null, {}])).toBe('[a, "b c", 1, null, {}]')
  expect(inline({ 'a b': [true] })).toBe('{ "a b": [true] }')
  expect(inline(CA + CA)).toMatch(/^PEM, 2 certificates, sha256 [0-9a-f]{16}…, [0-9a-f]{16}…$/)
  expect(inline('-----BEGIN nonsense')).toBe('PEM, 0 blocks')
})

test('a certificate that changes stays on one line, a list that is too long does not', () => {
  expect(changeLines({ field: 'ca', from: undefined, to: CA }, true, theme)).toHaveLength(1)
  expect(changeLines({ field: 'ca', from: CA, to: CA.replace('M', 'N') }, false, theme)[0]).toMatch(/^ca: PEM.* → PEM/)
  const long = ['a', 'b'].map((letter) => letter.repeat(40))
  expect(changeLines({ field: 'f', from: long, to: long.slice(1) }, false, theme)).toEqual([
    'f:',
    `  - ${long[0]!}`,
    `    ${long[1]!}`,
  ])
  expect(changeLines({ field: 'f', from: 'x', to: 'a\nb' }, false, theme)).toEqual(['f:', '  - x', '  + a', '  + b'])
})

test.each([
  [{}, false, { color: false, ascii: false }],
  [{}, true, { color: true, ascii: false }],
  [{ NO_COLOR: '1' }, true, { color: false }],
  [{ NO_COLOR: '' }, true, { color: true }],
  [{ FORCE_COLOR: '1' }, false, { color: true }],
  [{ FORCE_COLOR: '0' }, true, { color: false }],
  [{ TERM: 'dumb' }, true, { color: false, ascii: true }],
  [{ LANG: 'de_DE.UTF-8' }, true, { ascii: false }],
  [{ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }, true, { ascii: true }],
  [{ GITHUB_ACTIONS: 'true' }, false, { obeyed: true }],
])('the look with %p on a terminal: %p', (env, isTTY, look) => {
  expect(lookFor({ write: () => true, isTTY }, env)).toMatchObject(look)
})
