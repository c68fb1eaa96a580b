import type { File } from '../config/file.js'
import { path } from '../vault/index.js'
import { vaultAddress, type Address } from './address.js'
import type { Draft } from './contract.js'
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
