import type { authJwtConfigFields, AuthJwtConfigId } from './auth-jwt-config.js'
import { authJwtRoleFields, NAME_CLAIM, NAMESPACE_CLAIM } from './auth-jwt-role-fields.js'
import type { Json } from './contract.js'
import { NO_ARGUMENT, said, type Exports, type Sayings, type Unsaid } from './export.js'
import { apiBody, text, type Values } from './fields.js'
import { authMountAddress } from './mount-export.js'
import { roleBlock, roleEntry, type RoleId } from './role-drafts.js'
import { roleTokenSayings } from './role-token-fields.js'

const configSayings: Sayings<typeof authJwtConfigFields> = {
  oidcDiscoveryURL: true,
  oidcDiscoveryCAPEM: true,
  jwksURL: true,
  jwksCAPEM: true,
  jwtValidationPubkeys: true,
  boundIssuer: true,
  jwtSupportedAlgs: true,
  defaultRole: true,
  overrideAllowedServerNames: NO_ARGUMENT,
  unsupportedCriticalCertExtensions: NO_ARGUMENT,
}

/** In Terraform mount and config are one resource. */
export const authJwtConfigExport = (fields: typeof authJwtConfigFields): Exports<AuthJwtConfigId, Values> => ({
  terraform({ mount }, desired) {
    const { arguments: all, unsaid } = said(fields, desired, configSayings)
    const type = 'vault_jwt_auth_backend'
    return {
      parts: [{ sort: 'resource', type, name: [mount], arguments: all, joins: authMountAddress(mount) }],
      unsaid,
    }
  },
  bankVaults: ({ mount }, desired) => ({
    parts: [{ list: 'auth', mount, entry: { config: apiBody(fields, desired) } }],
  }),
})

const roleSayings: Sayings<typeof authJwtRoleFields> = {
  // Bound claims, which are said together.
  serviceAccounts: { cannot: '' },
  namespaces: { cannot: '' },
  boundClaims: { cannot: '' },
  boundAudiences: true,
  boundSubject: true,
  boundClaimsType: true,
  userClaim: true,
  userClaimJSONPointer: true,
  groupsClaim: true,
  claimMappings: true,
  clockSkewLeeway: true,
  expirationLeeway: true,
  notBeforeLeeway: true,
  maxAge: true,
  oidcScopes: true,
  allowedRedirectURIs: true,
  verboseOIDCLogging: true,
  tokenPoliciesTemplateClaims: NO_ARGUMENT,
  roleType: true,
  ...roleTokenSayings,
}

const CLAIMS = new Set(['serviceAccounts', 'namespaces', 'boundClaims'])

/** @param body what a write sends */
export const authJwtRoleExport = (
  body: (desired: Values) => Readonly<Record<string, Json>>,
): Exports<RoleId, Values> => ({
  terraform(id, desired) {
    const { arguments: all, unsaid } = said(authJwtRoleFields, desired, roleSayings)
    const claims = claimsOf({
      [NAME_CLAIM]: desired['serviceAccounts'] ?? [],
      [NAMESPACE_CLAIM]: desired['namespaces'] ?? [],
      ...(desired['boundClaims'] as object),
    })
    const others = unsaid.filter(({ field }) => !CLAIMS.has(field))
    return claims.unsaid.length > 0
      ? { parts: [], unsaid: [...others, ...claims.unsaid] }
      : { parts: [roleBlock('vault_jwt_auth_backend_role', id, { ...all, bound_claims: claims.said })], unsaid: others }
  },
  bankVaults: (id, desired) => ({ parts: [roleEntry(id, body(desired))] }),
})

/** The provider takes one text for each claim, with commas between values. */
function claimsOf(claims: Readonly<Record<string, Json>>): {
  readonly said: Readonly<Record<string, string>>
  readonly unsaid: readonly Unsaid[]
} {
  const isSayable = ([, value]: [string, Json]): boolean =>
    [value].flat().every((each) => typeof each === 'string' && !each.includes(',') && each.trim() === each)
  const entries = Object.entries(claims)
  return {
    said: Object.fromEntries(
      entries.filter(isSayable).map(([name, value]) => [name, [value].flat().map(text).join(',')]),
    ),
    unsaid: entries
      .filter((entry) => !isSayable(entry))
      .map(([name]) => ({
        field: `boundClaims.${name}`,
        why: 'the provider takes only text without commas, and without this claim the role would let more in, so it is left out',
      })),
  }
}
