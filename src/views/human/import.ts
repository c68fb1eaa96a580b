import type { ImportResult } from '../../operations/import/types.js'
import { count, enumerate, wrap } from '../text.js'
import type { Theme } from '../theme.js'
import type { FileName } from './file-name.js'

/** The file itself where it was only to be shown; else what was written, what to fill in, what is not in it, and what to type next. */
export function importText(result: ImportResult, file: FileName, theme: Theme): string {
  if (result.state === 'shown') return shown(result)
  const { beside, holes, left, variables } = result
  const also = beside.length === 0 ? '' : `, with ${enumerate(beside.map((one) => one.file))} beside it`
  const blocks = [
    theme.good(`${result.file} is written${also}.`),
    ...block(
      `${count(holes.length, 'thing')} to fill in or to look at, marked FILL IN in the file:`,
      holes.map(({ at, why }) => `${at}: ${why}`),
      theme,
    ),
    ...block(
      `${count(left.length, 'thing')} that ${left.length === 1 ? 'is' : 'are'} not in the file, and ${left.length === 1 ? 'stays as it is' : 'stay as they are'}:`,
      left.map(({ what, why }) => `${what}: ${why}.`),
      theme,
    ),
    [
      'Next:',
      ...variables.map((name) => `  export ${name}=…   needed where something is written anew`),
      `  icebreaker plan --adopt all${file.flag}`,
    ].join('\n'),
  ]
  return `${blocks.join('\n\n')}\n`
}

/** One document: what would stand beside the file follows it as comments. */
function shown({ yaml, beside }: ImportResult): string {
  const others = beside.map(({ file, text }) =>
    [
      '',
      `# ${file}:`,
      ...text
        .trimEnd()
        .split('\n')
        .map((line) => `#   ${line}`.trimEnd()),
      '',
    ].join('\n'),
  )
  return [yaml, ...others].join('')
}

function block(head: string, lines: readonly string[], theme: Theme): string[] {
  if (lines.length === 0) return []
  const wrapped = lines.flatMap((line) =>
    wrap(line, theme.width - 4).map((text, index) => `${index === 0 ? '  • ' : '    '}${text}`),
  )
  return [[theme.warn(head), ...wrapped].join('\n')]
}
