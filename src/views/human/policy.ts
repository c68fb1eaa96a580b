import type { PolicyGenerateResult } from '../../operations/policy-generate.js'
import type { PolicyDiffResult } from '../../operations/policy-diff.js'
import type { PolicyLintResult } from '../../operations/policy-lint.js'
import type { PolicyResult } from '../../operations/policy-results.js'
import { lineDiff } from '../diff.js'
import { count, enumerate, table, wrap } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'

type Lint = Told<PolicyLintResult>
type Finding = Lint['policies'][number]['findings'][number]

export function policyText(result: Told<PolicyResult> | PolicyGenerateResult, theme: Theme): string {
  switch (result.operation) {
    case 'policy lint':
      return lintText(result, theme)
    case 'policy show':
    case 'policy generate':
      // The text itself, fit for `vault policy write`.
      return `${result.policy.replace(/\n+$/, '')}\n`
    case 'policy diff':
      return diffText(result, theme)
  }
}

/** What was found in each policy, what was not looked for, and the count. */
function lintText(result: Lint, theme: Theme): string {
  const blocks = result.policies.flatMap(({ name, from, source, findings }) => {
    if (findings.length === 0) return []
    const head = from === 'grants' ? `${name ?? ''}, made from grants in ${source}` : source
    return [[theme.bold(head), ...findings.flatMap((finding) => findingLines(finding, theme))].join('\n')]
  })
  return `${[...blocks, ...skippedBlock(result, theme), verdict(result, theme)].join('\n\n')}\n`
}

const WORDS = { error: 'error', warning: 'warning', info: 'note' } as const

function findingLines({ at, severity, code, title, message, corrected }: Finding, theme: Theme): string[] {
  const paint = { error: theme.bad, warning: theme.warn, info: theme.dim }[severity]
  const word = WORDS[severity]
  return [
    `  ${at.line}:${at.column}  ${paint(word)} ${code}  ${title}`,
    ...wrap(message, theme.width, '    '),
    ...(corrected === undefined
      ? []
      : ['    Instead:', ...corrected.split('\n').map((line) => `      ${line}`.trimEnd())]),
  ]
}

/** By reason, since most rules lack the same. */
function skippedBlock({ skipped }: Lint, theme: Theme): string[] {
  if (skipped.length === 0) return []
  const byReason = Map.groupBy(skipped, ({ why }) => why)
  const lines = [...byReason].flatMap(([why, rules]) => [
    ...wrap(`Not looked for, since ${why}:`, theme.width),
    ...table(rules.map(({ code, title }) => [`  ${code}`, title])),
  ])
  return [lines.map((line) => theme.dim(line)).join('\n')]
}

function verdict({ summary, policies }: Lint, theme: Theme): string {
  const { error, warning, info } = summary
  if (policies.length === 0) return 'There is no policy to look at.'
  const what = count(policies.length, 'policy')
  if (error + warning + info === 0) return theme.good(`${what}: nothing found.`)
  const counts = [count(error, 'error'), count(warning, 'warning'), count(info, 'note')]
  const line = `${what}: ${enumerate(counts)}.`
  return `${error + warning > 0 ? theme.bad(line) : line}\nWhat a code means: icebreaker explain CODE`
}

const MEANINGS: Readonly<Record<PolicyDiffResult['meaning']['effect'], string>> = {
  neutral: 'By meaning the two are the same.',
  narrows: 'The change narrows: whoever has the policy may do less.',
  widens: 'The change widens: whoever has the policy may do more.',
  mixed: 'The change gives something and takes something.',
  unknown: 'What the change means cannot be told',
}

function diffText({ name, live, wanted, same, meaning }: Told<PolicyDiffResult>, theme: Theme): string {
  if (same) return `${theme.good(`${name}: Vault has what ${wanted.source} says.`)}\n`
  const lines = lineDiff(live.trimEnd().split('\n'), wanted.policy.trimEnd().split('\n'))
  const shown = lines.map((line) => {
    if (line === undefined) return theme.dim('  …')
    const text = `${line.sign} ${line.text}`.trimEnd()
    return line.sign === '+' ? theme.good(text) : line.sign === '-' ? theme.bad(text) : text
  })
  const head = [`- vault:sys/policies/acl/${name}`, `+ ${wanted.source}`].map((line) => theme.bold(line))
  return `${[[...head, ...shown].join('\n'), meaningLines(meaning, theme).join('\n')].join('\n\n')}\n`
}

/** What a change means to whoever has the policy, and path by path. */
export function meaningLines({ effect, why, paths }: Told<PolicyDiffResult>['meaning'], theme: Theme): string[] {
  const told = why === undefined ? MEANINGS[effect] : `${MEANINGS[effect]}: ${why}.`
  const rows = table(
    paths.map(({ path, gains, loses }) => [
      `  ${path}`,
      [...gains.map((each) => `+ ${each}`), ...loses.map((each) => `- ${each}`)].join('  '),
    ]),
  )
  return [...wrap(told, theme.width), ...rows]
}
