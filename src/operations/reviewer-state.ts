import { EXIT, isIceError } from '../catalogue/index.js'
import { ownerOf } from '../kinds/kubernetes-object.js'
import { AUTH_DELEGATOR, bindingName, tokenSecretName, type Reviewer } from '../kinds/reviewer.js'
import { findTokenSecret } from '../kinds/reviewer-secret.js'
import { claimsOf, refs, type Cluster, type KubernetesObject, type TokenClaims } from '../kubernetes/index.js'
import type { Secret } from '../secrets/index.js'

/** An object that the reviewer is made of. */
export interface ReviewerPart {
  readonly name: string
  readonly exists: boolean
  /** Why it is not known whether it is there. */
  readonly unknown?: string
  /** The name of the file that made it; undefined where this tool did not. */
  readonly owner?: string
  readonly createdAt?: string
}

export interface ReviewerTokenSecret extends ReviewerPart {
  /** The token controller has put a token into it. */
  readonly filled: boolean
  /** It is of another type, or of another account: it never will be. */
  readonly wrong?: string
  /** Kubernetes has marked its token as unused, and ends it. */
  readonly invalidSince?: string
  readonly claims?: TokenClaims
}

/** What stands in the cluster of a reviewer. No token is in it. */
export interface ReviewerState {
  readonly namespace: string
  readonly serviceAccount: string
  /** How Vault is to get its token. */
  readonly mode: Reviewer['token']
  readonly account: ReviewerPart
  readonly binding: ReviewerPart
  /** Whether it may ask about tokens, by whatever binding; undefined where that could not be asked. */
  readonly mayReview?: boolean
  /** Its long-lived token; only mode `secret` needs it. */
  readonly secret: ReviewerTokenSecret
  /** What lacks, for people; the empty list: it is ready. */
  readonly missing: readonly string[]
}

const TOKEN_TYPE = 'kubernetes.io/service-account-token'
const OF_ACCOUNT = 'kubernetes.io/service-account.name'
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since'

/** Looks at all that a reviewer is made of. What may not be read is said to be unknown. */
export async function reviewerState(cluster: Cluster, reviewer: Reviewer): Promise<ReviewerState> {
  const { namespace, serviceAccount, token: mode } = reviewer
  const [account, binding, mayReview, secret] = await Promise.all([
    partOf(serviceAccount, cluster.get(refs.serviceAccount(namespace, serviceAccount))),
    partOf(bindingName(reviewer), cluster.get(refs.clusterRoleBinding(bindingName(reviewer)))),
    mayReviewTokens(cluster, reviewer),
    partOf(tokenSecretName(reviewer), findTokenSecret(cluster, reviewer)),
  ])
  const state = {
    namespace,
    serviceAccount,
    mode,
    account: account.part,
    binding: binding.part,
    ...(mayReview !== undefined && { mayReview }),
    secret: tokenSecret(secret, serviceAccount),
  }
  return { ...state, missing: missingOf(state) }
}

interface Looked {
  readonly part: ReviewerPart
  readonly object?: KubernetesObject
}

async function partOf(name: string, reading: Promise<KubernetesObject | undefined>): Promise<Looked> {
  try {
    const object = await reading
    if (object === undefined) return { part: { name, exists: false } }
    const { labels = {}, creationTimestamp, name: found } = object.metadata
    const owner = ownerOf(labels)
    return {
      object,
      part: {
        name: found,
        exists: true,
        ...(owner !== undefined && { owner }),
        ...(creationTimestamp !== undefined && { createdAt: creationTimestamp }),
      },
    }
  } catch (error) {
    if (!isIceError(error) || error.exitCode !== EXIT.notPermitted) throw error
    return { part: { name, exists: false, unknown: error.message } }
  }
}

function tokenSecret({ part, object }: Looked, serviceAccount: string): ReviewerTokenSecret {
  if (object === undefined) return { ...part, filled: false }
  const { labels = {}, annotations = {} } = object.metadata
  const token = (object['data'] as Readonly<Record<string, Secret>> | undefined)?.['token']
  const account = annotations[OF_ACCOUNT]
  const wrong =
    object['type'] !== TOKEN_TYPE
      ? `it is of the type ${String(object['type'])}, not ${TOKEN_TYPE}`
      : account !== serviceAccount
        ? `it is for the account ${account ?? '(none)'}`
        : undefined
  const claims = token && claimsOf(token)
  const invalidSince = labels[INVALID_SINCE]
  return {
    ...part,
    filled: token !== undefined,
    ...(wrong !== undefined && { wrong }),
    ...(invalidSince !== undefined && { invalidSince }),
    ...(claims && { claims }),
  }
}

/** SubjectAccessReview: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access */
async function mayReviewTokens(
  cluster: Cluster,
  { namespace, serviceAccount }: Reviewer,
): Promise<boolean | undefined> {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' }
  try {
    const answer = await cluster.create(
      { ...review, resource: 'subjectaccessreviews' },
      {
        ...review,
        spec: {
          user: `system:serviceaccount:${namespace}:${serviceAccount}`,
          groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
          resourceAttributes: { verb: 'create', group: 'authentication.k8s.io', resource: 'tokenreviews' },
        },
      },
    )
    return (answer['status'] as { readonly allowed?: boolean } | undefined)?.allowed === true
  } catch (error) {
    if (!isIceError(error) || error.exitCode !== EXIT.notPermitted) throw error
    return undefined
  }
}

function missingOf({
  namespace,
  serviceAccount,
  mode,
  account,
  binding,
  mayReview = binding.exists,
  secret,
}: Omit<ReviewerState, 'missing'>): string[] {
  const lacks = (part: ReviewerPart): boolean => !part.exists && part.unknown === undefined
  return [
    ...(lacks(account) ? [`the service account ${namespace}/${serviceAccount}`] : []),
    ...(!mayReview && binding.unknown === undefined
      ? [`a ClusterRoleBinding of the account to ${AUTH_DELEGATOR}: it may not ask about tokens`]
      : []),
    ...(mode !== 'secret' || secret.unknown !== undefined ? [] : missingSecret(namespace, secret)),
  ]
}

function missingSecret(
  namespace: string,
  { name, exists, filled, wrong, invalidSince }: ReviewerTokenSecret,
): string[] {
  const what = `the Secret ${namespace}/${name}`
  if (!exists) return [`${what} with its token`]
  if (wrong !== undefined) return [`${what} with its token: ${wrong}`]
  if (!filled) return [`a token in ${what}: the token controller has not filled it`]
  return invalidSince === undefined ? [] : [`a good token in ${what}: Kubernetes has ended it, as unused`]
}
