import { count, table, wrap } from '../text.js'
import type { Theme } from '../theme.js'
import type { ErrorRecord } from '../told.js'

/** Each error with its place and its evidence, and what to do once for all that want the same; their number at the end. */
export function errorText(errors: readonly ErrorRecord[], theme: Theme): string {
  const alike = Map.groupBy(errors, ({ code, next }) => JSON.stringify([code, next]))
  const blocks = [...alike.values()].map((group) => groupLines(group, theme).join('\n'))
  return `${[...blocks, ...(errors.length > 1 ? [theme.bad(`${count(errors.length, 'error')}.`)] : [])].join('\n\n')}\n`
}

export function errorLines(error: ErrorRecord, theme: Theme): string[] {
  return groupLines([error], theme)
}

function groupLines(errors: readonly ErrorRecord[], theme: Theme): string[] {
  const [first] = errors
  return [
    ...errors.flatMap((error) => factLines(error, theme)),
    ...(first === undefined ? [] : remedyLines(first, theme)),
  ]
}

function factLines({ code, severity, message, at, address, evidence = {} }: ErrorRecord, theme: Theme): string[] {
  const isError = severity === 'error'
  const facts = Object.entries(evidence).map(([name, value]) => [name, String(value)] as const)
  const short = facts.filter(([, value]) => !value.includes('\n')).map(([name, value]) => [`  ${name}:`, value])
  const long = facts.filter(([, value]) => value.includes('\n'))
  return [
    ...wrap(`${isError ? 'Error ' : ''}${code}: ${message}`, theme.width).map((line) =>
      isError ? theme.bad(line) : line,
    ),
    ...(at === undefined ? [] : [`  at ${at.file}:${at.line}:${at.column}`]),
    ...(address === undefined || message.includes(address) ? [] : [`  object ${address}`]),
    ...table(short),
    ...long.flatMap(([name, value]) => [`  ${name}:`, ...value.split('\n').map((line) => `    ${line}`)]),
  ]
}

function remedyLines({ next, page }: ErrorRecord, theme: Theme): string[] {
  const steps = next.flatMap((step) =>
    wrap(step, theme.width - 4).map((line, index) => `${index === 0 ? '  • ' : '    '}${line}`),
  )
  return ['What to do:', ...steps, theme.dim(`More: ${page}`)]
}
