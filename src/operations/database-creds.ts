import { proveCredential, type Proof, type Target } from '../database/index.js'
import { Secret, Shown } from '../secrets/index.js'
import { path, statusOf, type SecretData, type Vault, type VaultAnswer } from '../vault/index.js'
import { readConnection } from './database-connection.js'
import { borrowLease, type BorrowedLease } from './database-lease.js'
import { requireMount } from './engine-mount.js'
import { withSecretFile, type HandoverOptions } from './reviewer-token.js'
import { notThere, orUndefined } from './step-shown.js'
import { givingBack, withStepSession, type StepOptionsBase, type StepSession } from './step-session.js'
import { mountAndName } from './steps/target.js'

export interface DatabaseCredsOptions extends StepOptionsBase, HandoverOptions {
  /** MOUNT/ROLE */
  readonly target: string
  /** HOST:PORT where the database can be reached from here: then the credential is tried. */
  readonly probeAddress?: string
}

export interface DatabaseCredsResult {
  readonly operation: 'database creds'
  readonly mount: string
  readonly role: string
  /** static: the password of a user that stays. */
  readonly type: 'dynamic' | 'static'
  /** What Vault gave, by its own names: mostly `username` and `password`. */
  readonly credential: Readonly<Record<string, Secret | Shown>>
  readonly savedTo?: string
  readonly leaseId?: string
  /** ISO 8601: when it ends, or, of a static role, when the password is changed next. */
  readonly livesUntil: string
  readonly proof?: Proof
  /** It lives on, since it was asked for; one of a static role always does. */
  readonly kept: boolean
  /** What could not be given back. */
  readonly left: readonly string[]
}

/**
 * Issues a credential of a database role, and gives it back unless it is asked for.
 * @throws IceError VAULT.notThere; VERIFY.credentialRefused, VERIFY.credentialOutlives; USAGE.secretNotSaved
 */
export function databaseCreds(options: DatabaseCredsOptions): Promise<DatabaseCredsResult> {
  return withStepSession(options, (session) => issue(options, session), true)
}

async function issue(options: DatabaseCredsOptions, session: StepSession): Promise<DatabaseCredsResult> {
  const { showSecret, secretOut, probeAddress, emit } = options
  const { mount, name: role } = mountAndName(options.target, 'ROLE')
  const isAskedFor = showSecret || secretOut !== undefined
  const vault = await session.vault()
  await requireMount(mount, 'database', vault)
  let lease: BorrowedLease | undefined
  let isHandedOver = false
  const attempt = (): Promise<Omit<DatabaseCredsResult, 'left'>> =>
    withSecretFile(secretOut, async (file) => {
      const found = await roleOf(mount, role, vault)
      const target = probeAddress === undefined ? undefined : await targetOf(mount, found, probeAddress, session)
      const isTried = probeAddress !== undefined
      session.stop.throwIfAborted()
      const { type, answer } = await credentialOf(mount, role, found.type, vault)
      if (answer.leaseId !== undefined) lease = borrowLease(answer.leaseId, vault)
      const seconds = type === 'static' ? Number(answer.data['ttl'] ?? 0) : (answer.leaseSeconds ?? 0)
      const livesUntil = new Date(Date.now() + seconds * 1000).toISOString()
      const proof = isTried
        ? await prove(target, answer.data, session.signal, isAskedFor ? undefined : lease)
        : undefined
      const secrets = secretsOf(answer.data)
      await file?.write(secrets)
      isHandedOver = isAskedFor
      return {
        operation: 'database creds',
        mount,
        role,
        type,
        credential: showSecret
          ? Object.fromEntries(Object.entries(secrets).map(([key, value]) => [key, new Shown(value)]))
          : secrets,
        ...(file && { savedTo: file.path }),
        ...(answer.leaseId !== undefined && { leaseId: answer.leaseId }),
        livesUntil,
        ...(proof && { proof }),
        kept: isAskedFor || type === 'static',
      }
    })
  const giveBack = async () => (isHandedOver || lease === undefined ? [] : lease.giveBack())
  const { value, left } = await givingBack(attempt, giveBack, emit)
  return { ...value, left }
}

interface Role {
  /** Undefined: the token may not read roles; the credential itself tells. */
  readonly type?: 'dynamic' | 'static'
  readonly connection?: string
}

async function roleOf(mount: string, name: string, vault: Vault): Promise<Role> {
  const read = (part: string) => orRefused(() => vault.read<{ db_name: string }>(path`${mount}/${part}/${name}`))
  const [dynamic, fixed] = await Promise.all([read('roles'), read('static-roles')])
  if (dynamic !== undefined && dynamic !== 'refused') return { type: 'dynamic', connection: dynamic.data.db_name }
  if (fixed !== undefined && fixed !== 'refused') return { type: 'static', connection: fixed.data.db_name }
  if (dynamic === 'refused' || fixed === 'refused') return {}
  const names = await Promise.all(
    ['roles', 'static-roles'].map((part) => orUndefined(() => vault.list(path`${mount}/${part}`))),
  )
  throw notThere(
    `The role ${name} of ${mount}`,
    name,
    names.flatMap((each) => each ?? []),
  )
}

async function orRefused<T>(call: () => Promise<T>): Promise<T | 'refused'> {
  try {
    return await call()
  } catch (error) {
    if (statusOf(error) === 403) return 'refused'
    throw error
  }
}

interface Credential {
  readonly type: 'dynamic' | 'static'
  readonly answer: VaultAnswer<SecretData>
}

/** Each read of a dynamic one makes a user, so it is sent once. */
async function credentialOf(mount: string, role: string, type: Role['type'], vault: Vault): Promise<Credential> {
  if (type !== 'static') {
    try {
      const answer = await vault.readSecret(path`${mount}/creds/${role}`, { repeatable: false })
      if (answer !== undefined) return { type: 'dynamic', answer }
    } catch (error) {
      // Of a role that may not be read it is not known which it is.
      if (type !== undefined || ![400, 403].includes(statusOf(error) ?? 0)) throw error
      const fixed = await orUndefined(() => vault.readSecret(path`${mount}/static-creds/${role}`))
      if (fixed === undefined) throw error
      return { type: 'static', answer: fixed }
    }
  }
  const answer = await vault.readSecret(path`${mount}/static-creds/${role}`)
  if (answer === undefined) throw notThere(`The role ${role} of ${mount}`, role, undefined)
  return { type: 'static', answer }
}

/** What is no text says nothing that is secret: times, mostly. */
function secretsOf(data: SecretData): Readonly<Record<string, Secret>> {
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, value]) =>
      value instanceof Secret && !PLAIN.includes(key) ? [[key, value] as const] : [],
    ),
  )
}

/** What Vault says of a static role beside its credential. */
const PLAIN: readonly string[] = ['last_vault_rotation', 'rotation_schedule']

/** Where the database is; undefined where this token may not read that. */
async function targetOf(
  mount: string,
  { connection }: Role,
  probeAddress: string,
  session: StepSession,
): Promise<Target | undefined> {
  if (connection === undefined) return undefined
  const io = await session.vaultIo()
  const live = await orUndefined(() => readConnection({ mount, name: connection }, io))
  if (live === undefined) return undefined
  const { plugin, url, tlsCA } = live
  return { plugin, probeAddress, ...(url !== undefined && { url }), ...(tlsCA !== undefined && { tlsCA }) }
}

async function prove(
  target: Target | undefined,
  issued: SecretData,
  signal: AbortSignal,
  lease: BorrowedLease | undefined,
): Promise<Proof> {
  if (target === undefined)
    return {
      verdict: 'skipped',
      detail: 'this token may not read the connection, so which database it is for is not known',
    }
  const proof = await proveCredential(target, issued, { signal, ...(lease && { lease }) })
  // Nothing is revoked of what is handed over.
  return lease === undefined && proof.verdict === 'passed' ? { verdict: 'passed', detail: 'logged in' } : proof
}
