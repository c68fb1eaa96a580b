import * as v from 'valibot'
import { path } from '../vault/index.js'
import { vaultAddress } from './address.js'
import { duration, nameOf } from './atoms.js'
import { credentialConfig, fromApi } from './database-credential.js'
import { desiredValues, entries, optional, required, type Fields } from './fields.js'
import { vaultObject, widensWhenNew } from './vault-object.js'

const statements = v.array(v.string())

export const databaseRoleFields = {
  connection: required(nameOf('engines.*.connections'), 'db_name'),
  creation: optional(statements, 'creation_statements', { absent: [] }),
  revocation: optional(statements, 'revocation_statements', { absent: [] }),
  rollback: optional(statements, 'rollback_statements', { absent: [] }),
  renewal: optional(statements, 'renew_statements', { absent: [] }),
  defaultTTL: optional(duration, 'default_ttl', { absent: 0, unit: 'seconds' }),
  maxTTL: optional(duration, 'max_ttl', { absent: 0, unit: 'seconds' }),
  credentialType: optional(v.picklist(['password', 'rsa_private_key', 'client_certificate']), 'credential_type', {
    absent: 'password',
  }),
  credentialConfig,
} as const satisfies Fields

/** Vault puts the values in by plain replacement, so the statements must do the quoting. */
function unquoted(creation: readonly string[]): boolean {
  const text = creation.join('\n')
  const bareName = /(?<!")\{\{(?:name|username)\}\}|\{\{(?:name|username)\}\}(?!")/.test(text.replace(/'[^']*'/g, ''))
  const barePassword = /(?<!')\{\{password\}\}|\{\{password\}\}(?!')/.test(text)
  return bareName || barePassword
}

export const databaseRoleSchema = v.pipe(
  v.strictObject({
    ...entries(databaseRoleFields),
    accept: v.optional(
      v.pipe(
        v.array(v.picklist(['unquotedStatements'])),
        v.description('unquotedStatements: the creation statements quote by themselves.'),
      ),
      [],
    ),
  }),
  v.forward(
    v.check(
      (role) => role.accept.includes('unquotedStatements') || !unquoted(role.creation ?? []),
      `expected "{{name}}" in double and '{{password}}' in single quotes: Vault fills them in without quoting. If that is meant, say accept: [unquotedStatements]`,
    ),
    ['creation'],
  ),
)

/** A database role: users that Vault makes for the asking and removes when their lease ends. */
export const databaseRole = vaultObject<{ mount: string; name: string }>({
  kind: 'DatabaseRole',
  title: 'database role',
  fields: databaseRoleFields,
  path: ({ mount, name }) => path`${mount}/roles/${name}`,
  *expand(file) {
    for (const [mount, engine] of Object.entries(file.engines)) {
      if ('existing' in engine || engine.type !== 'database') continue
      for (const [name, role] of Object.entries(engine.roles)) {
        yield {
          id: { mount, name },
          desired: desiredValues(databaseRoleFields, role),
          after: [vaultAddress(`${mount}/config/${role.connection}`)],
          within: vaultAddress(`sys/mounts/${mount}`),
          from: ['engines', mount, 'roles', name],
        }
      }
    }
  },
  fromApi,
  stages: widensWhenNew,
  cautions: ({ revocation }) =>
    Array.isArray(revocation) && revocation.length === 0
      ? ['it has no revocation statements: what the plug-in does by itself may leave users behind that own something']
      : [],
})
