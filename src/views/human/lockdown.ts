import type { LockdownResult, LockedRole } from '../../operations/lockdown/types.js'
import { count, duration, table, wrap } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'
import { errorLines } from './error.js'
import { loginRows } from './lease.js'

type Lockdown = Told<LockdownResult>
type Role = Told<LockedRole>

/** So many of a kind are named one by one. */
const NAMED = 20

/** What would be closed and ended, before it is asked about. */
export function lockdownPreview(result: Lockdown, theme: Theme): string {
  return `${[...roleBlocks(result, theme), ...tokenBlocks(result, theme), ...noteBlocks(result, theme)].join('\n\n')}\n`
}

function subject({ scope, mount }: Lockdown): string {
  const words = { workload: `workload ${scope.of}`, role: `role ${scope.of}`, cluster: `cluster ${scope.of}` }
  return `${words[scope.kind]} at auth/${mount}`
}

function roleBlocks({ roles }: Lockdown, theme: Theme): string[] {
  return roles.filter(({ action }) => action !== 'none').map((role) => roleLines(role, theme).join('\n'))
}

function roleLines(role: Role, theme: Theme): string[] {
  const { action, address, ours, before, after, others, later } = role
  const head = {
    narrow: theme.bad('- narrow'),
    reopen: theme.good('+ open again'),
    unknown: theme.warn('? leave'),
    none: '=',
  }[action]
  const whose = ours ? '' : theme.warn('  (not of this file)')
  if (action === 'unknown') return [`${head}  ${address}${whose}`, `    lets in ${before}: it is not narrowed`]
  const who = action === 'reopen' ? 'Lets in again' : 'Locks out'
  const named = role.affects.filter((account) => !others.includes(account))
  return [
    `${head}  ${address}${whose}`,
    ...wrap(`lets in ${before}; then ${after}`, theme.width, '    '),
    ...(named.length === 0 ? [] : wrap(`${who}: ${listed(named)}`, theme.width, '    ')),
    ...(others.length === 0
      ? []
      : wrap(`Locks out OTHERS as well: ${listed(others)}`, theme.width, '    ').map((line) => theme.warn(line))),
    ...(later.length === 0 ? [] : wrap(`New accounts are not let in by ${listed(later)}`, theme.width, '    ')),
  ]
}

const listed = (items: readonly string[]): string =>
  items.length > NAMED ? `${items.slice(0, NAMED).join(', ')} and ${items.length - NAMED} more` : items.join(', ')

function tokenBlocks({ tokens, leases, reopen }: Lockdown, theme: Theme): string[] {
  if (reopen) return []
  const { logins, children, own } = tokens
  const more = logins.length - NAMED
  const rows = table(loginRows(logins.slice(0, NAMED)).map((row) => [`  ${theme.bad('-')}`, ...row]))
  return [
    logins.length === 0
      ? `No token of theirs is among the ${tokens.of} that Vault has.`
      : [`Tokens to be revoked (of ${tokens.of}):`, ...rows, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n'),
    ...(own ? [theme.warn('One of them runs this: it is kept.')] : []),
    ...(children.length === 0
      ? []
      : [`The same identity has made ${count(children.length, 'more token')}: those of these logins go with them.`]),
    ...(leases.unknown === undefined
      ? leases.before.length === 0
        ? []
        : [
            [
              'With them go, of these leases, those that are theirs (Vault does not say which):',
              ...leases.before.slice(0, NAMED).map(({ id }) => `  ${id}`),
              ...(leases.before.length > NAMED ? [`  and ${leases.before.length - NAMED} more`] : []),
            ].join('\n'),
          ]
      : [theme.warn(`Leases cannot be looked at: ${leases.unknown}`)]),
  ]
}

function noteBlocks({ notes, refusals }: Lockdown, theme: Theme): string[] {
  return [
    ...notes.map((note) =>
      wrap(`Note: ${note}`, theme.width)
        .map((line) => theme.warn(line))
        .join('\n'),
    ),
    ...refusals.map((refusal) => theme.bad(`It would be refused ${refusal}`)),
  ]
}

/** What was closed, ended and proven; the last lines say how to open it again, and the verdict. */
export function lockdownText(result: Lockdown, theme: Theme): string {
  const { dryRun, roles, tokens, checks, errors, reopen, again, interrupted, left, seconds } = result
  const took = `(${duration(seconds)})`
  const changing = roles.filter(({ action }) => action === 'narrow' || action === 'reopen')
  const isIdle = changing.length === 0 && tokens.logins.length === 0 && checks.length === 0 && errors.length === 0
  if (dryRun || isIdle) {
    const verdict = dryRun
      ? theme.bold('Dry run: nothing was changed.')
      : theme.good(`Nothing to do: ${idleText(result)}, ${subject(result)}. ${took}`)
    return `${dryRun ? `${lockdownPreview(result, theme)}\n` : ''}${verdict}\n`
  }
  const done = changing.filter(({ outcome }) => outcome?.state === 'done').length
  const wrong = changing.filter(({ outcome }) => outcome?.state !== 'done')
  const failed = checks.filter(({ verdict }) => verdict === 'failed').length
  const unknown = checks.filter(({ verdict }) => verdict === 'skipped').length
  const isBad = wrong.length + errors.length + failed + tokens.left.length > 0 || interrupted
  const isUnsure = unknown > 0
  const word = interrupted ? 'STOPPED' : isBad ? 'NOT CLOSED' : isUnsure ? 'CLOSED, NOT ALL PROVEN' : 'Closed'
  const counts = `${done} of ${count(changing.length, 'role')} narrowed, ${count(tokens.revoked, 'token')} revoked`
  const verdict = reopen
    ? wrong.length > 0 || errors.length > 0 || interrupted
      ? theme.bad(
          `${interrupted ? 'STOPPED' : 'FAILED'}: ${done} of ${count(changing.length, 'role')} open again. ${took}`,
        )
      : theme.good(`Open again: ${subject(result)}, ${count(done, 'role')}. ${took}`)
    : (isBad ? theme.bad : isUnsure ? theme.warn : theme.good)(`${word}: ${subject(result)}; ${counts}. ${took}`)
  const blocks = [
    ...changing.map((role) => outcomeLines(role, theme).join('\n')),
    ...(checks.length === 0 ? [] : [checkTable(checks, theme)]),
    ...(tokens.left.length === 0
      ? []
      : [[theme.bad('Not revoked:'), ...tokens.left.slice(0, NAMED).map((each) => `  ${each}`)].join('\n')]),
    ...noteBlocks({ ...result, refusals: [] }, theme),
    ...errors.map((error) => errorLines(error, theme).join('\n')),
    ...(left.length === 0 ? [] : [[theme.warn('Not given back:'), ...left.map((each) => `  ${each}`)].join('\n')]),
    ...(reopen
      ? [`Next: icebreaker verify, or icebreaker plan, shows whether all is as it was.`]
      : [nextText(isBad, again)]),
    verdict,
  ]
  return `${blocks.join('\n\n')}\n`
}

function idleText({ reopen, scope }: Lockdown): string {
  if (reopen) return 'nothing is locked'
  return scope.kind === 'workload'
    ? 'no role lets it in, and it holds no token'
    : 'it lets nobody in, and no token is out'
}

function outcomeLines(role: Role, theme: Theme): string[] {
  const { outcome, address, after, others } = role
  if (outcome?.state === 'done')
    return [
      `${theme.good('done')}  ${address}: lets in ${after}`,
      ...(others.length === 0 ? [] : [theme.warn(`    others are locked out with it: ${listed(others)}`)]),
    ]
  const state = outcome?.state === 'failed' ? theme.bad('FAILED') : theme.warn('skipped')
  const error = outcome?.error === undefined ? [] : errorLines(outcome.error, theme).map((line) => `    ${line}`)
  return [`${state}  ${address}`, ...error]
}

function checkTable(checks: Lockdown['checks'], theme: Theme): string {
  const words = { passed: theme.good('  passed'), failed: theme.bad('  FAILED'), skipped: theme.warn('  NOT KNOWN') }
  return [
    theme.bold('Afterwards'),
    ...table(checks.map(({ check, verdict, detail }) => [words[verdict], check, detail])),
  ].join('\n')
}

const nextText = (isBad: boolean, again: string): string =>
  [
    ...(isBad ? ['Next: run the same command again: it goes on where this one ended.'] : []),
    `To open it again: ${again}`,
  ].join('\n')
