import * as v from 'valibot'
import { secretSource } from '../secrets/index.js'
import { duration } from './atoms.js'
import { entries, optional, required, type Fields } from './fields.js'

/** The fields of DATABASE/config/NAME that every plug-in has, and those of the SQL plug-ins. */
export const databaseConnectionFields = {
  plugin: required(v.string(), 'plugin_name', {
    about: 'The plug-in for this sort of database, such as postgresql-database-plugin.',
  }),
  pluginVersion: optional(v.string(), 'plugin_version', {
    about: 'Which version of the plug-in; empty: the one that is built in.',
    absent: '',
  }),
  url: optional(v.string(), 'connection_url', {
    about: 'Where the database is, with {{username}} and {{password}} for the values beside it.',
    absent: '',
  }),
  allowedRoles: optional(v.array(v.string()), 'allowed_roles', {
    about: 'The roles that may use this connection; default: those of this file that name it.',
    absent: [],
    compare: 'set',
  }),
  rootRotationStatements: optional(v.array(v.string()), 'root_rotation_statements', {
    about: 'How the password of this very user is changed; empty: as the plug-in does it.',
    absent: [],
  }),
  passwordPolicy: optional(v.string(), 'password_policy', {
    about: 'The password policy of Vault for the passwords that are made; empty: the usual one.',
    absent: '',
  }),
  usernameTemplate: optional(v.string(), 'username_template', { about: 'How the names of users are made.' }),
  maxOpenConnections: optional(v.pipe(v.number(), v.integer()), 'max_open_connections', {
    about: 'How many connections may be open at once.',
  }),
  maxIdleConnections: optional(v.pipe(v.number(), v.integer()), 'max_idle_connections', {
    about: 'How many of them may stay open without work.',
  }),
  maxConnectionLifetime: optional(duration, 'max_connection_lifetime', {
    about: 'How long a connection may stay open; 0s: for ever.',
    unit: 'seconds',
  }),
  disableEscaping: optional(v.boolean(), 'disable_escaping', {
    about: 'Put the username and the password into the URL as they are.',
  }),
  passwordAuthentication: optional(v.picklist(['password', 'scram-sha-256']), 'password_authentication', {
    about: 'scram-sha-256: the database gets a hash of a new password, not the password (PostgreSQL).',
  }),
  tlsCA: optional(v.string(), 'tls_ca', { about: 'The CA that signed the certificate of the database, as PEM.' }),
  /** Not stored: said again with every write. */
  verifyConnection: optional(v.boolean(), 'verify_connection', {
    about: 'Try the connection before it is stored.',
    mode: 'writeOnly',
    absent: true,
  }),
} as const satisfies Fields

/** What options must not say, since the fields say it; a password would also be no secret there. */
export const KNOWN_OPTIONS: ReadonlySet<string> = new Set([
  ...Object.values(databaseConnectionFields).map(({ api }): string => api),
  'username',
  'password',
])
const knownOption = (options: object): string | undefined =>
  Object.keys(options).find((name) => KNOWN_OPTIONS.has(name))

export const databaseConnectionSchema = v.pipe(
  v.strictObject({
    ...entries(databaseConnectionFields),
    username: v.optional(v.pipe(secretSource, v.description('As whom Vault logs in; mostly a literal.'))),
    password: v.optional(
      v.pipe(
        secretSource,
        v.description('The password, sent when the connection is made and when its source changes.'),
      ),
    ),
    probeAddress: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^[^:/]+:\d+$|^\[[0-9a-f:]+\]:\d+$/i, 'expected HOST:PORT'),
        v.description('HOST:PORT where verify reaches the database.'),
      ),
    ),
    options: v.optional(
      v.pipe(
        v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.array(v.string())])),
        v.check(
          (options) => knownOption(options) === undefined,
          ({ input }) => `${knownOption(input as object) ?? ''} has a field of its own beside options`,
        ),
        v.description('Any other parameter of the plug-in, under its API name.'),
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
