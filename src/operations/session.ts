import { dirname } from 'node:path'
import { IceError, isIceError } from '../catalogue/index.js'
import { USAGE } from '../catalogue/usage.js'
import { positioned } from '../config/index.js'
import type { ClusterFacts, Context, File } from '../config/file.js'
import { phase } from '../events/index.js'
import { inTime } from '../http/in-time.js'
import { KINDS } from '../kinds/index.js'
import type { Address, Io } from '../kinds/contract.js'
import { tokenSecretsOf, type AuthConfigMark } from '../kinds/auth-config-mark.js'
import type { Cluster } from '../kubernetes/index.js'
import { buildGraph, type Graph } from '../reconcile/graph.js'
import { inventoryOf } from '../reconcile/inventory-place.js'
import { openInventory, type InventoryStore } from '../reconcile/inventory-store.js'
import { createResolver } from '../secrets/index.js'
import type { Vault } from '../vault/index.js'
import { connectVault } from './connect-vault.js'
import { discoverCluster } from './discover.js'
import { openCluster } from './open-cluster.js'
import type { FileOptions } from './options.js'
import type { Servers } from './results.js'
import { requireSameServers, type SavedPlan } from './saved-plan.js'
import { wantedOf } from './wanted.js'

export { connectVault, inventoryOf, openCluster }

/** A file, the servers that it speaks of, and what is known of them: what every operation on a file begins with. */
export interface Session {
  /** Absolute. */
  readonly configFile: string
  readonly file: File
  readonly context: Context
  readonly graph: Graph
  /** Of these objects one that exists is left as it is, whoever made it. */
  readonly ensured: ReadonlySet<Address>
  /** A step says only these fields; all others of an object that exists stay as they are. */
  readonly keeps: ReadonlySet<string> | undefined
  /** Of a step: the path of the auth mount that is meant. */
  readonly mount: string | undefined
  readonly io: Omit<Io, 'shared'>
  readonly store: InventoryStore
  /** Where the inventory is. */
  readonly inventory: { readonly cluster: string; readonly namespace: string }
  /** Aborted by a signal, or when the time is over: what is running is finished, nothing new begun. The reason is an IceError. */
  readonly stop: AbortSignal
  close(): Promise<void>
}

/** For a whole command, where no flag says another. */
export const DEFAULT_TIMEOUT = 10 * 60_000
/** When the time is over, what is running gets this long to end before it is cut off. */
const GRACE = 10_000

/**
 * Checks the whole file before anything is contacted, then opens both sides. With a saved plan its file and its context
 * are taken as they were.
 */
export async function openSession(options: FileOptions, saved?: SavedPlan): Promise<Session> {
  const wanted = await wantedOf(options, saved)
  const { configFile, file } = wanted
  const timeout = options.timeout ?? DEFAULT_TIMEOUT
  const stop = AbortSignal.any([options.stop, timer(timeout, timeout)])
  const signal = timer(timeout + GRACE, timeout)
  const inventory = inventoryOf(file)
  try {
    // Vault last: a login leaves something to be given back.
    const clusters = await openClusters(options, file, configFile, signal)
    const vault = wanted.speaksToVault === false ? noVault : await connectVault(options, file, configFile, signal)
    const cluster = (name: string): Cluster => {
      const found = clusters.get(name)
      if (found === undefined) throw new Error(`no cluster ${name}`)
      return found
    }
    const close = async (): Promise<void> => {
      await Promise.all([vault.close(), ...[...clusters.values()].map((each) => each.close())])
    }
    try {
      if (saved !== undefined) requireSameServers(saved, { vault: vault.address, clusters: serversBy(clusters) })
      const [facts, store] = await phase(options.emit, 'Reach the servers', () =>
        // Nothing is written yet, so nothing need be finished when the time is over.
        inTime(
          Promise.all([
            wanted.facts ?? discover(file, clusters, configFile, signal),
            openInventory(cluster(inventory.cluster), inventory.namespace, file.name),
          ]),
          stop,
        ),
      )
      const { objects } = store.inventory
      const tokenSecrets = tokenSecretsOf(file, (address) => objects[address]?.mark as AuthConfigMark | undefined)
      const context: Context = { clusters: facts, texts: wanted.texts, tokenSecrets }
      const secrets = createResolver({
        env: process.env,
        baseDir: dirname(configFile),
        readKubernetesSecret: (name, namespace, secret, key) =>
          cluster(name ?? inventory.cluster).readSecret(namespace, secret, key),
        ...(options.prompt && { prompt: options.prompt }),
      })
      const io = { vault, cluster, secrets, emit: options.emit, signal }
      const graph = buildGraph(KINDS, file, context, (resource) => wanted.includes?.(resource) ?? true)
      const ensured = new Set(
        [...graph.values()].filter((each) => wanted.ensures?.(each)).map(({ address }) => address),
      )
      return {
        configFile,
        file,
        context,
        graph,
        ensured,
        keeps: wanted.says,
        mount: wanted.place?.mount,
        io,
        store,
        inventory,
        stop,
        close,
      }
    } catch (error) {
      await close()
      throw error
    }
  } catch (error) {
    throw isIceError(error) && wanted.locate !== undefined ? positioned(error, wanted.locate) : error
  }
}

/** Stands where a step has nothing to do with Vault; nobody asks it anything. */
export const noVault = { address: '', namespace: undefined, close: () => Promise.resolve() } as unknown as Vault

/** Aborts after so many milliseconds, with an error that names the limit. */
export function timer(milliseconds: number, limit: number): AbortSignal {
  const controller = new AbortController()
  const message = `The time limit of ${limit / 1000} seconds is over.`
  setTimeout(() => controller.abort(new IceError(USAGE.timedOut, { message })), milliseconds).unref()
  return controller.signal
}

async function openClusters(
  options: FileOptions,
  file: File,
  configFile: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Cluster>> {
  const opened = await Promise.all(
    Object.entries(file.clusters).map(
      async ([name, section]) => [name, await openCluster(options, name, section, configFile, signal)] as const,
    ),
  )
  return new Map(opened)
}

async function discover(
  file: File,
  clusters: ReadonlyMap<string, Cluster>,
  configFile: string,
  signal: AbortSignal,
): Promise<Record<string, ClusterFacts>> {
  const facts = await Promise.all(
    [...clusters].map(async ([name, cluster]) => {
      const section = file.clusters[name] as File['clusters'][string]
      return [name, await discoverCluster(name, section, cluster, configFile, signal)] as const
    }),
  )
  return Object.fromEntries(facts)
}

const serversBy = (clusters: ReadonlyMap<string, Cluster>): Servers['clusters'] =>
  Object.fromEntries([...clusters].map(([name, { server }]) => [name, server]))
