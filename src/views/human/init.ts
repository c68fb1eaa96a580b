import type { InitResult } from '../../operations/init/types.js'
import { lineDiff } from '../diff.js'
import { count, enumerate, shellQuote, wrap } from '../text.js'
import type { Theme } from '../theme.js'
import type { FileName } from './file-name.js'

/** The file itself where it was only to be shown; else what was written, what to look at, and what to type next. */
export function initText(result: InitResult, file: FileName, theme: Theme): string {
  if (result.state === 'shown') return result.yaml
  const { added, template } = result
  const what =
    added.length === 0 ? `written, from the template ${template ?? ''}` : `changed: ${enumerate(added)} added`
  return `${[theme.good(`${result.file} is ${what}.`), ...checkBlocks(result, theme), nextBlock(result, file)].join('\n\n')}\n`
}

/** What would change in a file that is there, before it is asked about. */
export function initProposal({ file, before = '', yaml, ...result }: InitResult, theme: Theme): string {
  const lines = lineDiff(before.split('\n'), yaml.split('\n')).map((line) => {
    if (line === undefined) return '    …'
    const text = `  ${line.sign} ${line.text}`.trimEnd()
    return line.sign === '+' ? theme.good(text) : line.sign === '-' ? theme.bad(text) : text
  })
  const blocks = [theme.bold(`${file} would change:`), lines.join('\n'), ...checkBlocks(result, theme)]
  return `${blocks.join('\n\n')}\n`
}

function checkBlocks({ assumed }: Pick<InitResult, 'assumed'>, theme: Theme): string[] {
  if (assumed.length === 0) return []
  const lines = assumed.flatMap(({ at, why }) => wrap(`${at}: ${why}.`, theme.width - 4).map(indent))
  const head = `${count(assumed.length, 'thing')} to look at, marked CHECK in the file:`
  return [[theme.warn(head), ...lines].join('\n')]
}

const indent = (line: string, index: number): string => `${index === 0 ? '  • ' : '    '}${line}`

function nextBlock({ variables }: InitResult, file: FileName): string {
  const needs = variables.map(
    ({ name, value, why }) => `  export ${name}=${value === undefined ? '…' : shellQuote(value)}   # ${why}`,
  )
  return ['Next:', ...needs, `  icebreaker plan${file.flag}`].join('\n')
}
