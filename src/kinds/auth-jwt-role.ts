import type { File } from '../config/file.js'
import { authJwtRoleExport } from './auth-jwt-export.js'
import { authJwtRoleFields, NAME_CLAIM, NAMESPACE_CLAIM, UID_CLAIM } from './auth-jwt-role-fields.js'
import type { Json } from './contract.js'
import { apiBody, desiredValues, type Values } from './fields.js'
import { roleDrafts, rolePath, roleRemoval, type RoleId } from './role-drafts.js'
import { lockReason } from './role-lock.js'
import { roleStages } from './role-stages.js'
import { vaultObject } from './vault-object.js'

type Role = File['roles'][string]

/** As the method `kubernetes` names them, so that templates of policies fit both. */
const METADATA = {
  [NAME_CLAIM]: 'service_account_name',
  [NAMESPACE_CLAIM]: 'service_account_namespace',
  [UID_CLAIM]: 'service_account_uid',
}

const { serviceAccounts: ACCOUNTS, namespaces: NAMESPACES } = authJwtRoleFields

/** Which service accounts may log in on a mount of the method `jwt`, and what they get. */
export const authJwtRole = vaultObject<RoleId>({
  kind: 'AuthJWTRole',
  title: 'JWT role',
  about:
    'Says which service accounts in which namespaces may log in on an auth mount of the method `jwt`, by the claims of their tokens, and which policies they get.',
  sections: ['roles.jwt'],
  fields: authJwtRoleFields,
  path: rolePath,
  *expand(file) {
    yield* roleDrafts(file, 'jwt', desiredRole)
  },
  body,
  export: authJwtRoleExport(body),
  fromApi(data) {
    const { [NAME_CLAIM]: accounts, [NAMESPACE_CLAIM]: namespaces, ...others } = (data['bound_claims'] ?? {}) as Claims
    return {
      ...data,
      bound_claims: others,
      [ACCOUNTS.api]: [accounts ?? []].flat(),
      [NAMESPACES.api]: [namespaces ?? []].flat(),
    }
  },
  stages: roleStages(authJwtRoleFields),
  locked: lockReason,
  removal: roleRemoval,
})

function body(desired: Values, observed?: Values): Record<string, Json> {
  const {
    [ACCOUNTS.api]: accounts = [],
    [NAMESPACES.api]: namespaces = [],
    bound_claims: others,
    ...rest
  } = apiBody(authJwtRoleFields, desired, observed)
  const claims = { ...(others as object), [NAME_CLAIM]: accounts, [NAMESPACE_CLAIM]: namespaces }
  return { ...rest, bound_claims: claims }
}

type Claims = Readonly<Record<string, Json>>

function desiredRole({ jwt = {}, audience, aliasNameSource, ...role }: Role): Values {
  const { boundAudiences = [], userClaim = aliasNameSource === 'serviceaccount_name' ? 'sub' : UID_CLAIM } = jwt
  const isGlob = [...role.serviceAccounts, ...(role.namespaces ?? [])].some((name) => name.includes('*'))
  return desiredValues(authJwtRoleFields, {
    ...role,
    claimMappings: METADATA,
    ...(isGlob && { boundClaimsType: 'glob' }),
    ...jwt,
    boundAudiences: [...new Set([...(audience === undefined ? [] : [audience]), ...boundAudiences])],
    userClaim,
    userClaimJSONPointer: jwt.userClaimJSONPointer ?? userClaim.startsWith('/'),
    roleType: 'jwt',
  })
}
