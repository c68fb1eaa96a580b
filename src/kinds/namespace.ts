import * as v from 'valibot'
import { isIceError, KUBERNETES } from '../catalogue/index.js'
import { dnsLabel } from './atoms.js'
import { kubernetesAddress, type Address } from './address.js'
import { kubernetesKind, ownLabels } from './kubernetes-object.js'
import { mapBounded } from '../http/limit.js'
import { refs, type Cluster } from '../kubernetes/index.js'
import { reviewerOf } from './reviewer.js'
import { sideways } from './vault-object.js'

export const namespaceSchema = v.strictObject({
  labels: v.optional(
    v.pipe(v.record(v.string(), v.string()), v.description('Labels that it is to have; others stay.')),
  ),
  annotations: v.optional(
    v.pipe(v.record(v.string(), v.string()), v.description('Annotations that it is to have; others stay.')),
  ),
})

export const namespaceAddress = (cluster: string, name: string) => kubernetesAddress(cluster, 'Namespace', name)

/** Namespaces of the file on every cluster, and each reviewer's own; only made where they are missing. */
export const namespace = kubernetesKind({
  kind: 'Namespace',
  title: 'namespace',
  about:
    'A namespace of the cluster, in which service accounts and pods live; a role names namespaces as well as accounts.',
  sections: [
    'namespaces',
    'clusters.auth.kubernetes.reviewer.secret',
    'clusters.auth.kubernetes.reviewer.bound',
    'clusters.auth.kubernetes.reviewer.pod',
  ],
  fields: {
    labels: { api: 'metadata.labels', mode: 'readWrite' },
    annotations: { api: 'metadata.annotations', mode: 'readWrite' },
  },
  ownership: 'shared',
  ref: ({ name }) => refs.namespace(name),
  *expand(file) {
    for (const [cluster, { auth }] of Object.entries(file.clusters)) {
      const reviewer = reviewerOf(auth)
      const wanted = { ...(reviewer && { [reviewer.namespace]: {} }), ...file.namespaces }
      for (const [name, section] of Object.entries<v.InferOutput<typeof namespaceSchema>>(wanted)) {
        yield {
          id: { cluster, name: v.parse(dnsLabel, name) },
          desired: {
            labels: { ...section.labels, ...ownLabels(file.name) },
            ...(section.annotations === undefined ? {} : { annotations: section.annotations }),
          },
          after: [],
          from: name in file.namespaces ? ['namespaces', name] : ['clusters', cluster, 'auth', 'reviewer', 'namespace'],
        }
      }
    }
  },
  stages: sideways,
  removal: { contents: ({ cluster, name }, io) => contentsOf(name, io.cluster(cluster)) },
})

/** What Kubernetes itself puts into every namespace, and what only tells of others. */
const USUAL = new Set(['v1/ServiceAccount/default', 'v1/ConfigMap/kube-root-ca.crt'])
const TELLING = /^(?:v1|events\.k8s\.io\/\w+)\/Event$|^metrics\.k8s\.io\/\w+\/PodMetrics$/

/** Everything in a namespace, of all kinds that the cluster knows, custom ones included. */
async function contentsOf(namespace: string, cluster: Cluster): Promise<Address[]> {
  const kinds = (await cluster.namespacedKinds()).filter(
    ({ apiVersion, kind }) => !TELLING.test(`${apiVersion}/${kind}`),
  )
  const found = await mapBounded(kinds, async (kind) => {
    const objects = await cluster.list({ ...kind, namespace }).catch((error: unknown) => {
      // Its definition is just being made or removed: there is nothing of it.
      if (isIceError(error) && error.code === KUBERNETES.notServed.code) return []
      throw error
    })
    return objects
      .filter(({ metadata }) => !USUAL.has(`${kind.apiVersion}/${kind.kind}/${metadata.name}`))
      .map(({ metadata }) => kubernetesAddress(cluster.name, kind.kind, metadata.name, namespace))
  })
  return [...new Set(found.flat())]
}
