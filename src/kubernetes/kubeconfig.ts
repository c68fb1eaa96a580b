import { X509Certificate } from 'node:crypto'
import { access } from 'node:fs/promises'
import type { RequestOptions } from 'node:https'
import { join } from 'node:path'
import { bufferFromFileOrString, KubeConfig } from '@kubernetes/client-node'
import { IceError, isIceError, KUBERNETES } from '../catalogue/index.js'
import { redact, remember } from '../secrets/redact.js'
import { execPluginOf, pluginAuthenticator, PLUGIN } from './exec-plugin.js'
import { chooseContext, type Chosen } from './kubeconfig-file.js'
import { describeCertificates } from './trust.js'
import type { Authentication, ClusterSelection, Connection } from './types.js'

const PLUGIN_TIMEOUT_MS = 30_000
/** Where Kubernetes puts a pod's credentials. */
const POD_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount'

interface Source {
  /** Reads the cluster and the user anew, without what an earlier reading has cached. */
  read(): KubeConfig
  readonly login: string
  /** What client-node leaves out of the requests. */
  readonly headers: Readonly<Record<string, string[]>>
}

/**
 * Finds the cluster and the way to log in to it. Nothing is contacted; a credential plug-in runs at the first
 * `authenticate`. This is the only file that imports client-node, which takes half a second unless it is bundled: import it
 * dynamically.
 * @param root stands before the paths of a pod's credentials
 * @throws IceError KUBERNETES.kubeconfigMissing, kubeconfigInvalid, contextUnknown, insecureConnection, notInCluster
 */
export async function loadConnection(selection: ClusterSelection, root = ''): Promise<Connection> {
  const source = selection.inCluster === true ? await inPod(root) : await inKubeconfig(selection)
  const { login } = source
  let config = readable(login, () => source.read())
  let given: Authentication | undefined
  const cluster = config.getCurrentCluster()
  if (cluster === null || !cluster.server.startsWith('https://')) {
    throw insecure(`The address ${redact(cluster?.server ?? '')} is not an https address.`)
  }
  const ca = readable(login, () => bufferFromFileOrString(cluster.caFile, cluster.caData)?.toString())
  if (ca !== undefined) describeCertificates(ca)
  return {
    server: cluster.server,
    certificateAuthority: ca,
    proxy: cluster.proxyUrl,
    login,
    async authenticate(renew = false): Promise<Authentication> {
      if (renew) config = source.read()
      const options: RequestOptions = {}
      try {
        await config.applyToHTTPSOptions(options)
      } catch (error) {
        throw unusable(login, error)
      }
      given = { headers: { ...source.headers, ...headersOf(options, login) }, tls: tlsOf(options, ca) }
      return given
    },
    expiresAt: () => given && expiryOf(given),
  }
}

async function inKubeconfig(selection: ClusterSelection): Promise<Source> {
  const chosen = await chooseContext(selection, process.env)
  const { cluster, clusterName, user, userName, context } = chosen
  if (typeof cluster['server'] !== 'string' || !URL.canParse(cluster['server'])) {
    throw invalid(`The kubeconfig’s cluster ${clusterName} has no valid address.`)
  }
  if (cluster['insecure-skip-tls-verify'] === true && selection.insecure !== true) {
    throw insecure(`The kubeconfig switches TLS verification off for the cluster ${clusterName}.`)
  }
  const provider = user['auth-provider'] as { name?: unknown; config?: { exec?: unknown } } | undefined
  if (provider && (provider.name !== 'oidc' || provider.config?.exec !== undefined)) {
    throw invalid(
      `The kubeconfig’s user ${userName} has an auth-provider that Kubernetes 1.26 removed; exec took its place.`,
    )
  }
  const plugin = execPluginOf(user['exec'])
  return {
    login: `user ${userName} of context ${context} (${methodOf(user)})`,
    headers: impersonation(user),
    read() {
      const config = new KubeConfig()
      config.loadFromString(JSON.stringify(forClientNode(chosen)))
      if (plugin !== undefined) {
        const timeoutMs = selection.pluginTimeoutMs ?? PLUGIN_TIMEOUT_MS
        config.addAuthenticator(pluginAuthenticator(plugin, cluster, timeoutMs))
      }
      return config
    },
  }
}

/** The chosen entries; what client-node would do wrongly (`exec`) or does not know (`tokenFile`) is said its way. */
function forClientNode({ context, cluster, clusterName, user, userName }: Chosen): object {
  const { exec, tokenFile, token, ...others } = user
  const login =
    execPluginOf(exec) !== undefined
      ? { 'auth-provider': { name: PLUGIN } }
      : typeof tokenFile === 'string' && tokenFile !== ''
        ? { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } }
        : { token }
  return {
    clusters: [{ name: clusterName, cluster }],
    // `token-file` is client-node's own invention.
    users: [{ name: userName, user: { ...others, 'token-file': undefined, ...login } }],
    contexts: [{ name: context, context: { cluster: clusterName, user: userName } }],
    'current-context': context,
  }
}

async function inPod(root: string): Promise<Source> {
  const missing = ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'].filter((name) => !process.env[name])
  for (const file of ['token', 'ca.crt'].map((name) => join(root, POD_FOLDER, name))) {
    await access(file).catch(() => missing.push(file))
  }
  if (missing.length > 0) {
    throw new IceError(KUBERNETES.notInCluster, { message: `These are missing here: ${missing.join(', ')}.` })
  }
  return {
    login: 'the pod’s service account',
    headers: {},
    read() {
      const config = new KubeConfig()
      config.loadFromCluster(root)
      return config
    },
  }
}

function methodOf(user: Chosen['user']): string {
  const plugin = execPluginOf(user['exec'])
  if (plugin !== undefined) return `credential plug-in ${redact(plugin.command)}`
  if (user['auth-provider']) return 'OpenID Connect'
  if (typeof user['tokenFile'] === 'string') return `token file ${redact(user['tokenFile'])}`
  if (user['token']) return 'token'
  if (user['client-certificate'] || user['client-certificate-data']) return 'client certificate'
  return user['username'] ? 'password' : 'no credentials'
}

/** client-node knows `as` only; a user who shall act as a group must not silently act without it. */
function impersonation(user: Chosen['user']): Record<string, string[]> {
  const headers: Record<string, string[]> = {}
  if (Array.isArray(user['as-groups'])) headers['Impersonate-Group'] = user['as-groups'].map(String)
  if (typeof user['as-uid'] === 'string') headers['Impersonate-Uid'] = [user['as-uid']]
  const extra = Object.entries((user['as-user-extra'] ?? {}) as Record<string, unknown>)
  for (const [key, values] of extra)
    headers[`Impersonate-Extra-${encodeURIComponent(key)}`] = [values].flat().map(String)
  return headers
}

function headersOf(options: RequestOptions, login: string): Record<string, string> {
  const headers: Record<string, string> = {}
  if (typeof options.auth === 'string') {
    const encoded = Buffer.from(options.auth).toString('base64')
    headers['Authorization'] = `Basic ${encoded}`
  }
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name] = String(value).trim()
  for (const value of Object.values(headers)) {
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
      throw invalid(`The credentials of ${login} hold a line break or control character.`)
  }
  const credential = headers['Authorization']?.replace(/^(Bearer|Basic) /, '')
  if (credential !== undefined) remember(credential)
  return headers
}

function tlsOf(
  { cert, key, servername, rejectUnauthorized }: RequestOptions,
  ca: string | undefined,
): Authentication['tls'] {
  return {
    ...(ca !== undefined && { ca }),
    ...(cert && { cert: pem(cert) }),
    ...(key && { key: pem(key) }),
    ...(servername !== undefined && { servername }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  }
}

/** The payload of a JWT says it too; it is only read here, not trusted. */
function expiryOf({ headers, tls }: Authentication): Date | undefined {
  try {
    if (tls.cert !== undefined) return new X509Certificate(tls.cert).validToDate
    const payload = String(headers['Authorization']).split('.')[1] ?? ''
    const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp?: unknown }
    return typeof exp === 'number' ? new Date(exp * 1000) : undefined
  } catch {
    return undefined
  }
}

function pem(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString() : String(value)
}

function readable<T>(login: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw unusable(login, error)
  }
}

/** What client-node threw. Its messages may quote the file or an answer, so only a path is taken from them. */
function unusable(login: string, error: unknown): Error {
  if (isIceError(error)) return error
  const { path, code } = error as NodeJS.ErrnoException
  if (typeof path === 'string')
    return invalid(`${path}, which the kubeconfig names, cannot be read (${code ?? 'no reason'}).`)
  return new IceError(KUBERNETES.unauthorized, {
    message: `No credentials could be had for ${login}.`,
    evidence: { reason: redact(error instanceof Error ? error.message : '').slice(0, 200) },
  })
}

function invalid(message: string): IceError {
  return new IceError(KUBERNETES.kubeconfigInvalid, { message })
}

function insecure(message: string): IceError {
  return new IceError(KUBERNETES.insecureConnection, { message })
}
