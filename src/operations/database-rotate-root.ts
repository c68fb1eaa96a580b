import * as v from 'valibot'
import { APPLY, IceError, isIceError } from '../catalogue/index.js'
import { readBase } from '../config/index.js'
import type { Target } from '../database/index.js'
import type { Io } from '../kinds/contract.js'
import { databaseConnection } from '../kinds/database-connection.js'
import { databaseConnectionSchema } from '../kinds/database-connection-fields.js'
import { describeSource, Secret, type SecretSource } from '../secrets/index.js'
import { path } from '../vault/index.js'
import { requireConnection, type LiveConnection } from './database-connection.js'
import { withConnectionRecord } from './database-record.js'
import { provenAfter } from './database-root-proof.js'
import { checkUser, requireAlone, type UserCheck, type VaultUser } from './database-user.js'
import { requireMount } from './engine-mount.js'
import { withStepSession, type StepOptionsBase, type StepSession } from './step-session.js'
import { mountAndName } from './steps/target.js'

export interface DatabaseRotateRootOptions extends StepOptionsBase {
  /** MOUNT/CONNECTION */
  readonly target: string
  /** HOST:PORT where the database can be reached from here; default: the file's, or where Vault goes. */
  readonly probeAddress?: string
  /** As whom the user is looked up; default: Vault's own user. */
  readonly username?: SecretSource
  /** Default: the one that the file names. */
  readonly password?: SecretSource
  /** The role that proves afterwards that Vault still makes users; default: the first of the connection. */
  readonly role?: string
  /** What could not be looked at is known to be well. */
  readonly acceptUnchecked: boolean
  readonly dryRun: boolean
  /** Asks, once it is known that nothing speaks against it. */
  confirm(checks: readonly UserCheck[]): Promise<boolean>
}

export interface DatabaseRotateRootResult {
  readonly operation: 'database rotate-root'
  readonly address: string
  readonly mount: string
  readonly connection: string
  readonly plugin: string
  readonly username?: string
  readonly checks: readonly UserCheck[]
  readonly dryRun: boolean
  readonly rotated: boolean
  /** What was proven afterwards. */
  readonly proofs: readonly UserCheck[]
  readonly left: readonly string[]
}

/**
 * Has Vault give its own database user a new password, which then only Vault knows: so the user must be Vault's alone, and
 * no superuser. Proves afterwards that Vault still makes users. The record of a connection of ours is told before: no later
 * apply sends the old password.
 * @throws IceError APPLY.notVaultsAlone, APPLY.userNotChecked, APPLY.declined; VERIFY.rotationBroken
 */
export function databaseRotateRoot(options: DatabaseRotateRootOptions): Promise<DatabaseRotateRootResult> {
  return withStepSession(options, (session) => rotate(options, session), true)
}

async function rotate(options: DatabaseRotateRootOptions, session: StepSession): Promise<DatabaseRotateRootResult> {
  const { mount, name: connection } = mountAndName(options.target, 'CONNECTION')
  const io = await session.vaultIo()
  await requireMount(mount, 'database', io.vault)
  const live = await requireConnection({ mount, name: connection }, io)
  const said = await connectionOfFile(options, mount, connection)
  const user = await vaultUser(options, { mount, connection, live }, said, io)
  const checks = await checkUser(user, { io, signal: session.signal, mayReset: !options.dryRun })
  if (!options.dryRun) requireAlone(user, checks, options.acceptUnchecked)
  const result = {
    operation: 'database rotate-root',
    address: `vault:${mount}/config/${connection}`,
    mount,
    connection,
    plugin: live.plugin,
    ...(live.username !== undefined && { username: live.username }),
    checks,
    dryRun: options.dryRun,
  } as const
  if (options.dryRun) return { ...result, rotated: false, proofs: [], left: [] }
  if (!(await options.confirm(checks))) throw new IceError(APPLY.declined, { message: 'The password was not rotated.' })
  const id = { mount, name: connection }
  const observed = await databaseConnection.read(id, io)
  await withConnectionRecord(options, session, id, observed, async (record) => {
    session.stop.throwIfAborted()
    await record?.rotated(said?.password && describeSource(said.password))
    // Never repeated: a rotation whose answer was lost may have been done.
    await io.vault.write(path`${mount}/rotate-root/${connection}`, {})
  })
  const { value, left } = await provenAfter(user, { ...options, isOwn: options.username === undefined }, io)
  return { ...result, rotated: true, proofs: value, left }
}

/** As whom the user can be looked up, from flags first, then from the file. */
async function vaultUser(
  options: DatabaseRotateRootOptions,
  { mount, connection, live }: Pick<VaultUser, 'mount' | 'connection' | 'live'>,
  said: Said | undefined,
  io: Io,
): Promise<VaultUser> {
  const probeAddress = options.probeAddress ?? said?.probeAddress
  const target: Target = {
    plugin: live.plugin,
    ...(live.url !== undefined && { url: live.url }),
    ...(live.tlsCA !== undefined && { tlsCA: live.tlsCA }),
    ...(probeAddress !== undefined && { probeAddress }),
  }
  const login = await loginOf(options, live, said?.password, io)
  return { mount, connection, live, login, target }
}

type Said = v.InferOutput<typeof databaseConnectionSchema>

/** What the file says of this connection, if there is a file and it says something. */
async function connectionOfFile(
  options: DatabaseRotateRootOptions,
  mount: string,
  connection: string,
): Promise<Said | undefined> {
  const base = await readBase(options.file, options.fileMustExist === true)
  const at = ['engines', mount, 'connections', connection].reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    base?.value,
  )
  const parsed = v.safeParse(databaseConnectionSchema, at)
  return parsed.success ? parsed.output : undefined
}

async function loginOf(
  options: DatabaseRotateRootOptions,
  live: LiveConnection,
  ofFile: SecretSource | undefined,
  { secrets }: Io,
): Promise<VaultUser['login']> {
  const source = options.password ?? ofFile
  if (source === undefined || 'generate' in source)
    return { why: 'no password is named with which the user could be looked up (--password)' }
  const name = options.username ?? (live.username === undefined ? undefined : { literal: live.username })
  if (name === undefined) return { why: 'Vault does not show as whom it logs in' }
  try {
    const password = await secrets.resolve(source)
    return {
      username: await secrets.resolve(name),
      password: typeof password === 'string' ? new Secret(password) : password,
    }
  } catch (error) {
    // What a flag names must be there; of the file's it is enough to know why it is not.
    if (options.password !== undefined || !isIceError(error)) throw error
    return { why: `its password cannot be had: ${error.message}` }
  }
}
