import type { AuthListResult } from './auth-list.js'
import type { AuthLoginResult } from './auth-login.js'
import type { AuthShowResult } from './auth-show.js'
import type { ClusterCaResult } from './cluster-ca.js'
import type { ClusterInspectResult } from './cluster-inspect.js'
import type { ReviewerShowResult } from './reviewer-show.js'
import type { ReviewerTokenResult } from './reviewer-token.js'
import type { RoleListResult } from './role-list.js'
import type { RoleShowResult } from './role-show.js'

export type RoleResult = RoleShowResult | RoleListResult
export type AuthResult = AuthShowResult | AuthListResult | AuthLoginResult
export type ReviewerResult = ReviewerShowResult | ReviewerTokenResult
export type ClusterResult = ClusterCaResult | ClusterInspectResult

/** What the steps came to that only look, or do one act. */
export type LookResult = RoleResult | AuthResult | ReviewerResult | ClusterResult
