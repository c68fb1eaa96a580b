import type { DatabaseCredsResult } from '../../operations/database-creds.js'
import type { DatabaseRotateRootResult } from '../../operations/database-rotate-root.js'
import type { DatabaseResult } from '../../operations/engine-results.js'
import { table } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'
import { inline } from '../value.js'

export function databaseText(result: Told<DatabaseResult>, theme: Theme): string {
  const blocks = result.operation === 'database creds' ? credsBlocks(result, theme) : rotateBlocks(result, theme)
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

function credsBlocks(result: Told<DatabaseCredsResult>, theme: Theme): string[][] {
  const { mount, role, type, credential, savedTo, leaseId, proof, left } = result
  return [
    [
      theme.bold(`Credential of ${mount}/${role} (${type})`),
      ...table([
        ...Object.entries(credential).map(([key, value]) => [`  ${key}`, inline(value)]),
        ...(savedTo === undefined ? [] : [['  saved to', savedTo]]),
        ...(leaseId === undefined ? [] : [['  lease', leaseId]]),
      ]),
    ],
    ...(proof === undefined
      ? []
      : [[`${proof.verdict === 'passed' ? theme.good('Proven') : theme.warn('NOT PROVEN')}: ${proof.detail}.`]]),
    ...leftBlock(left, theme),
    endLines(result, theme),
  ]
}

function endLines(
  { type, kept, livesUntil, savedTo, left, credential }: Told<DatabaseCredsResult>,
  theme: Theme,
): string[] {
  const isMasked = savedTo === undefined && Object.values(credential).every((value) => value === '(secret)')
  const how = isMasked ? ['To have one: --show-secret prints it, --secret-out FILE writes it.'] : []
  if (type === 'static') return [`Vault changes the password next at ${livesUntil}.`, ...how]
  if (kept) return [`It lives until ${livesUntil}, unless its lease is renewed or revoked before.`]
  return [left.length === 0 ? theme.good('It is revoked again.') : `It ends by itself at ${livesUntil}.`, ...how]
}

const leftBlock = (left: readonly string[], theme: Theme): string[][] =>
  left.length === 0 ? [] : [[theme.warn('Not given back:'), ...left.map((one) => `  ${one}`)]]

type Rotated = Told<DatabaseRotateRootResult>

function rotateBlocks(result: Rotated, theme: Theme): string[][] {
  const { mount, connection, plugin, username, checks, proofs, rotated, left } = result
  const user = username === undefined ? 'Vault’s user' : `User ${username}`
  return [
    [theme.bold(`${user} of ${mount}/${connection} (${plugin})`), ...checkLines(checks, theme)],
    ...(proofs.length === 0 ? [] : [[theme.bold('Afterwards'), ...checkLines(proofs, theme)]]),
    ...leftBlock(left, theme),
    [rotated ? theme.good('Rotated: only Vault knows the password now.') : dryVerdict(checks, theme)],
  ]
}

function dryVerdict(checks: Rotated['checks'], theme: Theme): string {
  const has = (wanted: Rotated['checks'][number]['verdict']) => checks.some(({ verdict }) => verdict === wanted)
  if (has('failed')) return theme.bad('Dry run: it would be refused.')
  return has('skipped')
    ? theme.warn('Dry run: what is not known must be looked up, or accepted with --accept unchecked.')
    : theme.bold('Dry run: nothing speaks against it; nothing was rotated.')
}

function checkLines(checks: Rotated['checks'], theme: Theme): string[] {
  const words = { passed: theme.good('  passed'), failed: theme.bad('  FAILED'), skipped: theme.warn('  NOT KNOWN') }
  return table(checks.map(({ check, verdict, detail }) => [words[verdict], check, detail]))
}
