import { setTimeout as sleep } from 'node:timers/promises'
import { EXIT, IceError, isIceError, KUBERNETES } from '../catalogue/index.js'
import { kubernetesKind, MANAGED_BY, ownLabels, TOOL } from './kubernetes-object.js'
import { namespaceAddress } from './namespace.js'
import { refs, type Cluster, type KubernetesObject } from '../kubernetes/index.js'
import { accountAddress, askingOf, FILL_SECONDS, tokenSecretName, type Reviewer } from './reviewer.js'
import type { Minting } from './reviewer-token.js'
import { sideways } from './vault-object.js'

const TYPE = 'kubernetes.io/service-account-token'
const OF_ACCOUNT = 'kubernetes.io/service-account.name'

/** How the Secret of a reviewer is to be. */
export const reviewerSecretOf = ({ cluster, reviewer, file }: Minting<Reviewer>) => ({
  id: { cluster, namespace: reviewer.namespace, name: tokenSecretName(reviewer) },
  desired: {
    type: TYPE,
    annotations: { [OF_ACCOUNT]: reviewer.serviceAccount },
    labels: ownLabels(file),
  },
})

/** The Secret of a reviewer as it stands: of the usual name, or else the youngest of ours for it. */
export async function findTokenSecret(
  cluster: Cluster,
  reviewer: Pick<Reviewer, 'namespace' | 'serviceAccount'>,
): Promise<KubernetesObject | undefined> {
  const { namespace, serviceAccount } = reviewer
  const usual = await cluster.get(refs.secret(namespace, tokenSecretName(reviewer)))
  if (usual !== undefined) return usual
  try {
    const [youngest] = (await tokenSecrets(cluster, namespace, serviceAccount)).toSorted(
      (a, b) => Date.parse(b.metadata.creationTimestamp ?? '') - Date.parse(a.metadata.creationTimestamp ?? ''),
    )
    return youngest
  } catch (error) {
    // Who may not list may still know the usual one.
    if (!isIceError(error) || error.exitCode !== EXIT.notPermitted) throw error
    return undefined
  }
}

/** All of ours that hold a token of the account. */
export async function tokenSecrets(
  cluster: Cluster,
  namespace: string,
  serviceAccount: string,
): Promise<readonly KubernetesObject[]> {
  const ours = await cluster.list(refs.secret(namespace, ''), `${MANAGED_BY}=${TOOL}`)
  return ours.filter(({ type, metadata }) => type === TYPE && metadata.annotations?.[OF_ACCOUNT] === serviceAccount)
}

/** The reviewer's long-lived token (mode `secret`): a Secret that the token controller fills and keeps. */
export const reviewerSecret = kubernetesKind({
  kind: 'Secret',
  title: 'reviewer token Secret',
  about:
    'A Secret that Kubernetes fills with a long-lived token of the reviewer: Vault shows that token when it asks the cluster about others.',
  sections: ['clusters.auth.kubernetes.reviewer.secret'],
  fields: {
    type: { api: 'type', mode: 'immutable' },
    annotations: { api: 'metadata.annotations', mode: 'readWrite' },
    labels: { api: 'metadata.labels', mode: 'readWrite' },
  },
  ownership: 'labels',
  ref: ({ namespace, name }) => refs.secret(namespace ?? '', name),
  *expand(file, context) {
    for (const [cluster, { auth }] of Object.entries(file.clusters)) {
      const reviewer = auth.method === 'kubernetes' && askingOf(auth.reviewer, cluster, context)
      if (!reviewer || reviewer.token !== 'secret') continue
      yield {
        ...reviewerSecretOf({ cluster, reviewer, file: file.name }),
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
