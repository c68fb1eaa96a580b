import type { Capability } from '../policy/index.js'
import type { Policy, Stanza } from './model.js'

/**
 * The policy `default` as Vault 1.21 and OpenBao 2.7 ship it (vault/policy_store.go, `defaultPolicy`), both together. An
 * operator may have changed it: only a live Vault says what it is there.
 */
const SHIPPED: Readonly<Record<string, readonly Capability[]>> = {
  'auth/token/lookup-self': ['read'],
  'auth/token/renew-self': ['update'],
  'auth/token/revoke-self': ['update'],
  'sys/capabilities-self': ['update'],
  'identity/entity/id/{{identity.entity.id}}': ['read'],
  'identity/entity/name/{{identity.entity.name}}': ['read'],
  'sys/internal/ui/resultant-acl': ['read'],
  'sys/renew': ['update'],
  'sys/leases/renew': ['update'],
  'sys/leases/lookup': ['update'],
  'cubbyhole/*': ['create', 'read', 'update', 'delete', 'list'],
  'sys/wrapping/wrap': ['update'],
  'sys/wrapping/lookup': ['update'],
  'sys/wrapping/unwrap': ['update'],
  'sys/tools/hash': ['update'],
  'sys/tools/hash/*': ['update'],
  'sys/control-group/request': ['update'],
  'identity/oidc/provider/+/authorize': ['read', 'update'],
}

export const shippedDefault: Policy = {
  name: 'default',
  stanzas: Object.entries(SHIPPED).map(([path, capabilities]): Stanza => ({
    path,
    capabilities,
    sources: [{ text: `path ${JSON.stringify(path)}, as Vault ships it` }],
  })),
}
