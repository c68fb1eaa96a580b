import * as v from 'valibot'
import { kubernetesAddress, type Address } from './address.js'
import { kubernetesKind, ownLabels } from './kubernetes-object.js'
import { namespaceAddress } from './namespace.js'
import { refs, type Cluster } from '../kubernetes/index.js'
import { reviewerOf } from './reviewer.js'
import { sideways } from './vault-object.js'

const ACCOUNT = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?\/[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?$/

/** `NAMESPACE/NAME`. */
export const accountName = v.pipe(v.string(), v.regex(ACCOUNT, 'expected NAMESPACE/NAME, such as app/exampleapp'))

export function splitAccount(account: string): { namespace: string; name: string } {
  const [namespace = '', name = ''] = account.split('/')
  return { namespace, name }
}

/** Service accounts of the file on every cluster, and each reviewer; only made where they are missing. */
export const serviceAccount = kubernetesKind({
  kind: 'ServiceAccount',
  title: 'service account',
  about:
    'The identity of a workload in the cluster: its token is what a pod shows to Vault, and what Vault has checked.',
  sections: ['serviceAccounts', 'clusters.auth.kubernetes.reviewer.secret', 'clusters.auth.kubernetes.reviewer.bound'],
  fields: { labels: { api: 'metadata.labels', mode: 'readWrite' } },
  ownership: 'shared',
  ref: ({ namespace, name }) => refs.serviceAccount(namespace ?? '', name),
  *expand(file) {
    for (const [cluster, { auth }] of Object.entries(file.clusters)) {
      const asking = reviewerOf(auth)
      // Vault's own account is there, or it is not the one that Vault runs as.
      const reviewer =
        asking === undefined || asking.token === 'pod' ? undefined : `${asking.namespace}/${asking.serviceAccount}`
      for (const account of new Set([...(reviewer === undefined ? [] : [reviewer]), ...file.serviceAccounts])) {
        const { namespace, name } = splitAccount(account)
        yield {
          id: { cluster, namespace, name },
          desired: { labels: ownLabels(file.name) },
          after: [namespaceAddress(cluster, namespace)],
          within: kubernetesAddress(cluster, 'Namespace', namespace),
          from:
            account === reviewer
              ? ['clusters', cluster, 'auth', 'reviewer', 'serviceAccount']
              : ['serviceAccounts', file.serviceAccounts.indexOf(account)],
        }
      }
    }
  },
  stages: sideways,
  removal: { contents: ({ cluster, namespace = '', name }, io) => podsOf(namespace, name, io.cluster(cluster)) },
})

/** The pods that run as an account. */
async function podsOf(namespace: string, account: string, cluster: Cluster): Promise<Address[]> {
  const pods = await cluster.list({ apiVersion: 'v1', kind: 'Pod', resource: 'pods', namespace })
  return pods
    .filter((pod) => (pod['spec'] as { serviceAccountName?: string } | undefined)?.serviceAccountName === account)
    .map(({ metadata }) => kubernetesAddress(cluster.name, 'Pod', metadata.name, namespace))
}
