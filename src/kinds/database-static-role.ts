import * as v from 'valibot'
import { path } from '../vault/index.js'
import { vaultAddress } from './address.js'
import { duration, nameOf } from './atoms.js'
import { credentialConfig, fromApi } from './database-credential.js'
import { apiBody, desiredValues, entries, optional, required, type Fields } from './fields.js'
import { vaultObject, widensWhenNew } from './vault-object.js'

export const databaseStaticRoleFields = {
  connection: required(nameOf('engines.*.connections'), 'db_name'),
  username: required(v.pipe(v.string(), v.nonEmpty()), 'username', { mode: 'immutable' }),
  rotationPeriod: optional(duration, 'rotation_period', { unit: 'seconds' }),
  rotationSchedule: optional(v.string(), 'rotation_schedule', { notEverywhere: true }),
  rotationWindow: optional(duration, 'rotation_window', { unit: 'seconds', notEverywhere: true }),
  rotationStatements: optional(v.array(v.string()), 'rotation_statements', { absent: [] }),
  credentialType: optional(v.picklist(['password', 'rsa_private_key']), 'credential_type', { absent: 'password' }),
  credentialConfig,
} as const satisfies Fields

export const databaseStaticRoleSchema = v.pipe(
  v.strictObject(entries(databaseStaticRoleFields)),
  v.forward(
    v.check(
      (role) => (role.rotationPeriod === undefined) !== (role.rotationSchedule === undefined),
      'expected either rotationPeriod or rotationSchedule',
    ),
    ['rotationPeriod'],
  ),
)

/** A static role: a database user that stays, whose password Vault takes over and rotates. Creating it rotates at once. */
export const databaseStaticRole = vaultObject<{ mount: string; name: string }>({
  kind: 'DatabaseStaticRole',
  title: 'database static role',
  fields: databaseStaticRoleFields,
  path: ({ mount, name }) => path`${mount}/static-roles/${name}`,
  *expand(file) {
    for (const [mount, engine] of Object.entries(file.engines)) {
      if ('existing' in engine || engine.type !== 'database') continue
      for (const [name, role] of Object.entries(engine.staticRoles)) {
        yield {
          id: { mount, name },
          desired: desiredValues(databaseStaticRoleFields, role),
          after: [vaultAddress(`${mount}/config/${role.connection}`)],
          within: vaultAddress(`sys/mounts/${mount}`),
          from: ['engines', mount, 'staticRoles', name],
        }
      }
    }
  },
  fromApi,
  // A period and a schedule exclude each other: what the file does not have must not be sent, not even empty.
  body: (desired) => apiBody(databaseStaticRoleFields, desired),
  stages: widensWhenNew,
})
