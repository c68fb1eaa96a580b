import type { Client } from 'pg'
import { redact } from '../secrets/index.js'
import type { Credential, Login, Target } from './prove.js'

/** What a database says of one of its users. */
export interface UserFacts {
  /** Why it is as good as a superuser; undefined: it is none. */
  readonly superuser?: string
  /** So many objects it owns, in all databases. */
  readonly owned: number
  /** Who is logged in as it, besides us. */
  readonly sessions: readonly UserSession[]
  /** The database's clock when it was asked, milliseconds since 1970. */
  readonly now: number
}

export interface UserSession {
  /** `psql from 10.0.0.7` */
  readonly who: string
  /** The database's clock; undefined where this login may not see it. */
  readonly startedAt?: number
}

/** Why a user could not be looked up. */
export type Unseen = Exclude<Login, 'accepted'> | 'missing'

/** The only plug-in whose databases are looked into. */
export const INSPECTED = 'postgresql-database-plugin'

/** Administrators of managed databases, where nobody is a superuser. */
const ADMINISTRATORS = ['rds_superuser', 'cloudsqlsuperuser', 'alloydbsuperuser', 'azure_pg_admin', 'neon_superuser']

/** Looks a user of a PostgreSQL up, logged in as that user or another. Never rejects for what the database or the network does. */
export async function inspectUser(
  target: Target,
  login: Credential,
  user: string,
  signal: AbortSignal,
): Promise<UserFacts | Unseen> {
  const { APPLICATION, withPostgresql } = await import('./postgresql.js')
  const looked = await withPostgresql(target, login, signal, (client) => factsOf(client, user, APPLICATION))
  return typeof looked === 'object' && 'value' in looked ? (looked.value ?? 'missing') : looked
}

async function factsOf(client: Client, user: string, ours: string): Promise<UserFacts | undefined> {
  const { rows: roles } = await client.query<{ oid: string; rolsuper: boolean; administrators: string[]; now: string }>(
    `SELECT r.oid::text, r.rolsuper,
            ARRAY(SELECT a.rolname::text FROM pg_roles a
                  WHERE a.rolname = ANY($2) AND pg_has_role(r.oid, a.oid, 'member')) AS administrators,
            extract(epoch FROM clock_timestamp()) * 1000 AS now
     FROM pg_roles r WHERE r.rolname = $1`,
    [user, ADMINISTRATORS],
  )
  const [role] = roles
  if (role === undefined) return undefined
  // The shared catalogue knows of the objects in every database.
  const { rows: owned } = await client.query<{ count: string }>(
    `SELECT count(*) FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = $1 AND deptype = 'o'`,
    [role.oid],
  )
  const { rows: sessions } = await client.query<{ application: string; client: string; started: string | null }>(
    `SELECT coalesce(application_name, '') AS application, coalesce(host(client_addr), 'the same machine') AS client,
            extract(epoch FROM backend_start) * 1000 AS started
     FROM pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid() AND application_name IS DISTINCT FROM $2`,
    [user, ours],
  )
  const why = role.rolsuper ? 'a superuser' : role.administrators.map((name) => `a member of ${name}`)[0]
  return {
    ...(why !== undefined && { superuser: why }),
    owned: Number(owned[0]?.count),
    sessions: sessions.map(({ application, client: from, started }) => ({
      ...(started === null
        ? { who: 'a session that this login may not look at' }
        : {
            who: `${application === '' ? 'a program without a name' : redact(application)} from ${redact(from)}`,
            startedAt: Number(started),
          }),
    })),
    now: Number(role.now),
  }
}
