import { describe, expect, test } from '@jest/globals'
import { drawing } from '../../../src/views/graph/index.js'
import { expectGolden } from '../golden.js'
import { ODD, oddDrawing, smallDrawing } from './drawn.js'

/** The name as a drawing must show it: what cannot be seen is written out. */
const shown = (name: string): string => name.replaceAll('\n', '\\n').replaceAll('\t', '\\t') || '(empty)'

describe('Mermaid', () => {
  /** What Mermaid does to a text before it reads it (mermaid, utils.ts, encodeEntities). */
  const encodeEntities = (text: string): string =>
    text
      .replace(/style.*:\S*#.*;/g, (found) => found.slice(0, -1))
      .replace(/classDef.*:\S*#.*;/g, (found) => found.slice(0, -1))
      .replace(/#\w+;/g, (found) => `ﬂ°°${found.slice(1, -1)}¶ß`)
  const decoded = (text: string): string =>
    text.replace(/ﬂ°°(\d+)¶ß/g, (_, code: string) => String.fromCodePoint(Number(code)))

  const lines = encodeEntities(drawing(oddDrawing('mermaid')))
    .trimEnd()
    .split('\n')

  test('every line is a comment, a node or an edge, whatever the names', () => {
    expect(lines.shift()).toBe('flowchart LR')
    const node = /^ {2}n\w+(?:\(\[|\[|\{\{|\[\()"[^"`<>%{};$]*(?:<br\/>[^"`<>%{};$]*)*"(?:\]\)|\]|\}\}|\)\])$/
    const edge = /^ {2}n\w+ -->(?:\|"[^"`<>%{};$|]*"\|)? n\w+$/
    for (const line of lines)
      expect(line).toMatch(line.startsWith('%% ') ? /^%% [^%{}]*$/ : line.includes('-->') ? edge : node)
  })

  test('no line of a label is Markdown', () => {
    const texts = lines.flatMap((line) => /^ .*"(.*)"/.exec(line)?.[1]?.split('<br/>') ?? [])
    for (const text of texts) expect(text).toMatch(/^$|^[\p{L}ﬂ][^*_`~.[\]<>!\\:@]*$/u)
  })

  test('every name comes out as it was', () => {
    const labels = lines.flatMap((line) => /^ {2}n\d+path\[\("(.*)"\)\]$/.exec(line)?.[1] ?? [])
    expect(labels.map((label) => decoded(label.split('<br/>')[0] ?? ''))).toEqual(ODD.map(shown))
  })
})

describe('DOT', () => {
  const lines = drawing(oddDrawing('dot')).trimEnd().split('\n')
  const text = String.raw`"(?:[^"\\]|\\\\|\\"|\\n)*"`

  test('every line is a comment, a node or an edge, whatever the names', () => {
    const node = new RegExp(String.raw`^ {2}n\w+ \[shape=\w+, label=${text}\]$`)
    const edge = new RegExp(String.raw`^ {2}n\w+ -> n\w+(?: \[label=${text}\])?$`)
    for (const line of lines.filter((each) => !['digraph access {', '  rankdir=LR', '}'].includes(each)))
      expect(line).toMatch(
        line.startsWith('// ') ? /^/ : line.includes(' -> n') && !line.includes('shape=') ? edge : node,
      )
  })

  test('every name comes out as it was', () => {
    const labels = lines.flatMap((line) => /^ {2}n\d+path \[shape=cylinder, label="(.*)"\]$/.exec(line)?.[1] ?? [])
    // Lines are parted by `\n`; a backslash of a name is written twice.
    const first = (label: string): string => /^(?:[^\\]|\\[^n])*/.exec(label)?.[0] ?? ''
    const plain = (label: string): string => label.replace(/\\(.)/g, '$1').replaceAll('&amp;', '&')
    expect(labels.map((label) => plain(first(label)))).toEqual(ODD.map(shown))
  })
})

test.each(['mermaid', 'dot', 'html'] as const)('%s', (format) => {
  expectGolden(`graph/small.${format}`, drawing(smallDrawing(format)))
})
