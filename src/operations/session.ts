import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { IceError, isIceError } from '../catalogue/index.js'
import { USAGE } from '../catalogue/usage.js'
import { loadConfig, positioned, resolveBeside } from '../config/index.js'
import type { ClusterFacts, Context, File } from '../config/file.js'
import { KINDS } from '../kinds/index.js'
import { TOOL } from '../kinds/kubernetes-object.js'
import type { Io } from '../kinds/contract.js'
import { createCluster, loadConnection, type Cluster } from '../kubernetes/index.js'
import { buildGraph, type Graph } from '../reconcile/graph.js'
import { openInventory, type InventoryStore } from '../reconcile/inventory-store.js'
import { createResolver } from '../secrets/index.js'
import { openVault, vaultSettings, type Vault } from '../vault/index.js'
import { discoverCluster } from './discover.js'
import type { FileOptions } from './options.js'
import type { Servers } from './results.js'
import { requireSameServers, type SavedPlan } from './saved-plan.js'

/** A file, the servers that it speaks of, and what is known of them: what every operation on a file begins with. */
export interface Session {
  /** Absolute. */
  readonly configFile: string
  readonly file: File
  readonly context: Context
  readonly graph: Graph
  readonly io: Omit<Io, 'shared'>
  readonly store: InventoryStore
  /** Where the inventory is. */
  readonly inventory: { readonly cluster: string; readonly namespace: string }
  /** Aborted by a signal, or when the time is over: what is running is finished, nothing new begun. The reason is an IceError. */
  readonly stop: AbortSignal
  close(): Promise<void>
}

const DEFAULT_TIMEOUT = 10 * 60_000
/** When the time is over, what is running gets this long to end before it is cut off. */
const GRACE = 10_000
const REQUEST_TIMEOUT = 60_000

/**
 * Checks the whole file before anything is contacted, then opens both sides. With a saved plan its file and its context
 * are taken as they were.
 */
export async function openSession(options: FileOptions, saved?: SavedPlan): Promise<Session> {
  const configFile = resolve(saved?.configFile ?? options.file)
  const loaded = saved === undefined ? await loadConfig(configFile) : undefined
  const file = loaded?.file ?? (saved as SavedPlan).file
  const timeout = options.timeout ?? DEFAULT_TIMEOUT
  const stop = AbortSignal.any([options.stop, timer(timeout, timeout)])
  const signal = timer(timeout + GRACE, timeout)
  const inventory = inventoryOf(file)
  try {
    const [vault, clusters] = await Promise.all([
      connectVault(options, file, configFile, signal),
      openClusters(options, file, configFile, signal),
    ])
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
      const [facts, store] = await Promise.all([
        saved?.context.clusters ?? discover(file, clusters, configFile, signal),
        openInventory(cluster(inventory.cluster), inventory.namespace, file.name),
      ])
      const context: Context = { clusters: facts, texts: loaded?.texts ?? saved?.context.texts ?? {} }
      const secrets = createResolver({
        env: process.env,
        baseDir: dirname(configFile),
        readKubernetesSecret: (name, namespace, secret, key) =>
          cluster(name ?? inventory.cluster).readSecret(namespace, secret, key),
        ...(options.prompt && { prompt: options.prompt }),
      })
      const io = { vault, cluster, secrets, emit: options.emit, signal }
      return { configFile, file, context, graph: buildGraph(KINDS, file, context), io, store, inventory, stop, close }
    } catch (error) {
      await close()
      throw error
    }
  } catch (error) {
    throw loaded !== undefined && isIceError(error) ? positioned(error, loaded) : error
  }
}

/** Aborts after so many milliseconds, with an error that names the limit. */
function timer(milliseconds: number, limit: number): AbortSignal {
  const controller = new AbortController()
  const message = `The time limit of ${limit / 1000} seconds is over.`
  setTimeout(() => controller.abort(new IceError(USAGE.timedOut, { message })), milliseconds).unref()
  return controller.signal
}

function inventoryOf(file: File): Session['inventory'] {
  const cluster = file.inventory.cluster ?? Object.keys(file.clusters)[0] ?? ''
  const namespace = file.inventory.namespace ?? file.clusters[cluster]?.auth.reviewer.namespace ?? ''
  return { cluster, namespace }
}

function connectVault(options: FileOptions, file: File, configFile: string, signal: AbortSignal): Promise<Vault> {
  const { address, namespace, caFile, tlsServerName, accept } = file.vault
  const settings = vaultSettings({
    env: process.env,
    home: homedir(),
    flags: options,
    file: {
      address,
      namespace,
      tlsServerName,
      caFile: caFile === undefined ? undefined : resolveBeside(configFile, caFile),
    },
    allowPlaintext: accept.includes('plaintext'),
  })
  const { tokenFile } = options
  const chosen =
    tokenFile === undefined ? settings : { ...settings, token: { kind: 'file', path: resolve(tokenFile) } as const }
  return openVault(chosen, { signal, emit: options.emit })
}

async function openClusters(
  options: FileOptions,
  file: File,
  configFile: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Cluster>> {
  const opened = await Promise.all(
    Object.entries(file.clusters).map(async ([name, section]) => {
      const kubeconfig =
        options.kubeconfig ??
        (section.kubeconfig === undefined ? undefined : resolveBeside(configFile, section.kubeconfig))
      const connection = await loadConnection({ kubeconfig, context: section.context, inCluster: section.inCluster })
      const cluster = await createCluster({
        name,
        connection,
        signal,
        timeoutMs: REQUEST_TIMEOUT,
        fieldManager: TOOL,
      })
      return [name, cluster] as const
    }),
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
