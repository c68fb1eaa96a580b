import { stripVTControlCharacters } from 'node:util'

/** The number of columns a text takes; colour takes none. */
export const widthOf = (text: string): number => Array.from(stripVTControlCharacters(text)).length

/** Breaks at spaces so that no line, with its indent, is longer than `width`; a longer word stays whole. */
export function wrap(text: string, width: number, indent = ''): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = []
    let line = ''
    for (const word of paragraph.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`
      if (line !== '' && widthOf(indent) + widthOf(longer) > width) {
        lines.push(indent + line)
        line = word
      } else {
        line = longer
      }
    }
    return [...lines, indent + line]
  })
}

/** Rows with their columns aligned, two spaces apart; nothing is padded at the end of a line. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell))
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd(),
  )
}

/** `12 ms`, `1.2 s`, `48 s`, `2 min 5 s`. */
export function duration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** A clock behind what lasts: `  12 s`; nothing where it is not worth one yet. */
export const elapsed = (seconds: number, worth = 2): string =>
  seconds < worth ? '' : `  ${seconds < 60 ? `${Math.floor(seconds)} s` : duration(seconds)}`

/** One line of at most `width` columns; for text without colours. */
export function shortened(line: string, width: number, ascii = false): string {
  const end = ascii ? '...' : '…'
  const letters = Array.from(line)
  return letters.length <= width ? line : letters.slice(0, Math.max(0, width - end.length)).join('') + end
}

/** `1 policy`, `3 policies`. */
export function count(number: number, noun: string): string {
  return `${number} ${number === 1 ? noun : plural(noun)}`
}

function plural(noun: string): string {
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`
  return /(?:s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`
}

/** `a`, `a and b`, `a, b and c`. */
export function enumerate(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}

export { quotedWord as quoted, shellWord as shellQuote } from '../catalogue/shell-word.js'

const ASCII: Readonly<Record<string, string>> = {
  '…': '...',
  '→': '->',
  '•': '-',
  '—': '-',
  '–': '-',
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
}

/** For terminals without Unicode: the signs that views and the catalogue use, in ASCII. */
export const toAscii = (text: string): string => text.replace(/[…→•—–’‘“”]/g, (sign) => ASCII[sign] ?? '?')

/** GitHub's runner obeys lines that begin with `::`, and `##[` anywhere: broken up, they are only text. */
export const unrunnable = (text: string): string => text.replace(/^(\s*):(?=:)/gm, '$1: ').replaceAll('##[', '# #[')
