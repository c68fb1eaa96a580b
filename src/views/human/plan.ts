import type { PlanResult } from '../../operations/results.js'
import { planCounts } from '../summary.js'
import { count, shellQuote, table, wrap } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'
import { changeLines } from '../value.js'
import type { FileName } from './file-name.js'

type Plan = Told<PlanResult>
type Planned = Plan['plan']['objects'][number]

/** What the servers lack of what the file says, and what to type next. */
export function planText(result: Plan, file: FileName, theme: Theme): string {
  const { create, update, unchanged, refused } = planCounts(result.plan.objects)
  const asItSays = unchanged - result.plan.objects.filter(isRemarkable).length
  const blocks = [serversBlock(result, theme), ...planDifferences(result, theme), ...unwantedBlock(result, file)]
  if (create + update + refused === 0) {
    blocks.push(theme.good(`No changes: the servers are as ${file.name} says.`))
  } else {
    if (asItSays > 0) blocks.push(`${count(asItSays, 'object')} ${asItSays === 1 ? 'is' : 'are'} as the file says.`)
    blocks.push([theme.bold(planLine(result)), ...nextSteps(result, file, refused)].join('\n'))
  }
  return `${blocks.join('\n\n')}\n`
}

/** What is ours and in no file any more: apply leaves it. */
function unwantedBlock({ unwanted = [] }: Plan, file: FileName): string[] {
  if (unwanted.length === 0) return []
  const some = unwanted.slice(0, 5).map((address) => `  ${address}`)
  return [
    [
      `${count(unwanted.length, 'object')} that this file made and no longer names (icebreaker prune${file.flag} removes ${unwanted.length === 1 ? 'it' : 'them'}):`,
      ...some,
      ...(unwanted.length > some.length ? [`  and ${unwanted.length - some.length} more`] : []),
    ].join('\n'),
  ]
}

/** The same before it is carried out: without what to type next. */
export function planPreview(result: Plan, theme: Theme): string {
  return `${[serversBlock(result, theme), ...planDifferences(result, theme), theme.bold(planLine(result))].join('\n\n')}\n`
}

/** `Plan: 14 to create, 0 to update, 12 unchanged, 1 refused.` */
function planLine({ plan }: Plan): string {
  const { create, update, unchanged, refused } = planCounts(plan.objects)
  return `Plan: ${create} to create, ${update} to update, ${unchanged} unchanged, ${refused} refused.`
}

function serversBlock({ servers }: Plan, theme: Theme): string {
  const clusters = Object.entries(servers.clusters).map(([name, address]) => [`Cluster ${name}`, address])
  return table([['Vault', servers.vault], ...clusters])
    .map((line) => theme.dim(line))
    .join('\n')
}

/** Refused ones first: they keep everything else from happening. */
export function planDifferences({ plan }: Pick<Plan, 'plan'>, theme: Theme): string[] {
  const { objects } = plan
  const refused = objects.filter(({ action }) => action === 'refuse')
  const written = objects.filter(({ action }) => action === 'create' || action === 'update')
  const remarked = objects.filter(isRemarkable)
  return [
    ...(refused.length > 0
      ? [
          [
            theme.bad('Refused: apply writes nothing at all while these stand.'),
            '',
            ...refusedLines(refused, theme),
          ].join('\n'),
        ]
      : []),
    ...(written.length > 0 ? [objectLines(written, theme).join('\n')] : []),
    ...(remarked.length > 0
      ? [['Left as they are:', '', ...remarked.flatMap((object) => remarkLines(object, theme))].join('\n')]
      : []),
  ]
}

/** Nothing is done to it, and still there is something to know. */
const isRemarkable = ({ action, reason, changes }: Planned): boolean =>
  action === 'none' && (reason !== undefined || changes.length > 0)

function refusedLines(objects: readonly Planned[], theme: Theme): string[] {
  return objects.flatMap((object) => [
    `${theme.bad('! refuse')}  ${object.title}  ${object.address}`,
    ...wrap(object.reason ?? '', theme.width, '    '),
    ...changes(object, theme),
  ])
}

/** Each object with its differences. */
export function objectLines(objects: readonly Planned[], theme: Theme): string[] {
  const heads = table(
    objects.map(({ action, adopts, title, address }) => [
      action === 'create' ? theme.good('+ create') : theme.warn(adopts ? '~ adopt' : '~ update'),
      title,
      address,
    ]),
  )
  return objects.flatMap((object, index) => [
    heads[index] ?? '',
    ...(object.reason === undefined ? [] : wrap(object.reason, theme.width, '    ')),
    ...changes(object, theme),
  ])
}

function remarkLines(object: Planned, theme: Theme): string[] {
  const { title, address, reason } = object
  const isTold = object.changes.some(({ why }) => why === reason)
  return [
    `= ${title}  ${address}`,
    ...(reason === undefined || isTold ? [] : wrap(reason, theme.width, '    ')),
    ...changes(object, theme),
  ]
}

function changes({ action, changes }: Planned, theme: Theme): string[] {
  return changes.flatMap((change) => changeLines(change, action === 'create', theme)).map((line) => `    ${line}`)
}

function nextSteps({ savedTo }: Plan, file: FileName, refused: number): string[] {
  if (refused > 0)
    return [
      'Next: take what is refused out of the file, or give it another name; or take it over with --adopt ADDRESS (or all).',
    ]
  if (savedTo !== undefined) return [`Saved to ${savedTo}.`, `Next: icebreaker apply ${shellQuote(savedTo)}`]
  return [`Next: icebreaker apply${file.flag}`]
}
