import type { LeaseResult } from '../../operations/emergency-results.js'
import type { LeaseActResult } from '../../operations/lease/act.js'
import type { FoundLease } from '../../operations/lease/leases.js'
import type { LeaseListResult } from '../../operations/lease/list.js'
import type { FoundToken } from '../../operations/lease/tokens.js'
import { count, duration, table, wrap } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'
import { errorLines } from './error.js'

type Act = Told<LeaseActResult>

export function leaseText(result: Told<LeaseResult>, theme: Theme): string {
  return `${(result.operation === 'lease list' ? listBlocks(result, theme) : actBlocks(result, theme)).join('\n\n')}\n`
}

/** What would be done, before it is asked about. */
export const leasePreview = (result: Act, theme: Theme): string => `${plannedBlocks(result, theme).join('\n\n')}\n`

function listBlocks({ scope, tokens, leases, maybe }: Told<LeaseListResult>, theme: Theme): string[] {
  const children = tokens.reduce((sum, tree) => sum + tree.children.length, 0)
  const made = children === 0 ? '' : `, ${count(children, 'token')} that they made`
  const mayBe = maybe ? ' that may be theirs' : ''
  const totals =
    scope.mount === undefined
      ? count(leases.length, 'lease')
      : `${count(tokens.length, 'login')} of auth/${scope.mount}${made}, ${count(leases.length, 'lease')}${mayBe}`
  return [
    ...(tokens.length === 0 ? [] : [tokenTable(tokens, theme)]),
    ...(leases.length === 0 ? [] : [leaseTable(leases, theme)]),
    ...(maybe && leases.length > 0 ? [wrap(NOT_TOLD, theme.width).join('\n')] : []),
    `${totals}.`,
  ]
}

const NOT_TOLD =
  'Vault does not say on which token a lease hangs: these could be read with the tokens above, and are no older than the first of them.'

function tokenTable(trees: Told<LeaseListResult>['tokens'], theme: Theme): string {
  const rows = trees.flatMap(({ token, children }) => [
    tokenRow(token),
    ...children.map((child) => [`  + ${child.accessor}`, `(${child.path})`, '', child.issuedAt, endText(child)]),
  ])
  const [head = '', ...lines] = table([['TOKEN (ACCESSOR)', 'ACCOUNT', 'ROLE', 'SINCE', 'UNTIL'], ...rows])
  return [theme.bold(head), ...lines].join('\n')
}

const tokenRow = (token: Told<FoundToken>): string[] => [
  token.accessor,
  token.account ?? '-',
  token.role ?? '-',
  token.issuedAt,
  endText(token),
]

/** The same for whoever shows tokens of logins. */
export const loginRows = (tokens: readonly Told<FoundToken>[]): string[][] => tokens.map(tokenRow)

const endText = ({ expiresAt }: { readonly expiresAt?: string | undefined }): string => expiresAt ?? 'no end'

function leaseTable(leases: readonly Told<FoundLease>[], theme: Theme): string {
  const rows = leases.map((lease) => [
    lease.id,
    lease.issuedAt,
    lease.stuck ? theme.bad(`ended ${endText(lease)}, NOT REVOKED`) : endText(lease),
  ])
  const [head = '', ...lines] = table([['LEASE', 'SINCE', 'UNTIL'], ...rows])
  return [theme.bold(head), ...lines].join('\n')
}

/** So many are named one by one. */
const NAMED = 30

function plannedBlocks({ operation, outcomes, below }: Act, theme: Theme): string[] {
  const verb = operation === 'lease renew' ? 'renew' : 'revoke'
  const going = outcomes.filter(({ state }) => state === 'planned')
  const sign = verb === 'revoke' ? theme.bad('- revoke') : theme.good('~ renew')
  const lines = table(going.slice(0, NAMED).map(({ what, id, of }) => [sign, what, id, of]))
  const more = going.length > NAMED ? [`  and ${going.length - NAMED} more`] : []
  const hanging = `With them go the tokens that they made, and of these leases those that are theirs:`
  return [
    ...(going.length === 0 ? [] : [[...lines, ...more].join('\n')]),
    ...(verb === 'revoke' && below.length > 0
      ? [[hanging, ...below.slice(0, NAMED).map(({ id }) => `  ${id}`)].join('\n')]
      : []),
    ...skippedBlock(outcomes),
  ]
}

function skippedBlock(outcomes: Act['outcomes']): string[] {
  const left = outcomes.filter(({ state }) => state === 'skipped')
  if (left.length === 0) return []
  const rows = table(left.slice(0, NAMED).map(({ what, id, reason = '' }) => [`= ${what}`, id, reason]))
  return [[...rows, ...(left.length > NAMED ? [`  and ${left.length - NAMED} more`] : [])].join('\n')]
}

function actBlocks(result: Act, theme: Theme): string[] {
  const { operation, outcomes, dryRun, interrupted, below, belowGone, stuck = [], seconds } = result
  const has = (wanted: string) => outcomes.filter(({ state }) => state === wanted)
  const [done, failed, planned] = [has('done'), has('failed'), has('planned')]
  const took = `(${duration(seconds)})`
  if (dryRun || (done.length === 0 && failed.length === 0 && !interrupted)) {
    const verdict =
      planned.length === 0 ? theme.good(`Nothing to do. ${took}`) : theme.bold('Dry run: nothing was changed.')
    return [...plannedBlocks(result, theme), verdict]
  }
  const word = operation === 'lease renew' ? 'renewed' : 'revoked'
  const renewed = done.filter(({ ttlSeconds }) => ttlSeconds !== undefined)
  const wrong = failed.map(({ what, id, error }) =>
    [
      `${theme.bad('FAILED')}  ${what} ${id}`,
      ...(error === undefined ? [] : errorLines(error, theme).map((line) => `    ${line}`)),
    ].join('\n'),
  )
  const tail = belowGone === undefined ? '' : `, ${belowGone} of ${count(below.length, 'lease')} below gone with them`
  const of = `${done.length} of ${outcomes.length} ${word}${tail}. ${took}`
  return [
    ...(renewed.length === 0
      ? []
      : [
          table(
            renewed
              .slice(0, NAMED)
              .map(({ what, id, ttlSeconds = 0 }) => [`  ${what}`, id, `for ${duration(ttlSeconds)}`]),
          ).join('\n'),
        ]),
    ...skippedBlock(outcomes),
    ...wrong,
    ...(stuck.length === 0
      ? []
      : [
          [theme.bad('Ended, but Vault cannot remove what they stand for:'), ...stuck.map((id) => `  ${id}`)].join(
            '\n',
          ),
        ]),
    failed.length + stuck.length > 0 || interrupted
      ? theme.bad(`${interrupted ? 'STOPPED' : 'FAILED'}: ${of}`)
      : theme.good(`Done: ${of}`),
  ]
}
