import type { HelpResult } from '../results.js'
import { table, wrap } from '../text.js'
import type { Theme } from '../theme.js'

/** What `help TOPIC` prints. */
export function helpText(result: HelpResult, theme: Theme): string {
  switch (result.operation) {
    case 'help exit-codes':
      return `${table(result.exitCodes.map(({ code, meaning }) => [String(code).padStart(3), meaning])).join('\n')}\n`
    case 'help environment':
      return environmentText(result, theme)
    case 'help output':
      return outputText(result, theme)
  }
}

type Of<Operation> = Extract<HelpResult, { operation: Operation }>

const OPENING =
  'A setting is taken from the first place that has it: the flag, its ICEBREAKER_ variable, the file, then what the other programs read.'

function environmentText({ groups }: Of<'help environment'>, theme: Theme): string {
  const blocks = groups.map(({ title, text, variables }) =>
    [
      theme.bold(title),
      ...wrap(text, theme.width),
      '',
      ...variables.flatMap((variable) => {
        const { names, meaning } = variable
        const flag = 'flag' in variable ? `  ${flagText(variable)}` : ''
        return [...wrap(`${names.join(', ')}${flag}`, theme.width, '  '), ...wrap(meaning, theme.width, '      ')]
      }),
    ].join('\n'),
  )
  return `${[wrap(OPENING, theme.width).join('\n'), ...blocks].join('\n\n')}\n`
}

/** `(--yes of apply, destroy)` */
export const flagText = ({ flag, commands }: { readonly flag: string; readonly commands: readonly string[] }): string =>
  `(${flag}${commands.length === 0 ? '' : ` of ${commands.join(', ')}`})`

function outputText({ formats, streams, schemaVersion, lines }: Of<'help output'>, theme: Theme): string {
  const entries = (rows: readonly { readonly name: string; readonly meaning: string }[]): string[] =>
    rows.flatMap(({ name, meaning }) => [`  ${name}`, ...wrap(meaning, theme.width, '      ')])
  const version = `JSON carries schemaVersion, now ${schemaVersion}. It rises when a reader of the older form would go wrong; new members alone do not raise it.`
  const each = 'One JSON object a line; every line but the first has its time.'
  const blocks = [
    [theme.bold('Formats: -o FORMAT'), ...entries(formats)],
    [theme.bold('Streams'), ...entries(streams)],
    [theme.bold('JSON'), ...wrap(version, theme.width, '  ')],
    [
      theme.bold('Lines of NDJSON'),
      ...wrap(each, theme.width, '  '),
      ...lines.flatMap(({ type, meaning, example }) => [
        `  ${type}`,
        ...wrap(meaning, theme.width, '      '),
        ...(example === undefined ? [] : [`      ${example}`]),
      ]),
    ],
  ]
  return `${blocks.map((block) => block.join('\n')).join('\n\n')}\n`
}
