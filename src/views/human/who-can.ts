import type { WhoCanResult } from '../../operations/who-can.js'
import { titleOf, visible } from '../graph/labels.js'
import { count, wrap } from '../text.js'
import type { Theme } from '../theme.js'
import { pageOf, type Told } from '../told.js'

type Result = Told<WhoCanResult>
type Answer = Result['answers'][number]
type Reason = Answer['by'][number]

/** Whoever can, by cluster and account, with role and policy; what is remarkable or was not seen; the answer in one line. */
export function whoCanText(result: Result, theme: Theme): string {
  const { answers, findings, gaps } = result
  const there = answers.filter((answer) => answer.there !== 'no')
  const blocks = [
    ...headLines(result, theme),
    ...block('Can:', of(there, 'yes'), theme),
    ...block('Can do a part of it:', of(there, 'partly'), theme),
    ...block('Not known whether they can:', of(there, 'unknown'), theme),
    ...block(
      'Could, if they existed:',
      answers.filter((answer) => answer.there === 'no'),
      theme,
    ),
    ...(findings.length === 0 ? [] : [['Found:', ...findings.flatMap((each) => findingLines(each, theme))].join('\n')]),
    ...(gaps.length === 0
      ? []
      : [
          [
            theme.warn('Not seen, so there may be others:'),
            ...gaps.flatMap(({ code, what, why }) =>
              wrap(`${code}  ${visible(what)}: ${visible(why)}`, theme.width - 2).map(indented),
            ),
          ].join('\n'),
        ]),
    lastLine(result, theme),
  ]
  return `${blocks.join('\n\n')}\n`
}

const of = (answers: readonly Answer[], wanted: Answer['verdict']): Answer[] =>
  answers.filter(({ verdict }) => verdict === wanted)

const indented = (line: string): string => `  ${line}`

function headLines({ question, source, file, servers }: Result, theme: Theme): string[] {
  const { verb, path, raw, engine, needs } = question
  const what = raw ? `${verb} on ${path}` : `${verb} ${engine?.type ?? ''} ${path}`
  const means = raw ? [] : needs.map((need) => theme.dim(visible(`  means ${need.capability} on ${need.path}`)))
  const whose = source === 'file' ? `as the file ${file} says` : `as Vault at ${servers.vault ?? ''} has it`
  return [[theme.bold(visible(`${what}, ${whose}`)), ...means].join('\n')]
}

function block(title: string, answers: readonly Answer[], theme: Theme): string[] {
  if (answers.length === 0) return []
  const clusters = Map.groupBy(answers, ({ cluster }) => cluster)
  const lines = [...clusters].flatMap(([cluster, own]) => [
    `  ${cluster === undefined ? 'A cluster that is not in the file' : `Cluster ${visible(cluster)}`}`,
    ...[...Map.groupBy(own, ({ account }) => account)].flatMap(([account, ways]) => [
      `    ${theme.bold(visible(account))}${remarkOf(ways[0])}`,
      ...ways.flatMap((way) => wayLines(way, theme)),
    ]),
  ])
  return [[title, ...lines].join('\n')]
}

function remarkOf(answer: Answer | undefined): string {
  const words = {
    yes: '',
    no: '',
    planned: ' (not yet made)',
    unknown: ' (not known whether it exists)',
    unlisted: ' (could not be listed)',
  }
  return words[answer?.there ?? 'yes']
}

function wayLines({ mount, role, by, why, from }: Answer, theme: Theme): string[] {
  const only = from.length === 0 ? '' : `, only from ${from.join(', ')}`
  return [
    `      ${visible(`role ${role} of auth/${mount}${only}`)}`,
    ...by.flatMap((reason) => reasonLines(reason, theme)),
    ...why.flatMap((line) => wrap(visible(line), theme.width - 8).map((part) => `        ${theme.warn(part)}`)),
  ]
}

/** The grant or stanza where it is written; the stanza that decides, where that is another. */
function reasonLines({ policy, path, capabilities, sources, condition }: Reason, theme: Theme): string[] {
  const limit = condition === undefined ? '' : `, but ${condition}`
  const stanza = `path ${JSON.stringify(path)} [${capabilities.join(', ')}]${limit}`
  const places = sources.map(({ text, file, line }) => {
    const at = line === undefined ? '' : file === undefined ? `, line ${line}` : `, ${file}:${line}`
    return text.startsWith('path ') ? `${stanza}${text.replace(/^path ".*"/, '')}${at}` : `${text}${at}`
  })
  return places.map((place) => `        policy ${visible(policy)}: ${theme.dim(visible(place))}`)
}

function findingLines({ code, address, detail }: Result['findings'][number], theme: Theme): string[] {
  return [
    ...wrap(`${code}  ${visible(address)}: ${visible(detail)}`, theme.width - 2).map(indented),
    theme.dim(`    ${titleOf(code)}; more: ${pageOf(code)}`),
  ]
}

function lastLine({ answers, gaps }: Result, theme: Theme): string {
  const accounts = (wanted: Answer['verdict']): number =>
    new Set(
      of(answers, wanted).flatMap(({ cluster, account, there }) =>
        there === 'no' ? [] : `${cluster ?? ''} ${account}`,
      ),
    ).size
  const [can, partly, unknown] = [accounts('yes'), accounts('partly'), accounts('unknown')]
  const open = gaps.length > 0 || unknown > 0
  const parts = [
    can === 0 ? `No service account ${open ? 'is known that can' : 'can'}` : `${count(can, 'service account')} can`,
    ...(partly > 0 ? [`${partly} can do a part of it`] : []),
    ...(unknown > 0 ? [`of ${unknown} it is not known`] : []),
  ]
  return theme.bold(`${parts.join('; ')}.${gaps.length > 0 ? ' Not everything could be seen.' : ''}`)
}
