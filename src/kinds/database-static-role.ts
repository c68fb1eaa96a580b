import * as v from 'valibot'
import { IceError, VAULT } from '../catalogue/index.js'
import { path, statusOf, type VaultPath } from '../vault/index.js'
import { vaultAddress } from './address.js'
import { duration, nameOf } from './atoms.js'
import type { Io } from './contract.js'
import { credentialConfig, fromApi } from './database-credential.js'
import { databaseStaticRoleExport } from './database-role-export.js'
import { apiBody, desiredValues, entries, keptValues, optional, required, type Fields } from './fields.js'
import { deleted } from './removal.js'
import { vaultObject, widensWhenNew } from './vault-object.js'

export const databaseStaticRoleFields = {
  connection: required(nameOf('engines.*.connections'), 'db_name', {
    about: 'The connection of this engine that changes the password.',
  }),
  username: required(v.pipe(v.string(), v.nonEmpty()), 'username', {
    about: 'The user of the database; Vault takes over its password at once.',
    mode: 'immutable',
  }),
  rotationPeriod: optional(duration, 'rotation_period', {
    about: 'How often the password is changed.',
    unit: 'seconds',
  }),
  rotationSchedule: optional(v.string(), 'rotation_schedule', {
    about: 'When it is changed instead, as in cron; HashiCorp Vault only.',
    notEverywhere: true,
  }),
  rotationWindow: optional(duration, 'rotation_window', {
    about: 'How long after that time a change that was missed may still be made.',
    unit: 'seconds',
    notEverywhere: true,
  }),
  rotationStatements: optional(v.array(v.string()), 'rotation_statements', {
    about: 'What changes the password; empty: as the plug-in does it.',
    absent: [],
  }),
  credentialType: optional(v.picklist(['password', 'rsa_private_key']), 'credential_type', {
    about: 'What is rotated.',
    absent: 'password',
  }),
  credentialConfig,
  skipImportRotation: optional(v.boolean(), 'skip_import_rotation', {
    about: 'Leave the password as it is until the first rotation; Vault Enterprise only.',
    mode: 'createOnly',
    notEverywhere: true,
  }),
} as const satisfies Fields

const { skipImportRotation: _atImport, ...afterImport } = databaseStaticRoleFields

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

const whole = vaultObject<{ mount: string; name: string }>({
  kind: 'DatabaseStaticRole',
  title: 'database static role',
  about:
    'Hands a user that the database has already to Vault, which rotates its password and gives it to workloads that ask.',
  sections: ['engines.database.staticRoles'],
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
  body: (desired, observed) => apiBody(observed === undefined ? databaseStaticRoleFields : afterImport, desired),
  async prove({ mount, name }, desired, io) {
    if (desired['skipImportRotation'] === true) await proveSkipsRotation(path`${mount}/static-roles/${name}`, io)
  },
  export: databaseStaticRoleExport(databaseStaticRoleFields),
  stages: widensWhenNew,
  listing: { path: (mount) => path`${mount}/static-roles`, id: (mount, name) => ({ mount, name }) },
  shows: ['last_vault_rotation', 'next_vault_rotation', 'ttl'],
  removal: deleted(({ mount, name }) => path`${mount}/static-roles/${name}`, {
    caution: ({ name }) => `the database user of ${name} stays, with the last password that Vault gave it`,
  }),
})

/** A static role: a database user that stays, whose password Vault takes over and rotates; mostly as soon as it is created. */
export const databaseStaticRole: typeof whole = {
  ...whole,
  // Saying one of them takes the other away.
  keep(desired, observed, said) {
    const kept = keptValues(databaseStaticRoleFields, desired, observed, said)
    if (said.has('rotationSchedule')) return { ...kept, rotationPeriod: undefined }
    return said.has('rotationPeriod') ? { ...kept, rotationSchedule: undefined, rotationWindow: undefined } : kept
  },
}

/**
 * A server that does not know `skip_import_rotation` says nothing and changes the password. So it is asked before, by a
 * write that holds only that field, and no truth value: nothing can be made of it, and a server that knows the field
 * names it in its refusal. (Vault 1.21.0 and OpenBao 2.7.2 do not; hashicorp/vault#30610.)
 * @throws IceError VAULT.ignoredParameters
 */
async function proveSkipsRotation(at: VaultPath, { vault }: Io): Promise<void> {
  if ((await vault.read(at)) !== undefined) return
  try {
    await vault.write(at, { skip_import_rotation: '?' }, { repeatable: true })
  } catch (error) {
    if (statusOf(error) !== 400) throw error
    if (error instanceof Error && error.message.includes('skip_import_rotation')) return
  }
  throw new IceError(VAULT.ignoredParameters, {
    message: `Vault does not know skip_import_rotation: it would change the password at once, so ${at.text} was not made.`,
    evidence: { parameters: 'skip_import_rotation' },
    next: ['Take skipImportRotation out of the file when the password may change, or import the user later.'],
  })
}
