import * as v from 'valibot'
import { path } from '../vault/index.js'
import { vaultAddress } from './address.js'
import { duration, nameOf } from './atoms.js'
import { credentialConfig, fromApi } from './database-credential.js'
import { databaseRoleExport } from './database-role-export.js'
import { desiredValues, entries, optional, required, type Fields } from './fields.js'
import { deleted, revokeCall, revokeLeases } from './removal.js'
import { vaultObject, widensWhenNew } from './vault-object.js'

const statements = v.array(v.string())

export const databaseRoleFields = {
  connection: required(nameOf('engines.*.connections'), 'db_name', {
    about: 'The connection of this engine that makes the users.',
  }),
  creation: optional(statements, 'creation_statements', {
    about: 'What makes a user, with {{name}}, {{password}} and {{expiration}}.',
    absent: [],
  }),
  revocation: optional(statements, 'revocation_statements', {
    about: 'What removes the user when its lease ends.',
    absent: [],
  }),
  rollback: optional(statements, 'rollback_statements', {
    about: 'What undoes a creation that failed on the way.',
    absent: [],
  }),
  renewal: optional(statements, 'renew_statements', {
    about: 'What prolongs the life of a user when its lease is renewed.',
    absent: [],
  }),
  defaultTTL: optional(duration, 'default_ttl', {
    about: 'How long a user lives; 0s: as the mount says.',
    absent: 0,
    unit: 'seconds',
  }),
  maxTTL: optional(duration, 'max_ttl', {
    about: 'How long its lease may be renewed; 0s: as the mount says.',
    absent: 0,
    unit: 'seconds',
  }),
  credentialType: optional(v.picklist(['password', 'rsa_private_key', 'client_certificate']), 'credential_type', {
    about: 'What the workload gets beside the name.',
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
        v.description(
          'What is refused unless it is meant. unquotedStatements: the creation statements quote by themselves.',
        ),
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
  about: 'Says how a user of the database is made for a workload that asks, what that user may do, and for how long.',
  sections: ['engines.database.roles'],
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
  listing: { path: (mount) => path`${mount}/roles`, id: (mount, name) => ({ mount, name }) },
  inFile: (section) =>
    unquoted((section['creation'] ?? []) as readonly string[])
      ? {
          section: { ...section, accept: ['unquotedStatements'] },
          remarks: [
            {
              at: ['accept'],
              text: 'unquotedStatements: the creation statements do not quote {{name}} and {{password}} as SQL needs it.',
            },
          ],
        }
      : {},
  export: databaseRoleExport(databaseRoleFields),
  stages: widensWhenNew,
  removal: deleted(({ mount, name }) => path`${mount}/roles/${name}`, {
    calls: ({ mount, name }) => [
      { api: 'vault', path: `${mount}/roles/${name}`, capabilities: ['delete'] },
      revokeCall(`${mount}/creds/${name}`),
    ],
    async remove({ mount, name }, _observed, io) {
      // Its revocation statements go with it, so its users go first.
      await revokeLeases(`${mount}/creds/${name}`, io)
      await io.vault.delete(path`${mount}/roles/${name}`)
      // Between the two somebody may have asked for one more.
      await revokeLeases(`${mount}/creds/${name}`, io)
    },
  }),
  cautions: ({ revocation }) =>
    Array.isArray(revocation) && revocation.length === 0
      ? ['it has no revocation statements: what the plug-in does by itself may leave users behind that own something']
      : [],
})
