import { IceError, USAGE } from '../catalogue/index.js'
import type { File } from '../config/file.js'
import { reviewerOf, type Reviewer } from '../kinds/reviewer.js'

type Auth = File['clusters'][string]['auth']

/**
 * The account with whose token Vault asks this cluster.
 * @throws IceError USAGE.wrongUsage where there is none
 */
export function theReviewer(cluster: string, auth: Auth): Reviewer {
  const reviewer = reviewerOf(auth)
  if (reviewer !== undefined) return reviewer
  throw new IceError(USAGE.wrongUsage, {
    message: `The cluster ${cluster} has no reviewer: ${withoutReviewer(auth)}.`,
    from: ['clusters', cluster, 'auth'],
  })
}

/** What happens instead, where there is none. */
export const withoutReviewer = ({ method }: Auth): string =>
  method === 'jwt'
    ? 'with method: jwt Vault checks tokens by itself'
    : 'with token: client each workload’s own token asks'
