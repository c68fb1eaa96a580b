import { describeSource, type SecretSource } from '../secrets/index.js'
import { path, type Payload } from '../vault/index.js'
import { mapBounded } from '../http/limit.js'
import { vaultAddress, type Address } from './address.js'
import { valueOf, vaultWrite } from './command-line.js'
import { databaseConnectionFields, KNOWN_OPTIONS } from './database-connection-fields.js'
import { databaseConnectionExport } from './database-connection-export.js'
import { connectionInFile } from './database-connection-file.js'
import type { Change, Io, Json, Kind } from './contract.js'
import {
  apiBody,
  canonical,
  desiredValues,
  diffFields,
  emptied,
  fingerprint,
  keptValues,
  observedValues,
  readable,
  type Values,
} from './fields.js'
import { deleted } from './removal.js'
import { listed, readAndWrite, sideways } from './vault-object.js'

export interface ConnectionId {
  readonly mount: string
  readonly name: string
}

export interface DesiredConnection {
  readonly values: Values
  readonly options: Readonly<Record<string, Json>>
  /** Other options were not spoken of, so those that were set stay. */
  readonly keepsOptions?: true
  readonly username: SecretSource | undefined
  readonly password: SecretSource | undefined
}

export interface ObservedConnection {
  readonly values: Values
  /** All that the API shows of the connection, for the pass-through options. */
  readonly details: Readonly<Record<string, Json>>
  readonly username: string | undefined
}

export interface ConnectionMark {
  readonly [key: string]: string
  readonly fingerprint: string
  /** Where the password came from last, never what it is; or `ROTATED`. */
  readonly password: string
  /** The names of the options that were set, a line each. Not everything that the server shows was set by us. */
  readonly options: string
}

/** Vault has changed the password itself, and where the one before came from is not known: none is sent. */
export const ROTATED = 'rotated by Vault'

/**
 * A database connection. A write merges, and the password cannot be read back: after the first write it is sent again only
 * where the file names another source for it, so that a password which was rotated meanwhile never comes back.
 */
export const databaseConnection: Kind<ConnectionId, DesiredConnection, ObservedConnection, ConnectionMark> = {
  kind: 'DatabaseConnection',
  title: 'database connection',
  about: 'Tells Vault where a database is and as whom to log in there, so that it can make users and rotate passwords.',
  sections: ['engines.database.connections'],
  fields: {
    ...databaseConnectionFields,
    username: { api: 'username', mode: 'readWrite' },
    password: { api: 'password', mode: 'writeOnly' },
  },
  ownership: 'inventory',

  *expand(file) {
    for (const [mount, engine] of Object.entries(file.engines)) {
      if ('existing' in engine || engine.type !== 'database') continue
      for (const [name, connection] of Object.entries(engine.connections)) {
        const roles = [...Object.entries(engine.roles), ...Object.entries(engine.staticRoles)]
        const using = roles.filter(([, role]) => role.connection === name).map(([role]) => role)
        yield {
          id: { mount, name },
          desired: {
            values: {
              ...desiredValues(databaseConnectionFields, connection),
              allowedRoles: connection.allowedRoles ?? using,
            },
            options: connection.options,
            username: connection.username,
            password: connection.password,
          },
          after: [vaultAddress(`sys/mounts/${mount}`)],
          within: vaultAddress(`sys/mounts/${mount}`),
          from: ['engines', mount, 'connections', name],
        }
      }
    }
  },

  address: ({ mount, name }) => vaultAddress(`${mount}/config/${name}`),
  calls: ({ mount, name }) => readAndWrite(path`${mount}/config/${name}`),

  async read({ mount, name }, io: Io): Promise<ObservedConnection | undefined> {
    const answer = await io.vault.read<Record<string, Json>>(path`${mount}/config/${name}`)
    if (answer === undefined) return undefined
    const details = (answer.data['connection_details'] ?? {}) as Record<string, Json>
    const flat = {
      ...details,
      ...answer.data,
      root_rotation_statements: answer.data['root_credentials_rotate_statements'] ?? [],
    }
    const { username } = details
    return {
      values: observedValues(databaseConnectionFields, flat),
      details,
      username: typeof username === 'string' ? username : undefined,
    }
  },

  list: listed({ path: (mount) => path`${mount}/config`, id: (mount, name) => ({ mount, name }) }),
  toFile: connectionInFile,
  export: databaseConnectionExport,

  diff(desired, observed, mark): Change[] {
    const changes = diffFields(databaseConnectionFields, desired.values, observed?.values)
    for (const [name, to] of Object.entries(desired.options)) {
      const from = observed?.details[name]
      // What was set and is not shown cannot be compared.
      const differs = from === undefined ? !optionsOf(mark).includes(name) : canonical(from) !== canonical(to)
      if (observed === undefined || differs) changes.push({ field: `options.${name}`, from, to })
    }
    for (const [name, to] of Object.entries(droppedOptions(desired, observed, mark)))
      changes.push({ field: `options.${name}`, from: observed?.details[name], to })
    const { username } = desired
    if (username !== undefined && 'literal' in username && observed?.username !== username.literal) {
      changes.push({ field: 'username', from: observed?.username, to: username.literal })
    } else if (username !== undefined && observed === undefined) {
      changes.push({ field: 'username', from: undefined, to: '(secret)', why: describeSource(username) })
    }
    if (sendsPassword(desired, observed, mark)) {
      changes.push({
        field: 'password',
        from: observed && '(secret)',
        to: '(secret)',
        why: desired.password && describeSource(desired.password),
      } as Change)
    }
    return changes
  },

  stages: sideways,

  keep: (desired, { values }, said) => ({
    ...desired,
    keepsOptions: true,
    values: keptValues(databaseConnectionFields, desired.values, values, said),
  }),

  sources: (desired, observed, mark) => Object.values(credentialsOf(desired, observed, mark)),

  async write({ mount, name }, desired, observed, io, mark): Promise<ConnectionMark> {
    const credentials: Record<string, Payload> = {}
    for (const [field, source] of Object.entries(credentialsOf(desired, observed, mark)))
      credentials[field] = await io.secrets.resolve(source)
    const body = { ...bodyOf(desired, observed, mark), ...credentials }
    await io.vault.write(path`${mount}/config/${name}`, body, { repeatable: true })
    const now = written(desired, mark)
    return desired.keepsOptions && mark !== undefined ? withOptionsOf(mark, now) : now
  },

  commands({ mount, name }, desired, observed, programs, mark) {
    const credentials = Object.entries(credentialsOf(desired, observed, mark)).map(
      ([field, source]) => [field, valueOf(source, [mount, name, field])] as const,
    )
    const body = { ...bodyOf(desired, observed, mark), ...Object.fromEntries(credentials) }
    return [vaultWrite(programs, path`${mount}/config/${name}`, body)]
  },

  removal: deleted(({ mount, name }) => path`${mount}/config/${name}`, {
    contents: ({ mount, name }, io) => rolesUsing(mount, name, io),
    loses: (_observed, mark: ConnectionMark) =>
      mark.password === ROTATED ? 'the password of its database user, which only Vault knows,' : undefined,
  }),

  fits: (observed, mark) => fingerprint(readable(databaseConnectionFields, observed.values)) === mark.fingerprint,
  intended: (_id, desired) => written(desired),

  // Whether a password of another source was still sent is not known, so it is sent again; nor whether options were taken away.
  settled: (_observed, intent, last): ConnectionMark => {
    if (last === undefined) return intent
    const all = withOptionsOf(last, intent)
    if (intent.password === '') return { ...all, password: last.password }
    return last.password === intent.password ? all : { ...all, password: '?' }
  },
}

/** What a write sends, but for the credentials. */
function bodyOf(
  desired: DesiredConnection,
  observed: ObservedConnection | undefined,
  mark: ConnectionMark | undefined,
): Record<string, Json> {
  return {
    ...apiBody(databaseConnectionFields, desired.values, observed?.values),
    ...desired.options,
    ...droppedOptions(desired, observed, mark),
  }
}

/** The credentials that a write sends. */
function credentialsOf(
  desired: DesiredConnection,
  observed: ObservedConnection | undefined,
  mark: ConnectionMark | undefined,
): Readonly<Record<string, SecretSource>> {
  const { username, password } = desired
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && sendsPassword(desired, observed, mark) && { password }),
  }
}

/** Where no password is spoken of, the last one stays, and so does where it came from. */
function written({ values, password, options }: DesiredConnection, last?: ConnectionMark): ConnectionMark {
  return {
    fingerprint: fingerprint(readable(databaseConnectionFields, values)),
    password: password === undefined ? (last?.password ?? '') : describeSource(password),
    options: Object.keys(options).sort().join('\n'),
  }
}

/** Marks of earlier versions have none. */
const optionsOf = (mark: Readonly<Record<string, string>> | undefined): readonly string[] =>
  (mark?.['options'] ?? '').split('\n').filter((name) => name !== '')

function withOptionsOf(last: ConnectionMark, mark: ConnectionMark): ConnectionMark {
  const all = new Set([...optionsOf(last), ...optionsOf(mark)])
  return { ...mark, options: [...all].sort().join('\n') }
}

/**
 * The options that we set and the file no longer has, each with the empty value of its sort. A write merges, so none can be
 * taken away; null would be kept, but plug-ins refuse it where they want text (tls_certificate, seen on Vault 1.21.0).
 */
function droppedOptions(
  { options, keepsOptions }: DesiredConnection,
  observed: ObservedConnection | undefined,
  mark: ConnectionMark | undefined,
): Readonly<Record<string, Json>> {
  if (observed === undefined || keepsOptions) return {}
  const dropped = optionsOf(mark).filter((name) => !Object.hasOwn(options, name) && !KNOWN_OPTIONS.has(name))
  return Object.fromEntries(
    dropped.flatMap((name) => {
      // What the API does not show is text (a key, an account's JSON).
      const from = observed.details[name]
      const to = emptied(from ?? '')
      return from === null || (from !== undefined && canonical(from) === canonical(to)) ? [] : [[name, to]]
    }),
  )
}

function sendsPassword(
  desired: DesiredConnection,
  observed: ObservedConnection | undefined,
  mark: ConnectionMark | undefined,
): boolean {
  if (desired.password === undefined) return false
  if (observed === undefined) return true
  // Another user has another password.
  const { username } = desired
  if (username !== undefined && 'literal' in username && observed.username !== username.literal) return true
  return mark !== undefined && ![ROTATED, describeSource(desired.password)].includes(mark.password)
}

/** The roles of the engine that use a connection, whoever made them: without it their users could not be removed. */
async function rolesUsing(mount: string, connection: string, { vault }: Io): Promise<Address[]> {
  const found = await Promise.all(
    (['roles', 'static-roles'] as const).map(async (section) => {
      const names = await vault.list(path`${mount}/${section}`)
      return mapBounded(names, async (name) => {
        const role = await vault.read<{ db_name?: string }>(path`${mount}/${section}/${name}`)
        return role?.data.db_name === connection ? [vaultAddress(`${mount}/${section}/${name}`)] : []
      })
    }),
  )
  return found.flat(2)
}
