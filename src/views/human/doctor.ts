import type { DoctorListResult, DoctorResult } from '../../operations/doctor/types.js'
import { count, duration, enumerate, table, wrap } from '../text.js'
import type { Theme } from '../theme.js'
import { pageOf, type Told } from '../told.js'

type Doctor = Told<DoctorResult>
type Finding = Doctor['findings'][number]
type Step = NonNullable<Doctor['trace']>[number]

/** What was found, gravest first, each with its evidence and what mends it; what is still open; the verdict on the last line. */
export function doctorText(result: Told<DoctorResult> | DoctorListResult, theme: Theme): string {
  if (result.operation === 'doctor list') return listText(result, theme)
  const blocks = [
    ...(result.trace === undefined ? [] : [traceLines(result.trace, theme).join('\n')]),
    ...result.findings.map((finding) => findingLines(finding, theme).join('\n')),
    ...unknownBlock(result, theme),
    ...openBlock(result, theme),
    ...(result.left.length > 0
      ? [[theme.warn('Not given back; it expires by itself:'), ...result.left.map((one) => `  ${one}`)].join('\n')]
      : []),
    verdict(result, theme),
  ]
  return `${blocks.join('\n\n')}\n`
}

const WORDS = { error: 'ERROR', warning: 'WARNING', info: 'NOTE' } as const

function findingLines(
  { severity, code, title, subject, message, evidence, remedy, staleForMs }: Finding,
  theme: Theme,
): string[] {
  const paint = { error: theme.bad, warning: theme.warn, info: theme.dim }[severity]
  const facts = Object.entries(evidence).map(([name, value]) => [`  ${name}:`, String(value)])
  const steps = [
    ...(remedy.text === undefined ? [] : wrap(remedy.text, theme.width - 2, '    ')),
    ...remedy.commands.flatMap((command) => command.split('\n').map((line) => `    ${line}`)),
  ]
  return [
    `${paint(WORDS[severity])} ${code}  ${theme.bold(title)}`,
    theme.dim(`  ${subject}`),
    ...wrap(message, theme.width, '  '),
    ...table(facts),
    ...(staleForMs > 0
      ? wrap(`Seen through caches that are up to ${duration(staleForMs / 1000)} old.`, theme.width, '  ')
      : []),
    ...(steps.length > 0 ? ['  What to do:', ...steps] : []),
    theme.dim(`  More: ${pageOf(code)}`),
  ]
}

const MARKS: Readonly<Record<Step['state'], string>> = {
  ok: 'ok',
  problem: 'FAILS',
  explained: 'fails because of it',
  skipped: 'not judged',
  unknown: 'not known',
  'not reached': 'not reached',
}

function traceLines(trace: readonly Step[], theme: Theme): string[] {
  const rows = trace.map(({ title, state, codes, detail }, index) => [
    `  ${index + 1}.`,
    title,
    state === 'problem' ? theme.bad(MARKS[state]) : state === 'ok' ? theme.good(MARKS[state]) : theme.dim(MARKS[state]),
    [...(state === 'problem' ? codes : []), ...(detail === undefined ? [] : [detail])].join('  '),
  ])
  return ['The login, step by step, as Vault does it:', ...table(rows)]
}

/** What was not judged though nothing that was found explains it, by reason. */
function unknownBlock({ checks }: Doctor, theme: Theme): string[] {
  const unknown = checks.filter(({ state, writes }) => state === 'unknown' && writes === undefined)
  if (unknown.length === 0) return []
  const byReason = Map.groupBy(unknown, ({ why = '' }) => why)
  const lines = [...byReason].flatMap(([why, those]) => [
    ...wrap(`Not judged: ${why}`, theme.width),
    ...wrap(enumerate([...new Set(those.map(({ codes: [code = ''] }) => code))]), theme.width, '  '),
  ])
  return [lines.join('\n')]
}

function openBlock({ open, checks }: Doctor, theme: Theme): string[] {
  if (open.length === 0) return []
  const codes = new Set(checks.filter(({ writes }) => writes !== undefined).map(({ codes: [code = ''] }) => code))
  return [
    [
      ...wrap(`Still open, since nothing was to be made: ${enumerate([...codes].sort())}.`, theme.width),
      ...open.flatMap((writes) => wrap(writes, theme.width, '  ')),
      'Next: add --probe.',
    ].join('\n'),
  ]
}

function verdict({ summary, findings, open, checks, seconds, effort }: Doctor, theme: Theme): string {
  const took = `(${count(effort.calls, 'call')}, ${duration(seconds)})`
  const { error, warning, info } = summary
  const told = enumerate([
    ...(error > 0 ? [count(error, 'error')] : []),
    ...(warning > 0 ? [count(warning, 'warning')] : []),
    ...(info > 0 ? [count(info, 'note')] : []),
  ])
  const judged = checks.filter(({ state }) => state === 'ok').length
  if (error > 0) return theme.bad(`${told}. ${took}`)
  const unsure = summary.unknown > 0 ? `, ${summary.unknown} not judged` : ''
  if (findings.length > 0) return theme.warn(`No error; ${told}${unsure}. ${took}`)
  const line = `Nothing found: ${count(judged, 'check')} ok${unsure}. ${took}`
  return open.length > 0 || summary.unknown > 0 ? line : theme.good(line)
}

function listText({ checks }: DoctorListResult, theme: Theme): string {
  const rows = checks.map(({ code, severity, title, probe }) => [
    code,
    WORDS[severity].toLowerCase(),
    probe ? 'probe' : '',
    title,
  ])
  return `${[...table(rows), '', ...wrap('probe: judged only with --probe, since something has to be made for it. What a code means: icebreaker explain CODE', theme.width)].join('\n')}\n`
}
