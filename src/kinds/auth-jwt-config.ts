import { setTimeout as sleep } from 'node:timers/promises'
import * as v from 'valibot'
import { APPLY, IceError, isIceError, VAULT } from '../catalogue/index.js'
import { path } from '../vault/index.js'
import { vaultAddress } from './address.js'
import { nameOf } from './atoms.js'
import { authJwtConfigExport } from './auth-jwt-export.js'
import type { Kind } from './contract.js'
import { desiredValues, entries, optional, type Fields, type Values } from './fields.js'
import { rolesOf } from './removal.js'
import { bindingAddress, discoveryBindingName } from './reviewer.js'
import { sideways, vaultObject, type VaultMark } from './vault-object.js'

/**
 * How Vault comes to the public keys that sign the cluster's tokens. discovery: from the issuer, as its tokens name it.
 * jwks: from the API server. pinned: those that the cluster publishes now are written down.
 */
export const KEY_SOURCES = ['discovery', 'jwks', 'pinned'] as const

/** The cluster says it, not the file. */
const fromCluster = {
  oidcDiscoveryURL: optional(v.string(), 'oidc_discovery_url', {
    about: 'The issuer of the cluster’s tokens, where Vault asks it for the keys.',
    absent: '',
  }),
  oidcDiscoveryCAPEM: optional(v.string(), 'oidc_discovery_ca_pem', {
    about: 'The CA that signed the issuer’s certificate.',
    absent: '',
    compare: 'text',
  }),
  jwksURL: optional(v.string(), 'jwks_url', {
    about: 'Where the API server publishes the keys, where Vault asks it for them.',
    absent: '',
  }),
  jwksCAPEM: optional(v.string(), 'jwks_ca_pem', {
    about: 'The CA that signed the API server’s certificate.',
    absent: '',
    compare: 'text',
  }),
  jwtValidationPubkeys: optional(v.array(v.string()), 'jwt_validation_pubkeys', {
    about: 'The keys themselves, where they are pinned.',
    absent: [],
    compare: 'text',
  }),
} as const

const fromFile = {
  boundIssuer: optional(v.pipe(v.string(), v.nonEmpty()), 'bound_issuer', {
    about: 'The issuer that a token must name; default: the one that the cluster publishes.',
  }),
  jwtSupportedAlgs: optional(
    v.array(v.picklist(['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'EdDSA'])),
    'jwt_supported_algs',
    { about: 'The algorithms that may sign a token; default: all that the server knows.', absent: [], compare: 'set' },
  ),
  defaultRole: optional(nameOf('roles'), 'default_role', {
    about: 'The role of logins that name none.',
    absent: '',
  }),
  overrideAllowedServerNames: optional(v.array(v.string()), 'override_allowed_server_names', {
    about: 'Names that the certificate may have instead of the address’s; OpenBao only.',
    notEverywhere: true,
    compare: 'set',
  }),
  unsupportedCriticalCertExtensions: optional(v.array(v.string()), 'unsupported_critical_cert_extensions', {
    about: 'Critical extensions of the certificate to pass over, as OIDs; HashiCorp Vault only.',
    notEverywhere: true,
    compare: 'set',
  }),
} as const

/**
 * auth/MOUNT/config is replaced as a whole by every write. Not here: what only logins of people by browser need
 * (oidc_client_id and the like), and several issuers on one mount (jwks_pairs), since a mount is one cluster's.
 */
export const authJwtConfigFields = { ...fromCluster, ...fromFile } as const satisfies Fields

/** What `clusters.NAME.auth` may say of it. */
export const authJwtConfigEntries = entries(fromFile)

export interface AuthJwtConfigId {
  readonly mount: string
  readonly cluster: string
  /** The ClusterRoleBinding by which Vault may fetch the keys, where there is one. */
  readonly binding?: string
}

const object = vaultObject<AuthJwtConfigId>({
  kind: 'AuthJWTConfig',
  title: 'JWT auth config',
  about:
    'Tells Vault who issues the tokens of the cluster and by which public keys to know them: it checks a token by itself, and asks nobody.',
  sections: ['clusters.auth.jwt'],
  fields: authJwtConfigFields,
  path: ({ mount }) => path`auth/${mount}/config`,
  onlyUpdates: true,
  *expand(file, context) {
    for (const [name, { auth }] of Object.entries(file.clusters)) {
      const facts = context.clusters[name]
      if (auth.method !== 'jwt' || facts?.issuer === undefined) continue
      const { issuer, apiServer, ca } = facts
      const keys = {
        discovery: { oidcDiscoveryURL: apiServer, oidcDiscoveryCAPEM: ca },
        jwks: { jwksURL: `${apiServer}/openid/v1/jwks`, jwksCAPEM: ca },
        pinned: { jwtValidationPubkeys: issuer.keys },
      }[auth.keys]
      const binding = auth.anonymousDiscovery ? discoveryBindingName(file.name, name) : undefined
      yield {
        id: { mount: auth.path, cluster: name, ...(binding !== undefined && { binding }) },
        desired: desiredValues(authJwtConfigFields, { boundIssuer: issuer.url, ...auth, ...keys }),
        after: [
          vaultAddress(`sys/auth/${auth.path}`),
          ...(binding === undefined ? [] : [bindingAddress(name, binding)]),
        ],
        within: vaultAddress(`sys/auth/${auth.path}`),
        from: ['clusters', name, 'auth'],
      }
    }
  },
  // Which cluster's tokens are accepted changes as one.
  stages: sideways,
  export: authJwtConfigExport(authJwtConfigFields),
  removal: {
    endsLogins: true,
    // While somebody's role is on the mount, its logins need the keys.
    contents: ({ mount }, io) => rolesOf(mount, io),
    needs: ({ cluster, binding }) => (binding === undefined ? [] : [bindingAddress(cluster, binding)]),
    // It goes with its mount.
    calls: () => [],
    remove: () => Promise.resolve(),
  },
  cautions: ({ jwtValidationPubkeys }) => [
    'Vault does not ask the cluster about a token: one of an account, a pod or a Secret that was deleted logs in until it expires. Keep the lifetime of projected tokens short.',
    ...(isEmpty(jwtValidationPubkeys)
      ? []
      : ['The public keys are those of today: when the cluster signs with another, logins fail until the next apply.']),
  ],
})

const isEmpty = (value: Values[string]): boolean => !Array.isArray(value) || value.length === 0

const PATIENCE_MS = 5000

/** Checks tokens by the cluster's public keys. Vault fetches them once when it is told where, so a write proves the way. */
export const authJwtConfig: Kind<AuthJwtConfigId, Values, Values, VaultMark> = {
  ...object,
  // Where they are, and who signs there, is always said: by the cluster.
  keep: (desired, observed, said) => ({
    ...desired,
    ...object.keep?.(desired, observed, new Set([...said, ...Object.keys(fromCluster), 'boundIssuer'])),
  }),
  async write(id, desired, observed, io): Promise<VaultMark> {
    const deadline = Date.now() + PATIENCE_MS
    for (let pause = 100; ; pause = Math.min(pause * 2, 1000)) {
      try {
        return await object.write(id, desired, observed, io)
      } catch (error) {
        if (!isIceError(error) || error.code !== VAULT.badRequest.code || !/error checking/.test(error.message))
          throw error
        // The API server may not have heard yet that everybody may read the keys.
        if (Date.now() + pause > deadline) throw unreachable(id, error)
        await sleep(pause, undefined, { signal: io.signal })
      }
    }
  },
}

function unreachable({ mount, cluster }: AuthJwtConfigId, { details }: IceError): IceError {
  const said = details.evidence?.['said']
  return new IceError(APPLY.keysUnreachable, {
    message: `Vault cannot fetch the public keys of cluster ${cluster}: ${String(said)}.`,
    address: `vault:auth/${mount}/config`,
    evidence: { 'seen from': 'Vault' },
    from: ['clusters', cluster, 'auth', 'keys'],
  })
}
