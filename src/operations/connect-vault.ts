import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { IceError, USAGE } from '../catalogue/index.js'
import type { File } from '../config/file.js'
import { resolveBeside } from '../config/index.js'
import { inTime } from '../http/in-time.js'
import { withScratchToken } from '../kinds/scratch-token.js'
import { splitAccount } from '../kinds/service-account.js'
import { TOOL } from '../kinds/kubernetes-object.js'
import { createCluster, openPortForward, type Cluster, type Connection } from '../kubernetes/index.js'
import { createResolver } from '../secrets/index.js'
import { openBrowser, openVault, vaultSettings, type Login, type LoginHelp, type Vault } from '../vault/index.js'
import { loginOfText, type LoginSection } from './login-text.js'
import { connectionOf } from './open-cluster.js'
import type { FileOptions } from './options.js'

/** What of a file says how Vault is reached. */
type VaultPart = Pick<File, 'vault'> & Partial<Pick<File, 'name' | 'clusters' | 'inventory'>>

/** For what is asked of a cluster on the way to Vault, milliseconds. */
const CLUSTER_TIMEOUT = 20_000

/**
 * Vault as flags, the environment and the file say. With a token that is there nothing is contacted yet; a login is made,
 * and a tunnel opened, at once. Closing the client gives back all of that.
 * @throws IceError of exit code 2; where there is a login or a tunnel, whatever keeps it from coming about
 */
export async function connectVault(
  options: FileOptions,
  file: VaultPart,
  configFile: string,
  signal: AbortSignal,
): Promise<Vault> {
  const { namespace, caFile, tlsServerName, accept, portForward } = file.vault
  const address = file.vault.address ?? (portForward && addressIn(portForward))
  const settings = vaultSettings({
    env: process.env,
    home: homedir(),
    flags: { ...options, tokenFile: options.tokenFile === undefined ? undefined : resolve(options.tokenFile) },
    file: {
      address,
      namespace,
      tlsServerName,
      caFile: caFile === undefined ? undefined : resolveBeside(configFile, caFile),
    },
    // Through the tunnel nothing is plain: it ends in the pod.
    allowPlaintext: accept.includes('plaintext') || portForward !== undefined,
    login: loginFor(options, file, configFile),
  })
  // Another address, by flag or variable, is another server, and reached without the tunnel.
  const isMeant = address !== undefined && URL.parse(address)?.origin === URL.parse(settings.address)?.origin
  const behind = isMeant ? portForward : undefined
  // Checked before a cluster is asked for anything.
  if ((settings.login ?? behind) !== undefined && settings.foreign) throw settings.foreign
  const ways = openWays(options, file, configFile)
  try {
    const tunnel = behind && (await inTime(ways.tunnel(behind), signal))
    const help = settings.login && helpFor(options, file, configFile, ways.cluster, signal)
    const vault = await openVault(settings, { signal, emit: options.emit, tunnel, ...(help && { help }) })
    let closing: Promise<void> | undefined
    return { ...vault, close: () => (closing ??= vault.close().finally(() => ways.close())) }
  } catch (error) {
    await ways.close()
    throw error
  }
}

/** Vault in the cluster, by the name that its certificate has, and under which it is recorded. */
function addressIn(target: NonNullable<File['vault']['portForward']>): string {
  const { namespace, port, scheme } = target
  const host = 'service' in target ? `${target.service}.${namespace}.svc` : `${target.pod}.${namespace}.pod`
  return `${scheme}://${host}:${port}`
}

/** Undefined: a token that is there. @throws IceError of exit code 2 */
function loginFor(options: FileOptions, { vault }: VaultPart, configFile: string): Login | undefined {
  const flag = options.login === undefined ? undefined : loginOfText(options.login)
  if (flag !== undefined && flag.method !== 'token' && options.tokenFile !== undefined) {
    throw new IceError(USAGE.wrongUsage, {
      message: '--login and --token-file exclude each other.',
      next: ['Leave one of them away; ICEBREAKER_LOGIN and ICEBREAKER_TOKEN_FILE count, too.'],
    })
  }
  const section: LoginSection | undefined = flag ?? vault.login
  if (section === undefined || section.method === 'token') return undefined
  if (section.method !== 'kubernetes' || section.tokenFile === undefined) return section
  // What a flag says is meant from here.
  const { tokenFile } = section
  return { ...section, tokenFile: flag === undefined ? resolveBeside(configFile, tokenFile) : resolve(tokenFile) }
}

type Clusters = (name: string | undefined) => Promise<Cluster>

/**
 * The clusters on the way to Vault. They are clients of their own, which no Ctrl-C cuts off: the token of the run is given
 * back through them.
 */
function openWays(options: FileOptions, file: VaultPart, configFile: string) {
  const opened = new Map<string, Promise<{ readonly connection: Connection; readonly cluster: Cluster }>>()
  const closers: (() => Promise<void>)[] = []
  let closed = false
  const signal = new AbortController().signal
  const open = async (name: string) => {
    const connection = await connectionOf(options, file.clusters?.[name] ?? contextOf(options), configFile)
    const cluster = await createCluster({ name, connection, signal, timeoutMs: CLUSTER_TIMEOUT, fieldManager: TOOL })
    closers.unshift(() => cluster.close())
    return { connection, cluster }
  }
  const way = (name = file.inventory?.cluster ?? Object.keys(file.clusters ?? {})[0] ?? 'default') => {
    const found = opened.get(name) ?? open(name)
    opened.set(name, found)
    return found
  }
  return {
    cluster: async (name: string | undefined) => (await way(name)).cluster,
    async tunnel(target: NonNullable<File['vault']['portForward']>): Promise<number> {
      const { connection, cluster } = await way(target.cluster)
      const limits = { timeoutMs: CLUSTER_TIMEOUT, emit: options.emit }
      const forward = await openPortForward({ connection, cluster, target, ...limits })
      closers.unshift(() => forward.close())
      if (closed) await forward.close()
      return forward.port
    },
    async close() {
      closed = true
      // Newest first: a tunnel lives on the connection to its cluster.
      for (const end of closers.splice(0)) await end()
    },
  }
}

/** Without a file the kubeconfig's own context is meant, or the one that a flag of the step says. */
function contextOf({ step }: FileOptions): { readonly context?: string } {
  const { context } = (step?.section ?? {}) as { readonly context?: string }
  return context === undefined ? {} : { context }
}

function helpFor(
  options: FileOptions,
  file: VaultPart,
  configFile: string,
  cluster: Clusters,
  signal: AbortSignal,
): LoginHelp {
  const secrets = createResolver({
    env: process.env,
    baseDir: dirname(configFile),
    readKubernetesSecret: async (name, namespace, secret, key) =>
      (await cluster(name)).readSecret(namespace, secret, key),
    ...(options.prompt && { prompt: options.prompt }),
  })
  return {
    resolve: (source) => secrets.resolve(source),
    async borrow({ serviceAccount = '', audience, cluster: name }, use) {
      const opened = await cluster(name)
      const { namespace, name: account } = splitAccount(serviceAccount)
      return withScratchToken(
        {
          cluster: opened.name,
          namespace,
          serviceAccount: account,
          audiences: audience === undefined ? [] : [audience],
          file: options.name ?? file.name ?? 'login',
        },
        { cluster: () => opened },
        use,
      )
    },
    attend: options.attend,
    browse: process.env['ICEBREAKER_NO_BROWSER'] ? undefined : openBrowser,
    signal,
  }
}
