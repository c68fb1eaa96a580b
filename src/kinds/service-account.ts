import * as v from 'valibot'
import { kubernetesAddress } from './address.js'
import { kubernetesKind, ownLabels } from './kubernetes-object.js'
import { namespaceAddress } from './namespace.js'
import { refs } from '../kubernetes/index.js'
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
  fields: { labels: { api: 'metadata.labels', mode: 'readWrite' } },
  ownership: 'shared',
  ref: ({ namespace, name }) => refs.serviceAccount(namespace ?? '', name),
  *expand(file) {
    for (const [cluster, { auth }] of Object.entries(file.clusters)) {
      const reviewer = `${auth.reviewer.namespace}/${auth.reviewer.serviceAccount}`
      for (const account of new Set([reviewer, ...file.serviceAccounts])) {
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
})
