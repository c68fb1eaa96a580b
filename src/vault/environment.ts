import { IceError, VAULT, type CodeRecord } from '../catalogue/index.js'
import { isLoopback } from '../http/host.js'
import { Secret } from '../secrets/index.js'
import type { Login } from './login/types.js'
import { unsafePath } from './path.js'
import { proxyFor, type Proxy } from './proxy.js'
import { tlsSources, type TlsSources } from './tls.js'
import { prefixed, type Env, type Setting } from './variables.js'

/** What flags may say. Each also has an ICEBREAKER_ variable. */
export interface VaultFlags {
  readonly vaultAddress?: string | undefined
  readonly vaultNamespace?: string | undefined
  readonly vaultCaFile?: string | undefined
  readonly vaultTlsServerName?: string | undefined
  /** A file that holds the token, instead of the environment's and ~/.vault-token. */
  readonly tokenFile?: string | undefined
}

/** What the file's `vault` section may say of the connection; paths are absolute. */
export interface VaultSection {
  readonly address?: string | undefined
  readonly namespace?: string | undefined
  readonly caFile?: string | undefined
  readonly tlsServerName?: string | undefined
}

export interface VaultSources {
  readonly flags?: VaultFlags
  readonly file?: VaultSection
  readonly env: Env
  /** The home folder, where `.vault-token` may be. */
  readonly home?: string | undefined
  /** The operator said explicitly that http to an address that is not loopback is meant. */
  readonly allowPlaintext?: boolean
  /** How to log in, instead of a token that is there. A token file that is named counts before it. */
  readonly login?: Login | undefined
}

/** Which server, how to reach it, and where its token is: decided, but no file read and nothing contacted. */
export interface VaultSettings {
  /** Scheme, host, port and base path; no slash at the end. */
  readonly address: string
  readonly namespace: string | undefined
  readonly tls: TlsSources
  readonly proxy: Proxy | undefined
  /** Undefined: the client's default. */
  readonly timeoutMs: number | undefined
  readonly retries: number | undefined
  readonly token: TokenSource
  /** How the run gets a token of its own, instead. */
  readonly login: Login | undefined
  /**
   * Why nothing that lets somebody in may go to this address: no token, and no credential of a login either, wherever the
   * file says that it is. A changed file would carry it, and all the secrets that are then written, to another server.
   * Known before there is a token, raised when there is.
   */
  readonly foreign: IceError | undefined
}

export type TokenSource =
  | { readonly kind: 'value'; readonly token: Secret; readonly from: string }
  | { readonly kind: 'file'; readonly path: string; readonly named?: boolean }
  /** Where the command lines keep it: a token helper, if one of these says so, else the file. */
  | { readonly kind: 'kept'; readonly config: ConfigFiles; readonly path: string | undefined }
  | { readonly kind: 'none' }

/** The command lines' configuration: the first of these files that says something counts. */
export interface ConfigFiles {
  readonly paths: readonly string[]
  /** It was named, so that it must be one. */
  readonly named: boolean
}

/**
 * Decides which Vault is spoken to and how. Precedence: flag, ICEBREAKER_ variable, file, then BAO_ and VAULT_ variables
 * as `bao` and `vault` read them (openbao/api/client.go `ReadEnvironment`). Pure.
 * @throws IceError of exit code 2
 */
export function vaultSettings(sources: VaultSources): VaultSettings {
  const { env, file = {}, flags = {} } = sources
  const flag = (name: keyof VaultFlags, text: string, variable: string) =>
    given(flags[name], text) ?? given(env[variable], variable)

  refuseSkipVerify(env)
  const inFile = given(file.address, 'vault.address in the file')
  // The Go clients prefer an agent's address where one is set.
  const ambient = prefixed(env, 'AGENT_ADDR') ?? prefixed(env, 'ADDR')
  const chosen = flag('vaultAddress', '--vault-address', 'ICEBREAKER_VAULT_ADDRESS') ?? inFile ?? ambient
  if (!chosen) throw new IceError(VAULT.noAddress, { message: 'No Vault address is set.' })
  const url = parseAddress(chosen, sources.allowPlaintext ?? false)
  const tokenFile = flag('tokenFile', '--token-file', 'ICEBREAKER_TOKEN_FILE')
  return {
    address: url.href.replace(/\/$/, ''),
    namespace: namespaceOf(
      flag('vaultNamespace', '--vault-namespace', 'ICEBREAKER_VAULT_NAMESPACE') ??
        given(file.namespace, 'vault.namespace in the file') ??
        prefixed(env, 'NAMESPACE'),
    ),
    tls: tlsSources(
      env,
      flag('vaultCaFile', '--vault-ca-file', 'ICEBREAKER_VAULT_CA_FILE') ??
        given(file.caFile, 'vault.caFile in the file'),
      flag('vaultTlsServerName', '--vault-tls-server-name', 'ICEBREAKER_VAULT_TLS_SERVER_NAME') ??
        given(file.tlsServerName, 'vault.tlsServerName in the file'),
    ),
    proxy: proxyFor(url, env),
    timeoutMs: milliseconds(prefixed(env, 'CLIENT_TIMEOUT')) || undefined,
    retries: count(prefixed(env, 'MAX_RETRIES')),
    token: tokenSource(env, sources.home, tokenFile),
    login: tokenFile ? undefined : sources.login,
    foreign: chosen === inFile ? foreignToken(url, chosen, ambient) : undefined,
  }
}

function given(value: string | undefined, from: string): Setting | undefined {
  return value === undefined || value === '' ? undefined : { value, from }
}

const refuse = (record: CodeRecord, message: string, evidence: Record<string, string>) =>
  new IceError(record, { message, evidence })

function refuseSkipVerify(env: Env): void {
  const skip = prefixed(env, 'SKIP_VERIFY')
  // Go's strconv.ParseBool; a value that it cannot read stops `vault` too.
  if (!skip || /^(?:0|f|F|false|False|FALSE)$/.test(skip.value)) return
  throw refuse(
    VAULT.verificationOff,
    `${skip.from} is set, and TLS verification is not switched off by the environment.`,
    {
      [skip.from]: skip.value,
    },
  )
}

function parseAddress({ value, from }: Setting, allowPlaintext: boolean): URL {
  const url = URL.parse(value)
  const wrong = !url
    ? 'is not a URL'
    : url.username || url.password
      ? 'holds a user or a password'
      : url.search || url.hash
        ? 'has a query or a fragment'
        : url.protocol !== 'https:' && url.protocol !== 'http:'
          ? 'has a scheme other than https'
          : undefined
  // A password in the address must not be shown, so the address itself is not.
  if (!url || wrong) throw new IceError(VAULT.badAddress, { message: `The Vault address of ${from} ${wrong ?? ''}.` })
  if (url.protocol === 'http:' && !allowPlaintext && !isLoopback(url)) {
    throw refuse(VAULT.plaintext, `The Vault address of ${from} is plain http, and ${url.hostname} is not loopback.`, {
      address: url.origin,
    })
  }
  return url
}

function namespaceOf(setting: Setting | undefined): string | undefined {
  const path = setting?.value.replace(/^\/+|\/+$/g, '')
  if (!setting || !path || path === 'root') return undefined
  const unsafe = unsafePath(path)
  if (unsafe === undefined) return path
  throw new IceError(VAULT.badSetting, { message: `The Vault namespace of ${setting.from} ${unsafe}.` })
}

function tokenSource(env: Env, home: string | undefined, file: Setting | undefined): TokenSource {
  if (file) return { kind: 'file', path: file.value, named: true }
  const token = prefixed(env, 'TOKEN')
  if (token) return { kind: 'value', token: new Secret(token.value), from: token.from }
  const path = prefixed(env, 'TOKEN_PATH')?.value ?? (home ? `${home}/.vault-token` : undefined)
  const config = configFiles(env, home)
  if (config) return { kind: 'kept', config, path }
  return path === undefined ? { kind: 'none' } : { kind: 'file', path }
}

/** `bao` reads ~/.bao and `vault` ~/.vault (openbao/command/config, vault/api/cliconfig). */
function configFiles(env: Env, home: string | undefined): ConfigFiles | undefined {
  const named = prefixed(env, 'CONFIG_PATH')?.value
  if (named !== undefined) return { paths: [home ? named.replace(/^~(?=\/)/, home) : named], named: true }
  return home ? { paths: [`${home}/.bao`, `${home}/.vault`], named: false } : undefined
}

function foreignToken(url: URL, chosen: Setting, ambient: Setting | undefined): IceError | undefined {
  if (ambient && URL.parse(ambient.value)?.origin === url.origin) return undefined
  const other = ambient ? `${ambient.from} names another` : 'VAULT_ADDR is not set'
  return new IceError(VAULT.foreignToken, {
    message: `Nothing was sent to log in with: ${chosen.from} names one server, ${other}.`,
    evidence: { [chosen.from]: url.origin, [ambient?.from ?? 'VAULT_ADDR']: ambientOrigin(ambient) },
    next: [
      `If the file's server is meant: export VAULT_ADDR=${url.origin}`,
      `or name the server on the command line: --vault-address ${url.origin}`,
    ],
  })
}

const ambientOrigin = (ambient: Setting | undefined) =>
  ambient ? (URL.parse(ambient.value)?.origin ?? '(not a URL)') : '(not set)'

/** Go's `parseutil.ParseDurationSecond`: a number of seconds, or `1m30s`. */
function milliseconds(setting: Setting | undefined): number {
  if (!setting) return 0
  const { value, from } = setting
  if (/^\d+$/.test(value)) return Number(value) * 1000
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(value)) {
    throw refuse(VAULT.badSetting, `${from} is not a duration such as 60 or 1m30s.`, { [from]: value })
  }
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  return [...value.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ''] ?? 0),
    0,
  )
}

function count(setting: Setting | undefined): number | undefined {
  if (!setting) return undefined
  if (/^\d{1,3}$/.test(setting.value)) return Number(setting.value)
  throw refuse(VAULT.badSetting, `${setting.from} is not a number of retries.`, { [setting.from]: setting.value })
}
