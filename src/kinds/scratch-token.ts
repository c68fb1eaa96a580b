import { refs } from '../kubernetes/index.js'
import type { Secret } from '../secrets/index.js'
import type { ApiCall, Io } from './contract.js'
import { ownLabels } from './kubernetes-object.js'
import { secretCall, tokenRequestCall } from './reviewer-token.js'
import { SCRATCH_LABEL, SCRATCH_SECONDS, scratchName } from './scratch.js'

/** Whose token is borrowed, for what. */
export interface Borrowing {
  readonly cluster: string
  readonly namespace: string
  readonly serviceAccount: string
  /** Empty: for the API server itself. */
  readonly audiences: readonly string[]
  /** The name of the file that it is done for. */
  readonly file: string
}

/** Borrows a ten-minute token of a service account; it ends with the Secret that it is bound to, which is deleted afterwards. */
export async function withScratchToken<T>(
  { cluster: on, namespace, serviceAccount, audiences, file }: Borrowing,
  io: Pick<Io, 'cluster'>,
  use: (token: Secret) => Promise<T>,
): Promise<T> {
  const cluster = io.cluster(on)
  const marker = refs.secret(namespace, scratchName())
  const { name } = marker
  try {
    const { metadata } = await cluster.create(marker, {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      metadata: { name, namespace, labels: { ...ownLabels(file), ...SCRATCH_LABEL } },
    })
    const { token } = await cluster.requestToken({
      namespace,
      serviceAccount,
      audiences,
      expirationSeconds: SCRATCH_SECONDS,
      boundTo: { kind: 'Secret', apiVersion: 'v1', name, uid: metadata.uid ?? '' },
    })
    return await use(token)
  } finally {
    await cluster.delete(marker)
  }
}

/** A marker's name is random, so it cannot be named here. */
export const scratchTokenCalls = ({
  cluster,
  namespace,
  serviceAccount,
}: Pick<Borrowing, 'cluster' | 'namespace' | 'serviceAccount'>): ApiCall[] => [
  tokenRequestCall(cluster, { namespace, serviceAccount }),
  ...['create', 'delete'].map((verb) => secretCall(cluster, verb, { namespace })),
]
