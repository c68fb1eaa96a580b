import type { File } from '../config/file.js'
import { path } from '../vault/index.js'
import { vaultAddress, type Address } from './address.js'
import type { Draft } from './contract.js'
import { onMount, type BankVaultsPart, type TerraformBlock, type Value } from './export.js'
import type { Values } from './fields.js'
import { deleted } from './removal.js'

type Role = File['roles'][string]
type Method = File['clusters'][string]['auth']['method']

export interface RoleId {
  readonly mount: string
  readonly name: string
}

/** The roles of a file on its clusters with this auth method. */
export function* roleDrafts(
  file: File,
  method: Method,
  desired: (role: Role) => Values,
): Generator<Draft<RoleId, Values>> {
  for (const [name, role] of Object.entries(file.roles)) {
    for (const cluster of role.clusters ?? Object.keys(file.clusters)) {
      const auth = file.clusters[cluster]?.auth
      if (auth?.method !== method) continue
      yield {
        id: { mount: auth.path, name },
        desired: desired(role),
        after: [
          vaultAddress(`auth/${auth.path}/config`),
          ...(role.policies ?? []).map((policy): Address => vaultAddress(`sys/policies/acl/${policy}`)),
        ],
        within: vaultAddress(`sys/auth/${auth.path}`),
        from: ['roles', name],
      }
    }
  }
}

export const rolePath = ({ mount, name }: RoleId) => path`auth/${mount}/role/${name}`

export const roleRemoval = deleted(rolePath, {
  endsLogins: true,
  caution: ({ name }) => `tokens that role ${name} has given out live until they expire`,
})

/** A role as a block of Terraform's, with these arguments. */
export const roleBlock = (
  type: string,
  { mount, name }: RoleId,
  values: Readonly<Record<string, Value>>,
): TerraformBlock => ({
  sort: 'resource',
  type,
  name: [mount, name],
  arguments: { backend: onMount('auth', mount), role_name: name, ...values },
  importId: `auth/${mount}/role/${name}`,
})

/** A role in bank-vaults' file. */
export const roleEntry = ({ mount, name }: RoleId, body: Readonly<Record<string, Value>>): BankVaultsPart => ({
  list: 'auth',
  mount,
  under: ['roles'],
  entry: { name, ...body },
})
