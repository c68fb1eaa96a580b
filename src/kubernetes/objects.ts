import type { KindRef, ObjectRef } from './types.js'

const inNamespace =
  (apiVersion: string, kind: string, resource: string) =>
  (namespace: string, name: string): ObjectRef => ({ apiVersion, kind, resource, namespace, name })

const clusterWide =
  (apiVersion: string, kind: string, resource: string) =>
  (name: string): ObjectRef => ({ apiVersion, kind, resource, name })

/** Names of the objects that this tool has to do with. */
export const refs = {
  namespace: clusterWide('v1', 'Namespace', 'namespaces'),
  serviceAccount: inNamespace('v1', 'ServiceAccount', 'serviceaccounts'),
  pod: inNamespace('v1', 'Pod', 'pods'),
  secret: inNamespace('v1', 'Secret', 'secrets'),
  configMap: inNamespace('v1', 'ConfigMap', 'configmaps'),
  lease: inNamespace('coordination.k8s.io/v1', 'Lease', 'leases'),
  clusterRoleBinding: clusterWide('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings'),
} as const

/** Reviews are only ever created: the answer is in the object that comes back. */
export const reviews = {
  token: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', resource: 'tokenreviews' },
  selfSubjectAccess: {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    resource: 'selfsubjectaccessreviews',
  },
  subjectAccess: {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    resource: 'subjectaccessreviews',
  },
} as const satisfies Record<string, KindRef>
