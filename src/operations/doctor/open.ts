import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DOCTOR, IceError, isIceError } from '../../catalogue/index.js'
import type { File } from '../../config/file.js'
import { loadConfig } from '../../config/index.js'
import type { Scene } from '../../doctor/contract.js'
import type { Io } from '../../kinds/contract.js'
import type { Cluster } from '../../kubernetes/index.js'
import { freshIo } from '../../reconcile/observe.js'
import { createResolver } from '../../secrets/index.js'
import type { Vault } from '../../vault/index.js'
import { borrow } from '../../verify/borrow.js'
import { connectVault, DEFAULT_TIMEOUT, openCluster, timer } from '../session.js'
import { stepWanted } from '../step-file.js'
import { counted, type Counter } from './counted.js'
import type { DoctorOptions } from './types.js'

/** What borrowed things need to be given back, milliseconds, when the time is over. */
const GRACE = 10_000

export interface Opened {
  readonly scene: Scene
  /** Aborted by a signal, or when the time is over: nothing new is begun. */
  readonly stop: AbortSignal
  readonly servers: { readonly vault?: string; readonly clusters: Readonly<Record<string, string>> }
  close(): Promise<void>
}

/**
 * Opens whatever can be opened: a server that cannot be is what doctor is to find, not what stops it.
 * @throws IceError, IceErrors of exit code 2: the file or the flags are wrong
 */
export async function openScene(options: DoctorOptions, counter: Counter): Promise<Opened> {
  const said = await saidOf(options)
  const { file, configFile } = said
  const timeout = options.timeout ?? DEFAULT_TIMEOUT
  const stop = AbortSignal.any([options.stop, timer(timeout, timeout)])
  // What is under way may make something that has to be removed: only the time ends it, not Ctrl-C.
  const signal = timer(timeout + GRACE, timeout)
  const [vault, clusters] = await Promise.all([
    orError(async () => counted(await connectVault(options, file, configFile, signal), counter)),
    Promise.all(
      Object.entries(file.clusters).map(async ([name, section]) => {
        const opened = await orError(async () =>
          counted(await openCluster(options, name, section, configFile, signal), counter),
        )
        return [name, opened] as const
      }),
    ).then((all) => new Map(all)),
  ])
  const cluster = (name: string): Cluster => {
    const opened = clusters.get(name)
    if (opened === undefined) throw new IceError(DOCTOR.clusterUnknown, { message: `There is no cluster ${name}.` })
    return orThrow(opened)
  }
  const theVault = (): Vault => orThrow(vault)
  const secrets = createResolver({
    env: process.env,
    baseDir: dirname(configFile),
    readKubernetesSecret: (name, namespace, secret, key) =>
      cluster(name ?? Object.keys(file.clusters)[0] ?? '').readSecret(namespace, secret, key),
    ...(options.prompt && { prompt: options.prompt }),
  })
  const io: Io = {
    ...freshIo({ vault: undefined as never, cluster, secrets, emit: options.emit, signal }),
    get vault() {
      return theVault()
    },
  }
  const scene: Scene = {
    file,
    isWritten: said.isWritten,
    configFile,
    texts: said.texts,
    get vault() {
      return theVault()
    },
    cluster,
    io,
    borrowed: borrow(io, file.name),
    tokens: options.tokens ?? {},
    probe: options.probe,
    signal,
  }
  const opened = [...clusters].flatMap(([name, one]) => (isIceError(one) ? [] : [[name, one] as const]))
  return {
    scene,
    stop,
    servers: {
      ...(!isIceError(vault) && { vault: vault.address }),
      clusters: Object.fromEntries(opened.map(([name, { server }]) => [name, server])),
    },
    async close() {
      await Promise.all([isIceError(vault) ? undefined : vault.close(), ...opened.map(([, one]) => one.close())])
    },
  }
}

interface Said {
  readonly file: File
  readonly configFile: string
  readonly texts: Readonly<Record<string, string>>
  readonly isWritten: boolean
}

/** The file, or, where there is none, servers alone, from flags and the environment. */
async function saidOf(options: DoctorOptions): Promise<Said> {
  if (options.fileMustExist === true || existsSync(options.file)) {
    const { file, texts } = await loadConfig(options.file)
    return { file, texts, configFile: resolve(options.file), isWritten: true }
  }
  const { file, texts, configFile } = await stepWanted(options.step, options)
  return { file, texts, configFile, isWritten: false }
}

async function orError<T>(open: () => Promise<T>): Promise<T | IceError> {
  try {
    return await open()
  } catch (error) {
    if (isIceError(error)) return error
    throw error
  }
}

function orThrow<T>(opened: T | IceError): T {
  if (isIceError(opened)) throw opened
  return opened
}
