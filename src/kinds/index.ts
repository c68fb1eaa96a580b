import { authConfig } from './auth-config.js'
import { authJwtConfig } from './auth-jwt-config.js'
import { authJwtRole } from './auth-jwt-role.js'
import { authMount } from './auth-mount.js'
import { authRole } from './auth-role.js'
import { clusterRoleBinding } from './cluster-role-binding.js'
import type { Kind } from './contract.js'
import { databaseConnection } from './database-connection.js'
import { databaseRole } from './database-role.js'
import { databaseStaticRole } from './database-static-role.js'
import { engineMount } from './engine-mount.js'
import { kvConfig } from './kv-config.js'
import { kvSecret } from './kv-secret.js'
import { namespace } from './namespace.js'
import { policy } from './policy.js'
import { reviewerSecret } from './reviewer-secret.js'
import { serviceAccount } from './service-account.js'
import { transitKey } from './transit-key.js'

/** Every kind of object, in the order in which a person would make them. */
export const KINDS: readonly Kind[] = [
  namespace,
  serviceAccount,
  reviewerSecret,
  clusterRoleBinding,
  authMount,
  authConfig,
  authJwtConfig,
  policy,
  engineMount,
  kvConfig,
  kvSecret,
  databaseConnection,
  databaseRole,
  databaseStaticRole,
  transitKey,
  authRole,
  authJwtRole,
]

export * from './contract.js'
