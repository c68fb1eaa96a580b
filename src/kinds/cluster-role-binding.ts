import { kubernetesKind, ownLabels } from './kubernetes-object.js'
import { refs } from '../kubernetes/index.js'
import { accountAddress, AUTH_DELEGATOR, bindingName } from './reviewer.js'
import { sideways } from './vault-object.js'

/** Lets the reviewer, and nobody else, ask the API server whether a token is good. A RoleBinding is not enough: TokenReview is cluster-wide. */
export const clusterRoleBinding = kubernetesKind({
  kind: 'ClusterRoleBinding',
  title: 'cluster role binding',
  fields: {
    roleRef: { api: 'roleRef', mode: 'immutable' },
    subjects: { api: 'subjects', mode: 'readWrite' },
    labels: { api: 'metadata.labels', mode: 'readWrite' },
  },
  ownership: 'labels',
  ref: ({ name }) => refs.clusterRoleBinding(name),
  *expand(file) {
    for (const [cluster, { auth }] of Object.entries(file.clusters)) {
      const { reviewer } = auth
      yield {
        id: { cluster, name: bindingName(reviewer) },
        desired: {
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: AUTH_DELEGATOR },
          subjects: [{ kind: 'ServiceAccount', name: reviewer.serviceAccount, namespace: reviewer.namespace }],
          labels: ownLabels(file.name),
        },
        after: [accountAddress(cluster, reviewer.namespace, reviewer.serviceAccount)],
        from: ['clusters', cluster, 'auth', 'reviewer'],
      }
    }
  },
  // Nobody may give away rights that he has not, but by this verb.
  needs: () => [{ verb: 'bind', group: 'rbac.authorization.k8s.io', resource: 'clusterroles', name: AUTH_DELEGATOR }],
  stages: sideways,
})
