import { execFile, type ExecFileException } from 'node:child_process'
import { promisify } from 'node:util'
import type { RequestOptions } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import { IceError, isIceError, KUBERNETES } from '../catalogue/index.js'
import { redact, remember } from '../secrets/redact.js'

/** `users[].user.exec` of a kubeconfig. */
export interface ExecPlugin {
  readonly command: string
  readonly args: readonly string[]
  readonly env: ReadonlyArray<{ readonly name: string; readonly value: string }>
  readonly apiVersion: string
  readonly installHint: string
  readonly provideClusterInfo: boolean
}

export interface ExecCredential {
  readonly token: string | undefined
  readonly certificate: string | undefined
  readonly key: string | undefined
  /** Milliseconds since 1970. */
  readonly expiresAt: number | undefined
}

/** The name by which client-node hands a user with a plug-in to us instead of to its own ExecAuth. */
export const PLUGIN = 'icebreaker-exec'

const MOST_OUTPUT = 1024 * 1024
const SECRET_NAME = /secret|token|passw|key|credential/i

/** `exec` as the kubeconfig has it; undefined where there is none. */
export function execPluginOf(exec: unknown): ExecPlugin | undefined {
  if (typeof exec !== 'object' || exec === null || !('command' in exec) || typeof exec.command !== 'string')
    return undefined
  const { args, env, apiVersion, installHint, provideClusterInfo } = exec as Record<string, unknown>
  return {
    command: exec.command,
    args: Array.isArray(args) ? args.map(String) : [],
    env: Array.isArray(env) ? (env as ExecPlugin['env']) : [],
    apiVersion: typeof apiVersion === 'string' ? apiVersion : 'client.authentication.k8s.io/v1',
    installHint: typeof installHint === 'string' ? installHint : '',
    provideClusterInfo: provideClusterInfo === true,
  }
}

const CLUSTER_INFO = [
  'server',
  'tls-server-name',
  'insecure-skip-tls-verify',
  'certificate-authority-data',
  'proxy-url',
]

/** Logs client-node in with what the plug-in prints, which is kept until it expires. */
export function pluginAuthenticator(
  plugin: ExecPlugin,
  cluster: Readonly<Record<string, unknown>>,
  timeoutMs: number,
): Parameters<KubeConfig['addAuthenticator']>[0] {
  const info = Object.fromEntries(CLUSTER_INFO.map((key) => [key, cluster[key]]))
  let held: ExecCredential | undefined
  return {
    isAuthProvider: (user) => (user.authProvider as { name?: unknown } | null)?.name === PLUGIN,
    async applyAuthentication(_user, options: RequestOptions) {
      if (held === undefined || (held.expiresAt ?? Infinity) <= Date.now()) {
        held = await runExecPlugin(plugin, info, timeoutMs)
      }
      if (held.certificate !== undefined) Object.assign(options, { cert: held.certificate, key: held.key })
      if (held.token !== undefined) options.headers = { Authorization: `Bearer ${held.token}` }
    },
  }
}

/**
 * Runs a credential plug-in, without a terminal and for `timeoutMs` at most. Of what it prints only the credential is
 * used; what it says on stderr is shown with everything taken out that may be one.
 *
 * client-node's ExecAuth is not used: it waits for ever, rejects with the raw stderr, lets JSON.parse quote the output, and
 * does not set KUBERNETES_EXEC_INFO, from which plug-ins learn the version to speak.
 * (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins)
 * @param cluster what `provideClusterInfo` hands to the plug-in
 * @throws IceError KUBERNETES.credentialPlugin
 */
export async function runExecPlugin(
  plugin: ExecPlugin,
  cluster: Readonly<Record<string, unknown>>,
  timeoutMs: number,
): Promise<ExecCredential> {
  const given = Object.fromEntries(plugin.env.map(({ name, value }) => [name, value]))
  for (const [name, value] of Object.entries(given)) if (SECRET_NAME.test(name)) remember(value)
  const info = {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(plugin.provideClusterInfo && { cluster }) },
  }
  const running = promisify(execFile)(plugin.command, plugin.args, {
    env: { ...environment(), ...given, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: MOST_OUTPUT,
    windowsHide: true,
  })
  running.child.stdin?.on('error', () => undefined).end()
  try {
    const { stdout, stderr } = await running
    return parseCredential(plugin, stdout, stderr)
  } catch (error) {
    if (isIceError(error)) throw error
    throw failed(plugin, error as ExecFileException, timeoutMs)
  }
}

function parseCredential(plugin: ExecPlugin, stdout: string, stderr: string): ExecCredential {
  let status: Record<string, unknown> | undefined
  try {
    status = (JSON.parse(stdout) as { status?: Record<string, unknown> } | null)?.status
  } catch {
    throw refusal(plugin, 'did not print JSON', stderr)
  }
  const text = (name: string): string | undefined => {
    const value = status?.[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const [token, certificate, key] = [text('token'), text('clientCertificateData'), text('clientKeyData')]
  if (token === undefined && (certificate === undefined || key === undefined)) {
    throw refusal(plugin, 'printed no ExecCredential with a token or a client certificate', stderr)
  }
  const expires = Date.parse(text('expirationTimestamp') ?? '')
  return { token, certificate, key, expiresAt: Number.isNaN(expires) ? undefined : expires }
}

function failed(plugin: ExecPlugin, error: ExecFileException, timeoutMs: number): IceError {
  const stderr = error.stderr ?? ''
  if (error.code === 'ENOENT') return refusal(plugin, 'was not found', plugin.installHint)
  if (error.code === 'EACCES') return refusal(plugin, 'may not be executed', stderr)
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return refusal(plugin, 'printed more than 1 MiB', '')
  if (error.killed === true)
    return refusal(plugin, `did not end within ${timeoutMs / 1000} seconds`, stderr, 'unreachable')
  return refusal(plugin, `failed (${error.signal ?? `exit code ${error.code ?? '?'}`})`, stderr)
}

function refusal(plugin: ExecPlugin, what: string, stderr: string, how?: 'unreachable'): IceError {
  const said = withoutCredentials(stderr)
  return new IceError(KUBERNETES.credentialPlugin, {
    message: `The credential plug-in ${redact(plugin.command)} of the kubeconfig ${what}.`,
    evidence: { command: redact(plugin.command), ...(said !== '' && { 'it said': said }) },
    ...(how === 'unreachable' && { exit: 6 as const }),
  })
}

const LINES = 4
const LENGTH = 500

/** The last lines of what a plug-in said, without the values of secret-looking names and without words that may be keys. */
function withoutCredentials(stderr: string): string {
  return redact(stderr)
    .replace(/((?:secret|token|passw|credential|key)[\w-]*["']?\s*[=:]\s*)\S+/gi, '$1(removed)')
    .replace(/(\b(?:bearer|basic)\s+)\S+/gi, '$1(removed)')
    .replace(/[^\s"'`,;()<>]+/g, concealed)
    .trim()
    .split('\n')
    .slice(-LINES)
    .join(' | ')
    .slice(-LENGTH)
}

function concealed(word: string): string {
  if (/^https?:/i.test(word)) return word.replace(/[?#].*/, '')
  const isPath = /^[.~]?\//.test(word)
  return !isPath && word.length >= 20 && /\d/.test(word) && /[a-z]/i.test(word) ? '(removed)' : word
}

/** What a plug-in of the kubeconfig has no business with: Vault's tokens. */
const NOT_ITS = ['VAULT_TOKEN', 'BAO_TOKEN']

const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_ITS.includes(name)))
