import { setTimeout as sleep } from 'node:timers/promises'
import { APPLY, IceError } from '../catalogue/index.js'
import { INSPECTED, inspectUser, type Credential, type Target, type Unseen, type UserFacts } from '../database/index.js'
import { mapBounded } from '../http/limit.js'
import type { Io } from '../kinds/contract.js'
import { path, statusOf, type Vault } from '../vault/index.js'
import { connectionNames, readConnection, type LiveConnection } from './database-connection.js'
import { orUndefined } from './step-shown.js'

/** One thing that was looked at, for people. */
export interface UserCheck {
  readonly check: string
  readonly verdict: 'passed' | 'failed' | 'skipped'
  readonly detail: string
}

/** Vault's user in a database. */
export interface VaultUser {
  readonly mount: string
  readonly connection: string
  readonly live: LiveConnection
  /** As whom it can be looked up; otherwise why it cannot. */
  readonly login: Credential | { readonly why: string }
  readonly target: Target
}

interface Looking {
  readonly io: Io
  readonly signal: AbortSignal
  /** Vault may be made to close and reopen its connections, which tells its sessions from others'. */
  readonly mayReset: boolean
}

/** Who else uses Vault's user, as far as Vault and the database tell. */
export async function checkUser(user: VaultUser, looking: Looking): Promise<readonly UserCheck[]> {
  const { username } = user.live
  if (username === undefined)
    return [{ check: 'user', verdict: 'skipped', detail: 'Vault does not show as whom it logs in' }]
  const [inVault, inDatabase] = await Promise.all([
    inOtherConnections(user, username, looking),
    databaseChecks(user, username, looking),
  ])
  return [...inVault, ...inDatabase]
}

/**
 * @param accepted the operator knows what could not be looked at
 * @throws IceError APPLY.notVaultsAlone, APPLY.userNotChecked
 */
export function requireAlone(
  { mount, connection, live }: VaultUser,
  checks: readonly UserCheck[],
  accepted: boolean,
): void {
  const who = `${live.username === undefined ? 'The user' : `The user ${live.username}`} of ${mount}/${connection}`
  const evidence = (wanted: UserCheck['verdict']) =>
    Object.fromEntries(checks.flatMap(({ check, verdict, detail }) => (verdict === wanted ? [[check, detail]] : [])))
  if (checks.some(({ verdict }) => verdict === 'failed'))
    throw new IceError(APPLY.notVaultsAlone, {
      message: `${who} is not Vault’s alone; its password was not rotated.`,
      evidence: evidence('failed'),
    })
  if (!accepted && checks.some(({ verdict }) => verdict === 'skipped'))
    throw new IceError(APPLY.userNotChecked, {
      message: `${who} could not be looked up, so its password was not rotated.`,
      evidence: evidence('skipped'),
    })
}

/** The other users of the same name in Vault itself: connections, and roles that rotate a password of their own. */
async function inOtherConnections(
  { mount, connection, live }: VaultUser,
  username: string,
  { io }: Looking,
): Promise<UserCheck[]> {
  const mounts = await databaseMounts(mount, io.vault)
  const found = await mapBounded(mounts, async (each) => {
    const names = (await connectionNames(each, io.vault)) ?? []
    const others = await mapBounded(names, async (name): Promise<string[]> => {
      if (each === mount && name === connection) return []
      const other = await orUndefined(() => readConnection({ mount: each, name }, io))
      return other?.username === username && serverOf(other) === serverOf(live) ? [`connection ${each}/${name}`] : []
    })
    return [...others.flat(), ...(await staticRolesOf(each, username, io.vault))]
  })
  const uses = found.flat()
  return uses.length === 0
    ? [{ check: 'in Vault', verdict: 'passed', detail: 'nothing else that this token sees uses it' }]
    : [{ check: 'in Vault', verdict: 'failed', detail: `also used by ${uses.join(', ')}` }]
}

async function databaseMounts(own: string, vault: Vault): Promise<readonly string[]> {
  const rows = await orUndefined(() => vault.read<Readonly<Record<string, { type: string }>>>(path`sys/mounts`))
  const seen = Object.entries(rows?.data ?? {}).filter(([, { type }]) => type === 'database')
  return [...new Set([own, ...seen.map(([mount]) => mount.replace(/\/$/, ''))])]
}

async function staticRolesOf(mount: string, username: string, vault: Vault): Promise<string[]> {
  const names = (await orUndefined(() => vault.list(path`${mount}/static-roles`))) ?? []
  const roles = await mapBounded(names, async (name) => {
    const role = await orUndefined(() => vault.read<{ username: string }>(path`${mount}/static-roles/${name}`))
    return role?.data.username === username ? [`static role ${mount}/${name}`] : []
  })
  return roles.flat()
}

/** Two connections with the same host and port are to the same server; of what is no URL all of it counts. */
function serverOf({ plugin, url = '' }: LiveConnection): string {
  const parsed = URL.parse(url.replaceAll('{{username}}', 'u').replaceAll('{{password}}', 'p'))
  return parsed === null || parsed.host === '' ? `${plugin} ${url}` : parsed.host
}

async function databaseChecks(user: VaultUser, username: string, looking: Looking): Promise<UserCheck[]> {
  const unseen = (detail: string): UserCheck[] => [{ check: 'in the database', verdict: 'skipped', detail }]
  if (user.live.plugin !== INSPECTED) return unseen(`icebreaker does not speak to databases of ${user.live.plugin}`)
  const { login, target } = user
  if ('why' in login) return unseen(login.why)
  const look = (): Promise<UserFacts | Unseen> => inspectUser(target, login, username, looking.signal)
  const facts = await look()
  if (!isSeen(facts)) return unseen(unseenText(facts))
  return [
    facts.superuser === undefined
      ? { check: 'rights', verdict: 'passed', detail: 'no superuser' }
      : { check: 'rights', verdict: 'failed', detail: `it is ${facts.superuser}` },
    facts.owned === 0
      ? { check: 'ownership', verdict: 'passed', detail: 'it owns nothing' }
      : { check: 'ownership', verdict: 'failed', detail: `it owns ${facts.owned} objects of the database` },
    await sessionsCheck(facts, look, user, looking),
  ]
}

type Seen = Exclude<Awaited<ReturnType<typeof inspectUser>>, Unseen>
const isSeen = (facts: UserFacts | Unseen): facts is Seen => typeof facts === 'object' && 'sessions' in facts

const unseenText = (unseen: Unseen): string =>
  unseen === 'refused'
    ? 'the database refused the login: is the password still the one that is named?'
    : unseen === 'missing'
      ? 'the database does not have this user'
      : unseen.untried

/** So often the database is asked whether Vault's old sessions have ended. */
const LOOKS = 6
const PAUSE_MS = 250

/** Vault closes the sessions that it has and opens others: those that stay are somebody else's. */
async function sessionsCheck(
  facts: UserFacts,
  look: () => Promise<UserFacts | Unseen>,
  { mount, connection }: VaultUser,
  { io, signal, mayReset }: Looking,
): Promise<UserCheck> {
  const check = 'sessions'
  if (facts.sessions.length === 0) return { check, verdict: 'passed', detail: 'nobody is logged in as it' }
  const unknown = (why: string): UserCheck => ({
    check,
    verdict: 'skipped',
    detail: `${facts.sessions.length} logged in as it, maybe Vault’s own: ${why}`,
  })
  if (!mayReset) return unknown('Vault is not made to log in anew by a dry run')
  if (!(await reset(mount, connection, io.vault))) return unknown('this token may not make Vault log in anew')
  let old = facts.sessions
  for (let looks = 0; looks < LOOKS; looks++) {
    const now = await look()
    if (!isSeen(now)) return unknown(unseenText(now))
    old = now.sessions.filter(({ startedAt }) => startedAt === undefined || startedAt <= facts.now)
    if (old.length === 0) return { check, verdict: 'passed', detail: 'only Vault is logged in as it' }
    await sleep(PAUSE_MS, undefined, { signal })
  }
  // Whoever cannot be looked at may be Vault.
  if (old.every(({ startedAt }) => startedAt === undefined)) return unknown('this login may not see whose they are')
  return { check, verdict: 'failed', detail: `also logged in: ${[...new Set(old.map(({ who }) => who))].join(', ')}` }
}

async function reset(mount: string, connection: string, vault: Vault): Promise<boolean> {
  try {
    await vault.write(path`${mount}/reset/${connection}`, {}, { repeatable: true })
    return true
  } catch (error) {
    if (statusOf(error) === 403) return false
    throw error
  }
}
