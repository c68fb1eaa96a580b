import { vaultAddress } from './address.js'
import type { Json } from './contract.js'
import type { databaseRoleFields } from './database-role.js'
import type { databaseStaticRoleFields } from './database-static-role.js'
import { onMount, Reference, said, type Exported, type Exports, type Sayings, type TerraformBlock } from './export.js'
import { apiBody, text, type Fields, type Values } from './fields.js'

interface RoleId {
  readonly mount: string
  readonly name: string
}

/** The connection by its resource, so that it is there before. */
const connectionOf = (mount: string) => ({
  as: 'db_name',
  value: (name: Json) => new Reference(vaultAddress(`${mount}/config/${text(name)}`), '.name', text(name)),
})

const terraform = <F extends Fields>(
  type: string,
  section: 'roles' | 'static-roles',
  { mount, name }: RoleId,
  { arguments: values, unsaid }: ReturnType<typeof said<F>>,
): Exported<TerraformBlock> => ({
  parts: [
    {
      sort: 'resource',
      type,
      name: [mount, name],
      arguments: { backend: onMount('mounts', mount), name, ...values },
      importId: `${mount}/${section}/${name}`,
    },
  ],
  unsaid,
})

const bankVaults =
  (section: 'roles' | 'static-roles', fields: Fields): Exports<RoleId, Values>['bankVaults'] =>
  ({ mount, name }, desired) => ({
    parts: [
      { list: 'secrets', mount, under: ['configuration', section], entry: { name, ...apiBody(fields, desired) } },
    ],
  })

export const databaseRoleExport = (fields: typeof databaseRoleFields): Exports<RoleId, Values> => ({
  terraform(id, desired) {
    const sayings: Sayings<typeof fields> = {
      connection: connectionOf(id.mount),
      creation: true,
      revocation: true,
      rollback: true,
      renewal: true,
      defaultTTL: true,
      maxTTL: true,
      credentialType: true,
      credentialConfig: true,
    }
    const values = said(fields, desired, sayings)
    // The provider wants it, also where the plug-in needs none.
    const all = { ...values, arguments: { creation_statements: [], ...values.arguments } }
    return terraform('vault_database_secret_backend_role', 'roles', id, all)
  },
  bankVaults: bankVaults('roles', fields),
})

export const databaseStaticRoleExport = (fields: typeof databaseStaticRoleFields): Exports<RoleId, Values> => ({
  terraform(id, desired) {
    const sayings: Sayings<typeof fields> = {
      connection: connectionOf(id.mount),
      username: true,
      rotationPeriod: true,
      rotationSchedule: true,
      rotationWindow: true,
      rotationStatements: true,
      credentialType: true,
      credentialConfig: true,
      skipImportRotation: true,
    }
    const type = 'vault_database_secret_backend_static_role'
    return terraform(type, 'static-roles', id, said(fields, desired, sayings))
  },
  bankVaults: bankVaults('static-roles', fields),
})
