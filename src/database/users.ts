import type { Client } from 'pg'
import type { Unseen } from './inspect.js'
import type { Credential, Target } from './prove.js'

/** Who may log in to a database, and who is logged in. */
export interface DatabaseUsers {
  /** Names of those that may log in. */
  readonly users: ReadonlySet<string>
  /** By process: as whom; null: a user that is gone, whose session goes on. */
  readonly sessions: ReadonlyMap<number, string | null>
}

/** Looks at the users of a PostgreSQL, logged in as one of them. Never rejects for what the database or the network does. */
export async function databaseUsers(
  target: Target,
  login: Credential,
  signal: AbortSignal,
): Promise<DatabaseUsers | Exclude<Unseen, 'missing'>> {
  const { withPostgresql } = await import('./postgresql.js')
  const looked = await withPostgresql(target, login, signal, usersOf)
  return typeof looked === 'object' && 'value' in looked ? looked.value : looked
}

async function usersOf(client: Client): Promise<DatabaseUsers> {
  const { rows: users } = await client.query<{ name: string }>(
    'SELECT rolname::text AS name FROM pg_roles WHERE rolcanlogin AND (rolvaliduntil IS NULL OR rolvaliduntil > now())',
  )
  // Everybody may see whose a session is, and little else of it; DROP ROLE does not end one.
  const { rows: sessions } = await client.query<{ pid: number; name: string | null }>(
    `SELECT a.pid, r.rolname::text AS name FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid
     WHERE a.usesysid IS NOT NULL AND a.pid <> pg_backend_pid()`,
  )
  return {
    users: new Set(users.map(({ name }) => name)),
    sessions: new Map(sessions.map(({ pid, name }) => [pid, name])),
  }
}
