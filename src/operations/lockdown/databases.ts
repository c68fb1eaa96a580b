import * as v from 'valibot'
import { isIceError } from '../../catalogue/index.js'
import { readBase } from '../../config/index.js'
import { databaseUsers, INSPECTED, type Credential, type DatabaseUsers, type Target } from '../../database/index.js'
import { mapBounded } from '../../http/limit.js'
import type { Io } from '../../kinds/contract.js'
import { databaseConnectionSchema } from '../../kinds/database-connection-fields.js'
import { Secret } from '../../secrets/index.js'
import { path, type Vault } from '../../vault/index.js'
import { readConnection } from '../database-connection.js'
import type { FileOptions } from '../options.js'
import { orUndefined } from '../step-shown.js'
import type { LockdownCheck } from './types.js'

/** A database in which leases stand for users. */
export interface Database {
  /** `postgres/main` */
  readonly name: string
  /** The paths that give its leases. */
  readonly paths: ReadonlySet<string>
  /** How to look; otherwise why nobody can. */
  readonly way: { readonly target: Target; readonly login: Credential } | Unasked
}

/** Why nobody looks. `meant`: nothing says how, so that the leases are all that can tell. */
interface Unasked {
  readonly why: string
  readonly meant?: true
}

/** The databases behind leases. Looks at Vault and at the file, not at the databases. */
export async function databasesOf(leasePaths: Iterable<string>, options: FileOptions, io: Io): Promise<Database[]> {
  const placed = await mapBounded(new Set(leasePaths), async (leasePath) => {
    const [, mount, role] = /^(.+)\/creds\/([^/]+)$/.exec(leasePath) ?? []
    if (mount === undefined || role === undefined) return []
    const connection = await connectionOf(mount, role, io.vault)
    return connection === undefined ? [] : [{ leasePath, mount, connection }]
  })
  const groups = Map.groupBy(placed.flat(), ({ mount, connection }) => `${mount}/${connection}`)
  return Promise.all(
    [...groups].map(async ([name, [first, ...others]]) => {
      const { mount = '', connection = '' } = first ?? {}
      const paths = new Set([first, ...others].flatMap((each) => each?.leasePath ?? []))
      return { name, paths, way: await wayTo(mount, connection, options, io) }
    }),
  )
}

async function connectionOf(mount: string, role: string, vault: Vault): Promise<string | undefined> {
  const answer = await orUndefined(() => vault.read<{ db_name?: string }>(path`${mount}/roles/${role}`))
  return answer?.data.db_name
}

/** As the file's connection has it: only there stands a password. Nobody is asked for one in the middle of this. */
async function wayTo(mount: string, connection: string, options: FileOptions, io: Io): Promise<Database['way']> {
  const live = await orUndefined(() => readConnection({ mount, name: connection }, io))
  if (live === undefined) return { why: 'this token may not read its connection', meant: true }
  if (live.plugin !== INSPECTED) return { why: `icebreaker does not speak to databases of ${live.plugin}`, meant: true }
  const said = await connectionOfFile(mount, connection, options)
  const source = said?.password
  if (source === undefined || 'generate' in source || 'prompt' in source || live.username === undefined)
    return { why: 'the file gives no login for it', meant: true }
  try {
    const password = await io.secrets.resolve(source)
    const target: Target = {
      plugin: live.plugin,
      ...(live.url !== undefined && { url: live.url }),
      ...(live.tlsCA !== undefined && { tlsCA: live.tlsCA }),
      ...(said?.probeAddress !== undefined && { probeAddress: said.probeAddress }),
    }
    const login = {
      username: live.username,
      password: typeof password === 'string' ? new Secret(password) : password,
    }
    return { target, login }
  } catch (error) {
    if (!isIceError(error)) throw error
    return { why: error.message.replace(/\.$/, '') }
  }
}

async function connectionOfFile(mount: string, connection: string, { file, fileMustExist }: FileOptions) {
  const base = await readBase(file, fileMustExist === true)
  const at = ['engines', mount, 'connections', connection].reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    base?.value,
  )
  const parsed = v.safeParse(databaseConnectionSchema, at)
  return parsed.success ? parsed.output : undefined
}

/** Who may log in to it now; otherwise why that cannot be seen. */
export async function usersOf({ way }: Database, signal: AbortSignal): Promise<DatabaseUsers | Unasked> {
  if ('why' in way) return way
  const looked = await databaseUsers(way.target, way.login, signal)
  if (looked === 'refused') return { why: 'the database refuses the login that the file names' }
  return 'untried' in looked ? { why: looked.untried } : looked
}

/**
 * Compares who could log in before and after.
 * @param gone how many of its leases are gone
 */
export function usersGone(
  { name }: Database,
  before: DatabaseUsers | Unasked,
  after: DatabaseUsers | Unasked,
  gone: number,
): LockdownCheck[] {
  const check = `users of ${name}`
  const [unseen] = [before, after].filter((each) => 'why' in each)
  if (unseen !== undefined) {
    const verdict = unseen.meant === true ? 'passed' : 'skipped'
    return [{ check, verdict, detail: `${leasesText(gone)} in Vault; the database was not asked, since ${unseen.why}` }]
  }
  const [then, now] = [before, after] as [DatabaseUsers, DatabaseUsers]
  const lost = new Set([...then.users].filter((user) => !now.users.has(user)))
  const users: LockdownCheck =
    lost.size >= gone
      ? { check, verdict: 'passed', detail: lost.size === 0 ? 'it had none of them' : `gone: ${[...lost].join(', ')}` }
      : {
          check,
          verdict: 'failed',
          detail: `${leasesText(gone)}, but only ${lost.size} of its users can log in no more`,
        }
  const open = [...now.sessions].filter(([pid, user]) => {
    const was = then.sessions.get(pid)
    return user === null ? was !== null : lost.has(user)
  })
  const pids = open.map(([pid]) => pid)
  const sessions: LockdownCheck =
    pids.length === 0
      ? { check: `sessions in ${name}`, verdict: 'passed', detail: 'none of theirs is open' }
      : {
          check: `sessions in ${name}`,
          verdict: 'failed',
          detail: `open ones go on though the user is gone; to end them: ${pids.map((pid) => `SELECT pg_terminate_backend(${pid})`).join('; ')}`,
        }
  return [users, ...(lost.size + pids.length === 0 ? [] : [sessions])]
}

const leasesText = (gone: number): string => (gone === 1 ? '1 lease is gone' : `${gone} leases are gone`)
