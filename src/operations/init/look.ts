import { IceError } from '../../catalogue/index.js'
import { USAGE } from '../../catalogue/usage.js'
import type { Emit } from '../../events/index.js'
import {
  createCluster,
  kubeconfigContexts,
  loadConnection,
  refs,
  type Cluster,
  type ClusterSelection,
} from '../../kubernetes/index.js'
import type { VaultSection } from '../../vault/environment.js'
import { lookAtVault } from './look-vault.js'
import { seeing } from './seeing.js'
import type { Answers, ClusterFacts, Contexts, Seen, VaultFacts } from './types.js'

/** What can be looked at. Nothing here fails because a server is away, and nothing is looked at twice. */
export interface Looker {
  contexts(): Promise<Seen<Contexts>>
  /** `section`: what the file says, or will say. */
  vault(section: VaultSection): Promise<Seen<VaultFacts>>
  cluster(place: ClusterPlace): Promise<Seen<ClusterFacts>>
  /** The names of a namespace's service accounts. */
  accounts(place: ClusterPlace, namespace: string): Promise<Seen<readonly string[]>>
  close(): Promise<void>
}

/** The cluster of a context; default: the current one, of the usual kubeconfig. */
export type ClusterPlace = Pick<ClusterSelection, 'context' | 'kubeconfig' | 'inCluster'>

export interface LookOptions {
  /** What flags say of the servers. */
  readonly given: Answers
  readonly tokenFile: string | undefined
  readonly kubeconfig: string | undefined
  /** Milliseconds for each thing. */
  readonly timeout: number
  readonly emit: Emit
  readonly stop: AbortSignal
}

export function createLooker(options: LookOptions): Looker {
  const { kubeconfig, timeout, stop } = options
  const looks = new Map<string, Promise<Seen<unknown>>>()
  const clusters = new Map<string, Promise<Cluster>>()

  /** Looks once, for so long and no longer. @throws only what stopped the whole command */
  function once<T>(key: string, what: string, look: (signal: AbortSignal) => Promise<T>): Promise<Seen<T>> {
    const known = looks.get(key) as Promise<Seen<T>> | undefined
    if (known !== undefined) return known
    const limit = new AbortController()
    const timer = setTimeout(() => {
      const message = `${what} was looked at for ${timeout / 1000} s without an answer.`
      limit.abort(new IceError(USAGE.timedOut, { message }))
    }, timeout)
    const looking = seeing(() => look(AbortSignal.any([stop, limit.signal])), stop).finally(() => clearTimeout(timer))
    looks.set(key, looking)
    return looking
  }

  const clusterAt = (place: ClusterPlace): Promise<Cluster> => {
    const key = keyOf(place)
    const known = clusters.get(key) ?? connect(place)
    clusters.set(key, known)
    return known
  }
  const connect = async (place: ClusterPlace): Promise<Cluster> => {
    const connection = await loadConnection({
      ...place,
      kubeconfig: place.kubeconfig ?? kubeconfig,
      pluginTimeoutMs: timeout,
    })
    // Reads only, so nobody owns a field.
    return createCluster({ name: 'looked at', connection, signal: stop, timeoutMs: timeout, fieldManager: 'none' })
  }

  return {
    contexts: () => once('contexts', 'The kubeconfig', () => kubeconfigContexts({ kubeconfig }, process.env)),
    vault: (section) => once(`vault ${keyOf(section)}`, 'Vault', (signal) => lookAtVault(options, section, signal)),
    cluster: (place) =>
      once(`cluster ${keyOf(place)}`, 'The cluster', async (signal) => {
        const cluster = await until(signal, clusterAt(place))
        const names = async () => (await cluster.list(refs.namespace(''))).map(({ metadata }) => metadata.name)
        const [{ version }, namespaces] = await until(
          signal,
          Promise.all([cluster.version(), seeing(names, stop)] as const),
        )
        return { context: place.context, server: cluster.server, version, namespaces }
      }),
    accounts: (place, namespace) =>
      once(`accounts ${keyOf(place)} ${namespace}`, 'The cluster', async (signal) => {
        const cluster = await until(signal, clusterAt(place))
        const accounts = await until(signal, cluster.list(refs.serviceAccount(namespace, '')))
        return accounts.map(({ metadata }) => metadata.name)
      }),
    async close() {
      const opened = await Promise.allSettled(clusters.values())
      await Promise.all(opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value.close()] : [])))
    },
  }
}

const keyOf = (members: object): string => JSON.stringify(members, Object.keys(members).sort())

/** A client of a cluster lives longer than one look at it, so the look's own end is waited for beside it. */
function until<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    const end = (): void => reject(signal.reason as Error)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
  return Promise.race([work, aborted])
}
