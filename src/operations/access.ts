import { resolve } from 'node:path'
import { isIceError, type IceError } from '../catalogue/index.js'
import { accessOfFile, withPlanned } from '../access/from-file.js'
import type { EngineSection } from '../access/from-live.js'
import type { Access } from '../access/model.js'
import { policyGaps } from '../access/who-can.js'
import type { Engine } from '../kinds/engine.js'
import { loadConfig } from '../config/index.js'
import type { File } from '../config/file.js'
import type { Cluster } from '../kubernetes/index.js'
import type { Vault } from '../vault/index.js'
import type { FileOptions } from './options.js'
import { seeCluster } from './read-clusters.js'
import { seeEngines, seeVault, withStaticRoles, type Placing } from './read-vault.js'
import { connectVault, DEFAULT_TIMEOUT, openCluster, timer } from './session.js'

export interface AccessOptions extends FileOptions {
  /** What Vault has, instead of what the file says. */
  readonly live: boolean
}

/** A file with the clusters that it names and, where asked for, its Vault: all that questions of access need. */
export interface AccessSession {
  readonly file: File
  readonly servers: AccessServers
  /** Roles, policies, accounts, as far as they can be seen. */
  read(): Promise<Access>
  /** The mounts of secrets engines. */
  mounts(): Promise<readonly string[]>
  engine(mount: string): Promise<Engine>
  close(): Promise<void>
}

export interface AccessServers {
  /** Undefined: Vault is not asked. */
  readonly vault?: string
  readonly clusters: Readonly<Record<string, string>>
}

/** Checks the file, and opens what is needed; contacts nothing yet. */
export async function openAccess(options: AccessOptions): Promise<AccessSession> {
  const configFile = resolve(options.file)
  // By the name that was typed, so that places in it are told by that.
  const loaded = await loadConfig(options.file)
  const { file } = loaded
  const timeout = options.timeout ?? DEFAULT_TIMEOUT
  // Nothing is written, so nothing has to be finished.
  const signal = AbortSignal.any([options.stop, timer(timeout, timeout)])
  const vault = options.live ? await connectVault(options, file, configFile, signal) : undefined
  const clusters = await openEach(options, file, configFile, signal)
  const opened = [...clusters].flatMap(([name, cluster]) => (isIceError(cluster) ? [] : [[name, cluster] as const]))
  let engines: Promise<Readonly<Record<string, EngineSection>>> | undefined
  const sections = () => (engines ??= vault === undefined ? Promise.resolve(file.engines) : seeEngines(vault))

  return {
    file,
    servers: {
      ...(vault !== undefined && { vault: vault.address }),
      clusters: Object.fromEntries(opened.map(([name, { server }]) => [name, server])),
    },
    async read() {
      const said = vault === undefined ? readFile(loaded) : readLive(vault, file, opened)
      const named = async () => (await said).roles.flatMap(({ bindings }) => bindings.namespaces.filter(isName))
      const [{ gaps, ...rest }, ...seen] = await Promise.all([
        said,
        ...[...clusters].map(([name, cluster]) => seeCluster(name, cluster, named)),
      ])
      // What was cut off must not look like what cannot be seen.
      signal.throwIfAborted()
      const views = seen.map(({ view }) => (vault === undefined ? withPlanned(view, file) : view))
      return {
        ...rest,
        clusters: new Map(views.map((view) => [view.name, view])),
        gaps: [...seen.flatMap((each) => each.gaps), ...gaps, ...policyGaps(rest)],
      }
    },
    mounts: async () => Object.keys(await sections()),
    async engine(mount) {
      const section = (await sections())[mount] ?? { type: '' }
      return { mount, section: vault === undefined ? section : await withStaticRoles(vault, mount, section) }
    },
    async close() {
      await Promise.all([vault?.close(), ...opened.map(([, cluster]) => cluster.close())])
    },
  }
}

const isName = (namespace: string): boolean => !namespace.includes('*')

type Said = Omit<Access, 'clusters'>

async function readFile(loaded: Parameters<typeof accessOfFile>[0]): Promise<Said> {
  const { mounts, roles, policies } = await accessOfFile(loaded)
  return {
    source: 'file',
    mounts: new Map(mounts.map((mount) => [mount.path, mount])),
    roles,
    policies,
    entities: new Map(),
    gaps: [],
  }
}

async function readLive(vault: Vault, file: File, clusters: readonly (readonly [string, Cluster])[]): Promise<Said> {
  const sections = Object.entries(file.clusters)
  const placing: Placing = {
    byPath: new Map(sections.map(([name, { auth }]) => [auth.path, name])),
    byServer: new Map([
      ...clusters.map(([name, { server }]) => [server, name] as const),
      ...sections.flatMap(([name, { apiServer }]) => (apiServer === undefined ? [] : [[apiServer, name] as const])),
    ]),
  }
  const { mounts, ...seen } = await seeVault(vault, placing)
  return { source: 'vault', mounts: new Map(mounts.map((mount) => [mount.path, mount])), ...seen }
}

/** A cluster that cannot even be opened (its context is gone) leaves a gap; the others are asked. */
async function openEach(
  options: FileOptions,
  file: File,
  configFile: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Cluster | IceError>> {
  const opened = await Promise.all(
    Object.entries(file.clusters).map(async ([name, section]) => {
      try {
        return [name, await openCluster(options, name, section, configFile, signal)] as const
      } catch (error) {
        if (isIceError(error)) return [name, error] as const
        throw error
      }
    }),
  )
  return new Map<string, Cluster | IceError>(opened)
}
