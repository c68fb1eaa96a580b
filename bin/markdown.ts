/** What the generated pages are made of. */

export type Cells = readonly string[]

/** A table; a column in which no row has anything is left out. */
export function table(head: Cells, rows: readonly Cells[]): string {
  const used = head.map((_, column) => rows.some((row) => (row[column] ?? '') !== ''))
  const line = (cells: Cells): string => `| ${cells.filter((_, column) => used[column]).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Blocks with an empty line between them; those that are empty are left out. */
export const page = (blocks: readonly string[]): string => `${blocks.filter((block) => block !== '').join('\n\n')}\n`

/** Text of the sources in a table or a paragraph; what stands between backticks stays as it is, but for `|` in a table. */
export function inline(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll(/[*<]/g, '\\$&')))
    .join('')
    .replaceAll('\n', ' ')
}

export const cell = (text: string): string => inline(text).replaceAll('|', '\\|')

/** `name` in a table. */
export const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``

/** As GitHub makes it of a heading. */
export const anchor = (heading: string): string =>
  `#${heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')}`

export const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``
