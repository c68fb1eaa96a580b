import { IceError, isIceError, VERIFY } from '../catalogue/index.js'
import { proveCredential, tryLogin } from '../database/index.js'
import type { Emit } from '../events/index.js'
import type { Io } from '../kinds/contract.js'
import { path, statusOf, type SecretData, type Vault, type VaultAnswer } from '../vault/index.js'
import { allowsRole } from './database-connection.js'
import { borrowLease, type BorrowedLease } from './database-lease.js'
import type { UserCheck, VaultUser } from './database-user.js'
import { orUndefined } from './step-shown.js'
import { givingBack } from './step-session.js'

interface Options {
  /** The role to try; default: the first of the connection. */
  readonly role?: string
  /** The login that is known is that of Vault's own user, with the password before the rotation. */
  readonly isOwn: boolean
  readonly emit: Emit
}

/** Vault still makes users, and the old password is worth nothing. */
export async function provenAfter(
  user: VaultUser,
  options: Options,
  { vault, signal }: Pick<Io, 'vault' | 'signal'>,
): Promise<{ readonly value: readonly UserCheck[]; readonly left: readonly string[] }> {
  let lease: BorrowedLease | undefined
  const attempt = async (): Promise<UserCheck[]> => [
    await freshCredential(user, options.role, { vault, signal }, (borrowed) => (lease = borrowed)),
    await oldPassword(user, options.isOwn, signal),
  ]
  const giveBack = async () => (lease === undefined ? [] : lease.giveBack())
  try {
    return await givingBack(attempt, giveBack, options.emit)
  } catch (error) {
    throw isIceError(error)
      ? new IceError(error.record, {
          ...error.details,
          message: `The password was rotated; but then: ${error.message}`,
        })
      : error
  }
}

async function freshCredential(
  { mount, connection, live, target }: VaultUser,
  wanted: string | undefined,
  { vault, signal }: Pick<Io, 'vault' | 'signal'>,
  borrowed: (lease: BorrowedLease) => void,
): Promise<UserCheck> {
  const check = 'a fresh credential'
  const role = wanted ?? (await roleOf({ mount, connection, live }, vault))
  if (role === undefined)
    return { check, verdict: 'skipped', detail: 'this token sees no role of the connection to try it with (--role)' }
  const answer = await issued(mount, role, vault)
  if (answer === undefined)
    return { check, verdict: 'skipped', detail: `this token may not read ${mount}/creds/${role}` }
  const lease = answer.leaseId === undefined ? undefined : borrowLease(answer.leaseId, vault)
  if (lease !== undefined) borrowed(lease)
  // That Vault makes and removes users is what is proven here; that they can log in as well, as far as they can be tried.
  const { detail } = await proveCredential(target, answer.data, { signal, ...(lease && { lease }) })
  return { check, verdict: 'passed', detail: `role ${role}: ${detail}` }
}

async function roleOf(
  { mount, connection, live }: Pick<VaultUser, 'mount' | 'connection' | 'live'>,
  vault: Vault,
): Promise<string | undefined> {
  const names = (await orUndefined(() => vault.list(path`${mount}/roles`))) ?? []
  for (const name of names.filter((each) => allowsRole(live, each))) {
    const role = await orUndefined(() => vault.read<{ db_name: string }>(path`${mount}/roles/${name}`))
    if (role?.data.db_name === connection) return name
  }
  return undefined
}

/** @returns undefined where the token may not */
async function issued(mount: string, role: string, vault: Vault): Promise<VaultAnswer<SecretData> | undefined> {
  try {
    // Each read makes a user, so it is sent once.
    return await vault.readSecret(path`${mount}/creds/${role}`, { repeatable: false })
  } catch (error) {
    if (statusOf(error) === 403) return undefined
    if (!isIceError(error) || statusOf(error) === undefined) throw error
    throw new IceError(VERIFY.rotationBroken, {
      message: `Vault makes no credential of the role ${role}. ${error.message}`,
    })
  }
}

async function oldPassword({ login, target }: VaultUser, isOwn: boolean, signal: AbortSignal): Promise<UserCheck> {
  const check = 'the old password'
  if ('why' in login || !isOwn) return { check, verdict: 'skipped', detail: 'it is not known' }
  const answer = await tryLogin(target, login, signal)
  if (answer === 'accepted')
    throw new IceError(VERIFY.rotationBroken, { message: 'the database still accepts the old password.' })
  return answer === 'refused'
    ? { check, verdict: 'passed', detail: 'the database refuses it' }
    : { check, verdict: 'skipped', detail: answer.untried }
}
