import { dirname } from 'node:path'
import type { File } from '../config/file.js'
import type { Emit } from '../events/index.js'
import type { Io } from '../kinds/contract.js'
import type { Cluster } from '../kubernetes/index.js'
import { freshIo } from '../reconcile/observe.js'
import { createResolver } from '../secrets/index.js'
import type { Vault } from '../vault/index.js'
import type { FileOptions } from './options.js'
import { connectVault, DEFAULT_TIMEOUT, noVault, openCluster, timer } from './session.js'
import { stepWanted, type Step, type StepPlace } from './step-file.js'

/** What a step that only looks, or does one act, is given. */
export interface StepOptionsBase extends FileOptions {
  readonly step: Step
}

/**
 * What such a step has at hand: the same servers, tokens, CA and limits as a plan. A server that it does not ask is never
 * opened, so that looking into Vault takes no kubeconfig, and looking into the cluster no Vault.
 */
export interface StepSession {
  /** Absolute. */
  readonly configFile: string
  readonly file: File
  readonly place: StepPlace
  /** What is said of the cluster that is meant. */
  readonly section: File['clusters'][string]
  /** Ends requests under way. */
  readonly signal: AbortSignal
  /** Aborted by a signal, or when the time is over: nothing new is begun. */
  readonly stop: AbortSignal
  readonly vault: () => Promise<Vault>
  readonly kubernetes: () => Promise<Cluster>
  /** Both, as probes take them. */
  readonly io: () => Promise<Io>
  /** Vault alone, for kinds of objects that are in it. */
  readonly vaultIo: () => Promise<Io>
  /** The cluster alone, for what is borrowed from it. */
  readonly kubernetesIo: () => Promise<Io>
  readonly close: () => Promise<void>
}

/** What an act has to give back gets so long, milliseconds, when the time is over. */
const GRACE = 10_000

/**
 * @param acts it makes something that it must give back: Ctrl-C then ends no request, the operation looks at `stop` itself
 * @throws IceError, IceErrors of exit code 2; contacts nothing yet
 */
export async function openStepSession(options: StepOptionsBase, acts = false): Promise<StepSession> {
  const { configFile, file, place } = await stepWanted(options.step, options)
  const section = file.clusters[place.cluster]
  if (section === undefined) throw new Error(`no cluster ${place.cluster}`)
  const timeout = options.timeout ?? DEFAULT_TIMEOUT
  const stop = AbortSignal.any([options.stop, timer(timeout, timeout)])
  const signal = acts ? timer(timeout + GRACE, timeout) : stop
  const vault = once(() => connectVault(options, file, configFile, signal))
  const kubernetes = once(() => openCluster(options, place.cluster, section, configFile, signal))
  const secrets = createResolver({
    env: process.env,
    baseDir: dirname(configFile),
    readKubernetesSecret: async (_cluster, namespace, name, key) =>
      (await kubernetes.get()).readSecret(namespace, name, key),
    ...(options.prompt && { prompt: options.prompt }),
  })
  const ioWith = (opened: Vault, cluster: Io['cluster']): Io =>
    freshIo({ vault: opened, cluster, secrets, emit: options.emit, signal })
  return {
    configFile,
    file,
    place,
    section,
    signal,
    stop,
    vault: () => vault.get(),
    kubernetes: () => kubernetes.get(),
    async io() {
      const [opened, cluster] = await Promise.all([vault.get(), kubernetes.get()])
      return ioWith(opened, () => cluster)
    },
    async vaultIo() {
      return ioWith(await vault.get(), (name) => {
        throw new Error(`the cluster ${name} is not opened`)
      })
    },
    async kubernetesIo() {
      const cluster = await kubernetes.get()
      return ioWith(noVault, () => cluster)
    },
    async close() {
      await Promise.all([vault, kubernetes].map(async ({ opened }) => (await opened())?.close()))
    },
  }
}

interface Once<T> {
  readonly get: () => Promise<T>
  /** What was opened, if anything was. */
  readonly opened: () => Promise<T | undefined>
}

function once<T>(open: () => Promise<T>): Once<T> {
  let opening: Promise<T> | undefined
  return {
    get: () => (opening ??= open()),
    opened: async () => opening?.catch(() => undefined),
  }
}

/** Opens a session for as long as `use` runs. */
export async function withStepSession<T>(
  options: StepOptionsBase,
  use: (session: StepSession) => Promise<T>,
  acts = false,
): Promise<T> {
  const session = await openStepSession(options, acts)
  try {
    return await use(session)
  } finally {
    await session.close()
  }
}

/** Gives everything back, whatever happens; where it went wrong what is left is told beside the error. */
export async function givingBack<T>(
  attempt: () => Promise<T>,
  giveBack: () => Promise<readonly string[]>,
  emit: Emit,
): Promise<{ readonly value: T; readonly left: readonly string[] }> {
  try {
    const value = await attempt()
    return { value, left: await giveBack() }
  } catch (error) {
    for (const what of await giveBack()) emit({ type: 'note', level: 'warning', text: `Not given back: ${what}` })
    throw error
  }
}
