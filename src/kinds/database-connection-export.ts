import { Variable, valueOf } from './command-line.js'
import type { Json } from './contract.js'
import type { ConnectionId, DesiredConnection } from './database-connection.js'
import { databaseConnectionFields } from './database-connection-fields.js'
import { Nested, onMount, said, Version, type Exports, type Sayings, type Value } from './export.js'
import { apiBody, text } from './fields.js'

const POOL = ['connection_url', 'max_open_connections', 'max_idle_connections', 'max_connection_lifetime']
const LOGIN = ['username', 'password_wo', 'password_wo_version', 'username_template']
const SQL = [...POOL, ...LOGIN]
const MYSQL = [...SQL, 'auth_type', 'service_account_json', 'tls_ca', 'tls_certificate_key']

/** Of each sort of database the provider's block and what it takes, by the plug-in that it is for (provider 5.8). */
const BLOCKS: Readonly<Record<string, { readonly block: string; readonly takes: readonly string[] }>> = {
  'postgresql-database-plugin': {
    block: 'postgresql',
    takes: [
      ...[...SQL, 'auth_type', 'service_account_json', 'disable_escaping', 'password_authentication', 'private_key'],
      ...['self_managed', 'tls_ca', 'tls_certificate'],
    ],
  },
  'mysql-database-plugin': { block: 'mysql', takes: MYSQL },
  'mysql-rds-database-plugin': { block: 'mysql_rds', takes: MYSQL },
  'mysql-aurora-database-plugin': { block: 'mysql_aurora', takes: MYSQL },
  'mysql-legacy-database-plugin': { block: 'mysql_legacy', takes: MYSQL },
  'mssql-database-plugin': { block: 'mssql', takes: [...SQL, 'contained_db', 'disable_escaping'] },
  'mongodb-database-plugin': { block: 'mongodb', takes: [...SQL, 'tls_ca', 'tls_certificate_key', 'write_concern'] },
  'redshift-database-plugin': { block: 'redshift', takes: [...SQL, 'disable_escaping'] },
  'hana-database-plugin': { block: 'hana', takes: [...SQL, 'disable_escaping'] },
  'snowflake-database-plugin': { block: 'snowflake', takes: SQL },
  'vault-plugin-database-oracle': {
    block: 'oracle',
    takes: [...SQL, 'disconnect_sessions', 'self_managed', 'split_statements'],
  },
}

/** Which names stand in the resource itself, whatever the database; the rest belongs into its block. */
const OUTSIDE = new Set([
  'plugin_name',
  'plugin_version',
  'allowed_roles',
  'root_rotation_statements',
  'password_policy',
])

const sayings: Sayings<typeof databaseConnectionFields> = {
  plugin: true,
  pluginVersion: true,
  url: true,
  allowedRoles: true,
  rootRotationStatements: true,
  passwordPolicy: true,
  usernameTemplate: true,
  maxOpenConnections: true,
  maxIdleConnections: true,
  maxConnectionLifetime: true,
  disableEscaping: true,
  passwordAuthentication: true,
  tlsCA: true,
  verifyConnection: true,
}

/** What an option holds that nobody may see must not stand in a file. */
const isSecret = (name: string): boolean => /passw|secret|private|token|credential|service_account|_key$/i.test(name)

export const databaseConnectionExport: Exports<ConnectionId, DesiredConnection> = {
  terraform({ mount, name }, desired) {
    const plugin = text(desired.values['plugin'])
    const known = BLOCKS[plugin]
    if (known === undefined) return { parts: [], unsaid: [{ field: 'plugin', why: `the provider knows no ${plugin}` }] }
    const { block, takes } = known
    const { username, password, values, options } = desired
    const { arguments: all } = said(databaseConnectionFields, values, sayings)
    const { verify_connection: verify, ...fields } = all
    const outside = Object.entries(fields).filter(([argument]) => OUTSIDE.has(argument))
    const wanted = Object.entries<Value>({
      ...Object.fromEntries(Object.entries(fields).filter(([argument]) => !OUTSIDE.has(argument))),
      ...(username !== undefined && { username: valueOf(username, [mount, name, 'username']) }),
      ...(password !== undefined && {
        password_wo: valueOf(password, [mount, name, 'password']),
        password_wo_version: new Version([mount, name, 'password', 'version']),
      }),
      ...optionsOf(mount, name, options),
    })
    const isTaken = ([argument]: readonly [string, Value]): boolean => takes.includes(argument)
    return {
      parts: [
        {
          sort: 'resource',
          type: 'vault_database_secret_backend_connection',
          name: [mount, name],
          arguments: {
            backend: onMount('mounts', mount),
            name,
            ...Object.fromEntries(outside),
            ...(verify !== undefined && { verify_connection: verify }),
            [block]: new Nested(Object.fromEntries(wanted.filter(isTaken))),
          },
          importId: `${mount}/config/${name}`,
          ...(password !== undefined && {
            ignores: [`${block}[0].password_wo_version`],
            comment: [
              'The password is sent when the connection is made. One that Vault has changed since never comes back:',
              'to send another, take the version out of ignore_changes and raise it.',
            ],
          }),
        },
      ],
      unsaid: wanted
        .filter((each) => !isTaken(each))
        .map(([argument]) => ({
          field: fieldOf(argument),
          why: `the provider has no argument for it in ${block}`,
        })),
    }
  },
  bankVaults({ mount, name }, desired) {
    const { username, password, values, options } = desired
    return {
      parts: [
        {
          list: 'secrets',
          mount,
          under: ['configuration', 'config'],
          entry: {
            name,
            ...apiBody(databaseConnectionFields, values),
            ...optionsOf(mount, name, options),
            ...(username !== undefined && { username: valueOf(username, [mount, name, 'username']) }),
            ...(password !== undefined && { password: valueOf(password, [mount, name, 'password']) }),
          },
        },
      ],
      ...(password !== undefined && {
        unsaid: [
          {
            field: 'password',
            why: 'bank-vaults writes it at every run, also over one that Vault has changed meanwhile',
          },
        ],
      }),
    }
  },
}

/** Other parameters of the plug-in; those that look like a secret are asked for. */
const optionsOf = (mount: string, name: string, options: Readonly<Record<string, Json>>): Record<string, Value> =>
  Object.fromEntries(
    Object.entries(options).map(([option, value]) => [
      option,
      isSecret(option) && typeof value === 'string' ? new Variable([mount, name, option]) : (value as Value),
    ]),
  )

/** The field of an argument, in the file's words. */
function fieldOf(argument: string): string {
  const field = Object.entries<{ readonly api: string }>(databaseConnectionFields).find(
    ([, { api }]) => api === argument,
  )
  if (argument === 'password_wo') return 'password'
  return field?.[0] ?? (argument === 'username' ? argument : `options.${argument}`)
}
