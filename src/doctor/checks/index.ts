import type { AnyCheck } from '../contract.js'
import { clusterChecks } from './cluster.js'
import { mountChecks } from './mount.js'
import { consumerChecks } from './consumers.js'
import { pathChecks } from './path.js'
import { reviewerChecks } from './reviewer.js'
import { reviewerAccountChecks } from './reviewer-account.js'
import { reviewerReadsChecks } from './reviewer-reads.js'
import { reviewerRightsChecks } from './reviewer-rights.js'
import { engineChecks } from './engines.js'
import { podChecks } from './pod.js'
import { policyChecks } from './policy.js'
import { boundChecks } from './bound.js'
import { loginChecks } from './login.js'
import { roleChecks } from './role.js'
import { roleGrantChecks } from './role-grants.js'
import { tokenChecks } from './token.js'
import { scopeChecks } from './scope.js'
import { configChecks } from './config.js'
import { configTokenChecks } from './config-tokens.js'
import { vaultCareChecks } from './vault-care.js'
import { deniedChecks } from './denied.js'
import { vaultChecks } from './vault.js'

/** Every check there is. */
export const CHECKS: readonly AnyCheck[] = [
  ...vaultChecks,
  ...deniedChecks,
  ...vaultCareChecks,
  ...scopeChecks,
  ...clusterChecks,
  ...mountChecks,
  ...pathChecks,
  ...reviewerChecks,
  ...reviewerAccountChecks,
  ...reviewerRightsChecks,
  ...reviewerReadsChecks,
  ...configChecks,
  ...configTokenChecks,
  ...roleChecks,
  ...roleGrantChecks,
  ...boundChecks,
  ...tokenChecks,
  ...loginChecks,
  ...policyChecks,
  ...engineChecks,
  ...consumerChecks,
  ...podChecks,
]
