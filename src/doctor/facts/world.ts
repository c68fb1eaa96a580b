import { isIceError, type IceError } from '../../catalogue/index.js'
import { mapBounded } from '../../http/limit.js'
import type { KindRef, KubernetesObject } from '../../kubernetes/index.js'
import { KINDS_READ, type World } from '../consumers/index.js'
import { fact } from '../contract.js'
import { clusterOf, version, type OfCluster } from './cluster.js'

/** A cluster, or, where somebody asks about one pod, that pod's namespace and what belongs to no namespace. */
export interface OfWorld extends OfCluster {
  readonly within?: string
}

/** Kinds without a namespace, which discovery does not list: where they are, or beside which kind of the same group. */
const CLUSTER_WIDE: Readonly<
  Record<string, { readonly resource: string; readonly version?: string; readonly beside?: string }>
> = {
  Namespace: { resource: 'namespaces', version: 'v1' },
  MutatingWebhookConfiguration: {
    resource: 'mutatingwebhookconfigurations',
    version: 'admissionregistration.k8s.io/v1',
  },
  CSIDriver: { resource: 'csidrivers', version: 'storage.k8s.io/v1' },
  ClusterSecretStore: { resource: 'clustersecretstores', beside: 'SecretStore' },
  ClusterIssuer: { resource: 'clusterissuers', beside: 'Issuer' },
}

/** Kinds whose objects work for all namespaces, in whichever they are. */
const FOR_ALL: readonly string[] = ['DaemonSet']

/** What was listed, and what may not be. */
export interface Listing {
  readonly world: World
  /** By kind. */
  readonly refused: ReadonlyMap<string, IceError>
}

/** Whatever of a cluster has to do with secrets from Vault, listed side by side. What is not installed is left out. */
export const listing = fact({
  what: 'the objects that receive secrets',
  key: ({ cluster, within }: OfWorld) => `${cluster ?? ''} ${within ?? ''}`,
  from: 'operator',
  async fetch(subject: OfWorld, look): Promise<Listing> {
    await look.ask(version, subject)
    const cluster = clusterOf(subject, look)
    const there = await cluster.namespacedKinds()
    const wanted = KINDS_READ.flatMap((written) => kindOf(written, there, subject.within))
    const world = new Map<string, readonly KubernetesObject[]>()
    const refused = new Map<string, IceError>()
    await mapBounded(wanted, async (kind) => {
      try {
        world.set(kind.kind, await cluster.list(kind))
      } catch (error) {
        if (!isIceError(error)) throw error
        // Its definition was taken away meanwhile.
        if (error.details.evidence?.['status'] === 404) return
        refused.set(kind.kind, error)
      }
    })
    return { world, refused }
  },
})

function kindOf(written: string, there: readonly KindRef[], within: string | undefined): KindRef[] {
  const [kind = '', group = ''] = written.split('/').reverse()
  const wide = CLUSTER_WIDE[kind]
  const found = there.find((one) => one.kind === (wide?.beside ?? kind) && groupOf(one) === group)
  const apiVersion = wide?.version ?? found?.apiVersion
  if (apiVersion === undefined) return []
  if (wide !== undefined) return [{ apiVersion, kind, resource: wide.resource }]
  if (found === undefined) return []
  return [within === undefined || FOR_ALL.includes(kind) ? found : { ...found, namespace: within }]
}

const groupOf = ({ apiVersion }: KindRef): string => (apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '')

export const world = fact({
  what: 'the objects that receive secrets, as far as they may be listed',
  key: ({ cluster, within }: OfWorld) => `${cluster ?? ''} ${within ?? ''}`,
  from: 'operator',
  fetch: async (subject: OfWorld, { ask }): Promise<World> => (await ask(listing, subject)).world,
})
