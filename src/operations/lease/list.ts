import { withStepSession } from '../step-session.js'
import type { FoundLease } from './leases.js'
import { found, type LeaseOptions, type LeaseScope } from './scope.js'
import type { FoundToken } from './tokens.js'

/** A login, with the tokens that the same identity has made; of several logins nothing tells which one made them. */
export interface TokenTree {
  readonly token: FoundToken
  readonly children: readonly FoundToken[]
}

export interface LeaseListResult {
  readonly operation: 'lease list'
  readonly scope: LeaseScope
  readonly tokens: readonly TokenTree[]
  readonly leases: readonly FoundLease[]
  /** The leases may hang on these tokens: Vault does not say whose a lease is. */
  readonly maybe: boolean
}

/** Tokens of logins and what hangs below them. @throws IceError USAGE.wrongUsage; VAULT.notThere */
export function leaseList(options: LeaseOptions): Promise<LeaseListResult> {
  return withStepSession(options, async (session) => {
    const { scope, held, leases, maybe } = await found(options, session)
    const children = Map.groupBy(held?.children ?? [], ({ entityId = '' }) => entityId)
    // Under the first login of an identity, once.
    const tokens = [...(held?.logins ?? [])]
      .sort((a, b) => (a.issuedAt < b.issuedAt ? -1 : 1))
      .map((token): TokenTree => {
        const own = children.get(token.entityId ?? '') ?? []
        children.delete(token.entityId ?? '')
        return { token, children: own }
      })
    return { operation: 'lease list', scope, tokens, leases, maybe }
  })
}
