import * as v from 'valibot'
import { describeSource, secretSource, type SecretSource } from '../secrets/index.js'
import { path, type Payload } from '../vault/index.js'
import { vaultAddress } from './address.js'
import { duration } from './atoms.js'
import type { Change, Io, Json, Kind } from './contract.js'
import {
  apiBody,
  desiredValues,
  diffFields,
  entries,
  fingerprint,
  observedValues,
  optional,
  readable,
  required,
  type Fields,
  type Values,
} from './fields.js'
import { readAndWrite, sideways } from './vault-object.js'

/** The fields of DATABASE/config/NAME that every plug-in has, and those of the SQL plug-ins. */
export const databaseConnectionFields = {
  plugin: required(v.string(), 'plugin_name'),
  pluginVersion: optional(v.string(), 'plugin_version', { absent: '' }),
  url: optional(v.string(), 'connection_url', { absent: '' }),
  allowedRoles: optional(v.array(v.string()), 'allowed_roles', { absent: [], compare: 'set' }),
  rootRotationStatements: optional(v.array(v.string()), 'root_rotation_statements', { absent: [] }),
  passwordPolicy: optional(v.string(), 'password_policy', { absent: '' }),
  usernameTemplate: optional(v.string(), 'username_template'),
  maxOpenConnections: optional(v.pipe(v.number(), v.integer()), 'max_open_connections'),
  maxIdleConnections: optional(v.pipe(v.number(), v.integer()), 'max_idle_connections'),
  maxConnectionLifetime: optional(duration, 'max_connection_lifetime', { unit: 'seconds' }),
  disableEscaping: optional(v.boolean(), 'disable_escaping'),
  passwordAuthentication: optional(v.picklist(['password', 'scram-sha-256']), 'password_authentication'),
  tlsCA: optional(v.string(), 'tls_ca'),
  /** Not stored: said again with every write. */
  verifyConnection: optional(v.boolean(), 'verify_connection', { mode: 'writeOnly', absent: true }),
} as const satisfies Fields

/** What options must not say, since the fields say it; a password would also be no secret there. */
const KNOWN = new Set([
  ...Object.values(databaseConnectionFields).map(({ api }): string => api),
  'username',
  'password',
])
const knownOption = (options: object): string | undefined => Object.keys(options).find((name) => KNOWN.has(name))

export const databaseConnectionSchema = v.pipe(
  v.strictObject({
    ...entries(databaseConnectionFields),
    username: v.optional(secretSource),
    password: v.optional(secretSource),
    probeAddress: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^[^:/]+:\d+$|^\[[0-9a-f:]+\]:\d+$/i, 'expected HOST:PORT'),
        v.description('where verify reaches the database'),
      ),
    ),
    options: v.optional(
      v.pipe(
        v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.array(v.string())])),
        v.check(
          (options) => knownOption(options) === undefined,
          ({ input }) => `${knownOption(input as object) ?? ''} has a field of its own beside options`,
        ),
        v.description('any other parameter of the plug-in, under its API name'),
      ),
      {},
    ),
  }),
  v.forward(
    v.check(
      ({ url }) => url === undefined || !/\/\/[^/@{]*:[^@{]+@/.test(url),
      'holds a password: write {{username}} and {{password}} there, and the values beside it',
    ),
    ['url'],
  ),
)

export interface ConnectionId {
  readonly mount: string
  readonly name: string
}

export interface DesiredConnection {
  readonly values: Values
  readonly options: Readonly<Record<string, Json>>
  readonly username: SecretSource | undefined
  readonly password: SecretSource | undefined
}

export interface ObservedConnection {
  readonly values: Values
  /** All that the API shows of the connection, for the pass-through options. */
  readonly details: Readonly<Record<string, Json>>
  readonly username: string | undefined
}

interface ConnectionMark {
  readonly [key: string]: string
  readonly fingerprint: string
  /** Where the password came from, never what it is. */
  readonly password: string
}

/**
 * A database connection. A write merges, and the password cannot be read back: after the first write it is sent again only
 * where the file names another source for it, so that a password which was rotated meanwhile never comes back.
 */
export const databaseConnection: Kind<ConnectionId, DesiredConnection, ObservedConnection, ConnectionMark> = {
  kind: 'DatabaseConnection',
  title: 'database connection',
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

  diff(desired, observed, mark): Change[] {
    const changes = diffFields(databaseConnectionFields, desired.values, observed?.values)
    for (const [name, to] of Object.entries(desired.options)) {
      const from = observed?.details[name]
      // What the API does not show cannot be compared.
      if (observed === undefined || (from !== undefined && JSON.stringify(from) !== JSON.stringify(to)))
        changes.push({ field: `options.${name}`, from, to })
    }
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

  sources: (desired, observed, mark) => [
    ...(desired.username === undefined ? [] : [desired.username]),
    ...(desired.password !== undefined && sendsPassword(desired, observed, mark) ? [desired.password] : []),
  ],

  async write({ mount, name }, desired, observed, io, mark): Promise<ConnectionMark> {
    const credentials: Record<string, Payload> = {}
    if (desired.username !== undefined) credentials['username'] = await io.secrets.resolve(desired.username)
    if (desired.password !== undefined && sendsPassword(desired, observed, mark)) {
      credentials['password'] = await io.secrets.resolve(desired.password)
    }
    await io.vault.write(
      path`${mount}/config/${name}`,
      { ...apiBody(databaseConnectionFields, desired.values, observed?.values), ...desired.options, ...credentials },
      { repeatable: true },
    )
    return written(desired)
  },

  fits: (observed, mark) => fingerprint(readable(databaseConnectionFields, observed.values)) === mark.fingerprint,
  intended: (_id, desired) => written(desired),

  // Whether a password of another source was still sent is not known, so it is sent again.
  settled: (_observed, intent, last): ConnectionMark =>
    last === undefined || last.password === intent.password ? intent : { ...intent, password: '?' },
}

function written(desired: DesiredConnection): ConnectionMark {
  return {
    fingerprint: fingerprint(readable(databaseConnectionFields, desired.values)),
    password: desired.password === undefined ? '' : describeSource(desired.password),
  }
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
  return mark !== undefined && mark.password !== describeSource(desired.password)
}
