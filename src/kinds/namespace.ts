import * as v from 'valibot'
import { dnsLabel } from './atoms.js'
import { kubernetesAddress } from './address.js'
import { kubernetesKind, ownLabels } from './kubernetes-object.js'
import { refs } from '../kubernetes/index.js'
import { sideways } from './vault-object.js'

export const namespaceSchema = v.strictObject({
  labels: v.optional(v.record(v.string(), v.string())),
  annotations: v.optional(v.record(v.string(), v.string())),
})

export const namespaceAddress = (cluster: string, name: string) => kubernetesAddress(cluster, 'Namespace', name)

/** Namespaces of the file on every cluster, and each reviewer's own; only made where they are missing. */
export const namespace = kubernetesKind({
  kind: 'Namespace',
  title: 'namespace',
  fields: {
    labels: { api: 'metadata.labels', mode: 'readWrite' },
    annotations: { api: 'metadata.annotations', mode: 'readWrite' },
  },
  ownership: 'shared',
  ref: ({ name }) => refs.namespace(name),
  *expand(file) {
    for (const [cluster, { auth }] of Object.entries(file.clusters)) {
      const wanted = { [auth.reviewer.namespace]: {}, ...file.namespaces }
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
})
