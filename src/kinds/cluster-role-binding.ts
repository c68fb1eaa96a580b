import type { File } from '../config/file.js'
import { clientsOf } from './clients.js'
import type { Draft } from './contract.js'
import { kubernetesKind, ownLabels, type Manifest, type ObjectId } from './kubernetes-object.js'
import { refs } from '../kubernetes/index.js'
import {
  accountAddress,
  AUTH_DELEGATOR,
  bindingName,
  clientsBindingName,
  discoveryBindingName,
  ISSUER_DISCOVERY,
  isDiscoveryBinding,
  reviewerOf,
} from './reviewer.js'
import { sideways } from './vault-object.js'

interface Account {
  readonly namespace: string
  readonly name: string
}

/**
 * Lets whoever asks the API server whether a token is good do so: the reviewer and nobody else, or each workload where
 * each asks for itself. A RoleBinding is not enough: TokenReview is cluster-wide. Where nobody asks, because Vault checks
 * signatures, it may let Vault have the public keys.
 */
export const clusterRoleBinding = kubernetesKind({
  kind: 'ClusterRoleBinding',
  title: 'cluster role binding',
  about:
    'Allows the reviewer to ask the API server whether a token is good (TokenReview): without it every login is refused.',
  sections: ['clusters.auth.kubernetes.reviewer', 'clusters.auth.jwt'],
  fields: {
    roleRef: { api: 'roleRef', mode: 'immutable' },
    subjects: { api: 'subjects', mode: 'readWrite' },
    labels: { api: 'metadata.labels', mode: 'readWrite' },
  },
  ownership: 'labels',
  ref: ({ name }) => refs.clusterRoleBinding(name),
  *expand(file) {
    for (const [cluster, { auth }] of Object.entries(file.clusters)) {
      if (auth.method === 'jwt') {
        if (auth.anonymousDiscovery) yield discoveryBinding(file, cluster)
        continue
      }
      const reviewer = reviewerOf(auth)
      const accounts =
        reviewer === undefined
          ? distinct(clientsOf(file, cluster))
          : [{ namespace: reviewer.namespace, name: reviewer.serviceAccount }]
      if (accounts.length === 0) continue
      yield {
        id: { cluster, name: reviewer === undefined ? clientsBindingName(file.name, cluster) : bindingName(reviewer) },
        desired: {
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: AUTH_DELEGATOR },
          subjects: accounts.map(({ namespace, name }) => ({ kind: 'ServiceAccount', name, namespace })),
          labels: ownLabels(file.name),
        },
        after: accounts.map(({ namespace, name }) => accountAddress(cluster, namespace, name)),
        from: ['clusters', cluster, 'auth', 'reviewer'],
      }
    }
  },
  // Nobody may give away rights that he has not, but by this verb.
  needs: ({ name }) => [
    {
      verb: 'bind',
      group: 'rbac.authorization.k8s.io',
      resource: 'clusterroles',
      name: isDiscoveryBinding(name) ? ISSUER_DISCOVERY : AUTH_DELEGATOR,
    },
  ],
  stages: sideways,
})

/** Several audiences of one account are one subject. */
const distinct = (accounts: readonly Account[]): Account[] => [
  ...new Map(accounts.map(({ namespace, name }) => [`${namespace}/${name}`, { namespace, name }])).values(),
]

function discoveryBinding({ name: owner }: File, cluster: string): Draft<ObjectId, Manifest> {
  const group = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:unauthenticated' }
  return {
    id: { cluster, name: discoveryBindingName(owner, cluster) },
    desired: {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: ISSUER_DISCOVERY },
      subjects: [group],
      labels: ownLabels(owner),
    },
    after: [],
    from: ['clusters', cluster, 'auth', 'anonymousDiscovery'],
  }
}
