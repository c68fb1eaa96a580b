import * as v from 'valibot'
import type { Context, File } from '../config/file.js'
import { dnsLabel, dnsName, duration } from './atoms.js'
import { kubernetesAddress, type Address } from './address.js'

/**
 * The reviewer: with whose token Vault asks the cluster (TokenReview). Its account, binding, token Secret and the auth
 * config all speak of it; what they share stands here.
 */
const account = {
  namespace: v.pipe(dnsLabel, v.description('The namespace of the reviewer; made where it is missing.')),
  serviceAccount: v.pipe(
    dnsName,
    v.description('The service account with whose token Vault asks; made where it is missing.'),
  ),
}

const MODES = {
  secret: 'A long-lived token in a Secret.',
  bound: 'A token of TokenRequest, which expires: `apply` and `reviewer rotate` renew it.',
  pod: 'The token of the pod that Vault runs in, in this cluster: the account is Vault’s own.',
  client: 'No token of Vault’s: the one that logs in asks about itself.',
} as const

const mode = <M extends keyof typeof MODES>(name: M) => v.pipe(v.literal(name), v.description(MODES[name]))

const expiration = v.optional(
  v.pipe(
    duration,
    v.minValue(600, 'expected at least 10m, the shortest that Kubernetes issues'),
    v.description('How long a bound token lives.'),
  ),
  '24h',
)

/** What `clusters.NAME.auth.reviewer` may be. */
export const reviewerChoice = v.union([
  v.strictObject({ ...account, token: v.optional(mode('secret'), 'secret') }),
  v.strictObject({ ...account, token: mode('bound'), expiration }),
  v.strictObject({ ...account, token: mode('pod') }),
  v.strictObject({ token: mode('client') }),
])

/** All that can be said of one, for the flags of steps; `reviewerChoice` says what goes together. */
export const reviewerSchema = v.strictObject({
  ...account,
  token: v.optional(
    v.pipe(
      v.picklist(['secret', 'bound', 'pod', 'client']),
      v.description(
        'Which token Vault asks with. secret: a long-lived one in a Secret. bound: one that expires. pod: that of Vault’s own pod. client: that of whoever logs in.',
      ),
    ),
    'secret',
  ),
  expiration,
})

/** As whom Vault asks, of every mode. */
export type Asking = v.InferOutput<typeof reviewerChoice> & {
  /** The name of the Secret with its token, where it is not the usual one. */
  readonly secret?: string
}
/** Where one account asks for all. */
export type Reviewer = Exclude<Asking, { readonly token: 'client' }>
/** Where Vault holds its token. */
export type TokenReviewer = Exclude<Reviewer, { readonly token: 'pod' }>

type Auth = File['clusters'][string]['auth']

/** The account that asks for all; undefined where each client asks for itself, and where nobody is asked. */
export function reviewerOf(auth: Auth): Reviewer | undefined {
  return auth.method === 'kubernetes' && auth.reviewer.token !== 'client' ? auth.reviewer : undefined
}

/** As whom Vault asks a cluster, with the name of its Secret, where a rotation has given it another. */
export function askingOf(reviewer: Asking, cluster: string, { tokenSecrets }: Context): Asking {
  const secret = tokenSecrets?.[cluster]
  return reviewer.token === 'secret' && secret !== undefined ? { ...reviewer, secret } : reviewer
}

/** Does Vault hold a token of it? */
export const holdsToken = (asking: Asking): asking is TokenReviewer =>
  asking.token === 'secret' || asking.token === 'bound'

/** Kubernetes’ own role that allows TokenReview and SubjectAccessReview, nothing else. */
export const AUTH_DELEGATOR = 'system:auth-delegator'

/** Cluster-wide, so the name holds both parts; `:` is allowed in RBAC names and in no part. */
export const bindingName = (reviewer: Pick<Reviewer, 'namespace' | 'serviceAccount'>): string =>
  `icebreaker:${reviewer.namespace}:${reviewer.serviceAccount}`

/** Of the workloads that ask for themselves (mode `client`). */
export const clientsBindingName = (file: string, cluster: string): string => `icebreaker:${file}:${cluster}:clients`

/** Kubernetes’ own role that allows to read the issuer’s public keys, nothing else. */
export const ISSUER_DISCOVERY = 'system:service-account-issuer-discovery'

/** Lets Vault, which has no account on the cluster, fetch them. */
export const discoveryBindingName = (file: string, cluster: string): string => `icebreaker:${file}:${cluster}:discovery`
export const isDiscoveryBinding = (name: string): boolean => /^icebreaker:[^:]+:[^:]+:discovery$/.test(name)

/** The Secret that the token controller fills (mode `secret`). */
export const tokenSecretName = ({ serviceAccount, secret }: Pick<Reviewer, 'serviceAccount' | 'secret'>): string =>
  secret ?? `${serviceAccount}-token`

export const accountAddress = (cluster: string, namespace: string, name: string): Address =>
  kubernetesAddress(cluster, 'ServiceAccount', name, namespace)

export const tokenSecretAddress = (cluster: string, reviewer: Reviewer): Address =>
  kubernetesAddress(cluster, 'Secret', tokenSecretName(reviewer), reviewer.namespace)

export const bindingAddress = (cluster: string, name: string): Address =>
  kubernetesAddress(cluster, 'ClusterRoleBinding', name)

/** The token Secret is not filled at once; longer than this, and the controller is not running. */
export const FILL_SECONDS = 20
