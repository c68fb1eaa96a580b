import { setTimeout as sleep } from 'node:timers/promises'
import { IceError, KUBERNETES } from '../catalogue/index.js'
import { kubernetesKind, ownLabels } from './kubernetes-object.js'
import { namespaceAddress } from './namespace.js'
import { refs } from '../kubernetes/index.js'
import { accountAddress, FILL_SECONDS, tokenSecretName } from './reviewer.js'
import { sideways } from './vault-object.js'

const TYPE = 'kubernetes.io/service-account-token'

/** The reviewer's long-lived token (mode `secret`): a Secret that the token controller fills and keeps. */
export const reviewerSecret = kubernetesKind({
  kind: 'Secret',
  title: 'reviewer token Secret',
  fields: {
    type: { api: 'type', mode: 'immutable' },
    annotations: { api: 'metadata.annotations', mode: 'readWrite' },
    labels: { api: 'metadata.labels', mode: 'readWrite' },
  },
  ownership: 'labels',
  ref: ({ namespace, name }) => refs.secret(namespace ?? '', name),
  *expand(file) {
    for (const [cluster, { auth }] of Object.entries(file.clusters)) {
      const { reviewer } = auth
      if (reviewer.token !== 'secret') continue
      yield {
        id: { cluster, namespace: reviewer.namespace, name: tokenSecretName(reviewer) },
        desired: {
          type: TYPE,
          annotations: { 'kubernetes.io/service-account.name': reviewer.serviceAccount },
          labels: ownLabels(file.name),
        },
        // Without its account the controller deletes the Secret at once.
        after: [accountAddress(cluster, reviewer.namespace, reviewer.serviceAccount)],
        within: namespaceAddress(cluster, reviewer.namespace),
        from: ['clusters', cluster, 'auth', 'reviewer'],
      }
    }
  },
  stages: sideways,
  async settle({ namespace = '', name }, cluster, io) {
    const deadline = Date.now() + FILL_SECONDS * 1000
    for (let pause = 10; Date.now() < deadline; pause = Math.min(pause * 2, 500)) {
      if ((await cluster.readSecret(namespace, name, 'token')) !== undefined) return
      await sleep(pause, undefined, { signal: io.signal })
    }
    throw new IceError(KUBERNETES.tokenNotFilled, {
      message: `The Secret ${namespace}/${name} was not given a token within ${FILL_SECONDS} seconds.`,
      evidence: { cluster: cluster.name },
    })
  },
})
