import * as v from 'valibot'
import { dnsLabel, dnsName, duration } from './atoms.js'
import { kubernetesAddress, type Address } from './address.js'

/**
 * The reviewer: the service account whose token Vault uses for TokenReview. Its account, binding, token Secret and the
 * auth config all speak of it; what they share stands here.
 */
export const reviewerSchema = v.strictObject({
  namespace: dnsLabel,
  serviceAccount: dnsName,
  token: v.optional(
    v.pipe(
      v.picklist(['secret', 'bound']),
      v.description(
        'secret: a long-lived token in a Secret. bound: a TokenRequest token that expires and must be renewed by a later apply.',
      ),
    ),
    'secret',
  ),
  expiration: v.optional(
    v.pipe(duration, v.minValue(600, 'expected at least 10m, the shortest that Kubernetes issues')),
    '24h',
  ),
})

export type Reviewer = v.InferOutput<typeof reviewerSchema>

/** Kubernetes’ own role that allows TokenReview and SubjectAccessReview, nothing else. */
export const AUTH_DELEGATOR = 'system:auth-delegator'

/** Cluster-wide, so the name holds both parts; `:` is allowed in RBAC names and in no part. */
export const bindingName = (reviewer: Reviewer): string => `icebreaker:${reviewer.namespace}:${reviewer.serviceAccount}`

/** The Secret that the token controller fills (mode `secret`). */
export const tokenSecretName = (reviewer: Reviewer): string => `${reviewer.serviceAccount}-token`

export const accountAddress = (cluster: string, namespace: string, name: string): Address =>
  kubernetesAddress(cluster, 'ServiceAccount', name, namespace)

export const tokenSecretAddress = (cluster: string, reviewer: Reviewer): Address =>
  kubernetesAddress(cluster, 'Secret', tokenSecretName(reviewer), reviewer.namespace)

export const bindingAddress = (cluster: string, reviewer: Reviewer): Address =>
  kubernetesAddress(cluster, 'ClusterRoleBinding', bindingName(reviewer))

/** The token Secret is not filled at once; longer than this, and the controller is not running. */
export const FILL_SECONDS = 20
