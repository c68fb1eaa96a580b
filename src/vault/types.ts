import type { Secret } from '../secrets/index.js'

/** What a request body may hold: JSON, and secrets that are opened only when it is sent. */
export type Payload =
  string | number | boolean | null | Secret | readonly Payload[] | { readonly [key: string]: Payload | undefined }

/** JSON in which every string is a Secret. */
export type SecretData = { readonly [key: string]: SecretValue }
export type SecretValue = Secret | number | boolean | null | readonly SecretValue[] | SecretData

export interface VaultAnswer<T = Record<string, unknown>> {
  readonly data: T
  /** What the server warned of, fit to be shown. */
  readonly warnings: readonly string[]
  readonly leaseId?: string
  readonly leaseSeconds?: number
  readonly renewable?: boolean
  /** Where the call made a token (auth/token/create, logins). */
  readonly login?: VaultLogin
}

/** A token that was made, and what it is. */
export interface VaultLogin {
  readonly token: Secret
  /** Empty: a batch token, which cannot be revoked. */
  readonly accessor: string
  /** All that it has: its own, and its entity's. */
  readonly policies: readonly string[]
  readonly tokenPolicies: readonly string[]
  readonly identityPolicies: readonly string[]
  readonly ttlSeconds: number
  readonly renewable: boolean
  readonly type: string
  /** For so many requests; 0: no limit. */
  readonly numUses: number
  readonly entityId: string
  /** What the auth method says of who has logged in. */
  readonly metadata: Readonly<Record<string, string>>
}

/** POST with a body, or GET with a query. */
export type LoginRequest =
  | { readonly body: Payload; readonly query?: undefined }
  | { readonly body?: undefined; readonly query: Readonly<Record<string, Secret | string>> }

export interface RequestOptions {
  /** Repeating it after a lost answer does no harm; default: true for everything but POST. */
  readonly repeatable?: boolean
  /** Leave the namespace header away (sys/health and other root-only endpoints). */
  readonly rootNamespace?: boolean
}

/**
 * One Vault or OpenBao server seen with one token. Paths are given as `path` template values (vault/path.ts), never as
 * strings put together by hand. Every failure is an IceError of the catalogue's VAULT codes (`statusOf` tells the HTTP
 * status behind it), except an abort, which rejects with the reason of the signal; a write whose answer was lost, by an
 * abort or otherwise, is VAULT.outcomeUnknown.
 */
export interface Vault {
  readonly address: string
  readonly namespace: string | undefined
  /** GET; undefined where there is nothing. A 404 with data (a deleted version of KV v2) is an answer. */
  read<T = Record<string, unknown>>(path: VaultPath, options?: RequestOptions): Promise<VaultAnswer<T> | undefined>
  /**
   * GET of what must not be seen: every string of the data comes as a Secret, which `redact` knows from then on. One that
   * makes something (database/creds/ROLE makes a lease) needs `repeatable: false`.
   */
  readSecret(path: VaultPath, options?: RequestOptions): Promise<VaultAnswer<SecretData> | undefined>
  /** LIST; the empty list where there is nothing. */
  list(path: VaultPath, options?: Pick<RequestOptions, 'rootNamespace'>): Promise<readonly string[]>
  /** LIST of what says something of each key (`key_info`), by key; nothing where there is nothing. */
  listInfo<T>(path: VaultPath): Promise<Readonly<Record<string, T>>>
  /**
   * POST. A warning of unrecognised parameters is an error, VAULT.ignoredParameters. The servers attach it only where
   * the endpoint answers with a body: one that answers 204 ignores them in silence.
   */
  write<T = Record<string, unknown>>(path: VaultPath, body: Payload, options?: RequestOptions): Promise<VaultAnswer<T>>
  /** DELETE; deleting what is not there is no error. */
  delete(path: VaultPath): Promise<void>
  /** POST auth/MOUNT/login with a JWT, without the operator's token. Never repeated once sent: it would mint two tokens. */
  login(mount: string, role: string, jwt: Secret): Promise<VaultLogin>
  /** The same at any path of an auth method. @throws IceError VAULT.loginRefused, mfaNeeded */
  loginAt(path: VaultPath, request: LoginRequest): Promise<VaultLogin>
  /** The same server and connections, with another token. Closing either closes both. */
  withToken(token: Secret): Vault
  /** sys/health of the server: never needs a token. */
  health(): Promise<VaultHealth>
  close(): Promise<void>
}

export interface VaultHealth {
  readonly initialized: boolean
  readonly sealed: boolean
  readonly standby: boolean
  readonly version: string
  /** What it was named when it was initialised, the same on every node; undefined where it does not say (sealed, or hidden). */
  readonly clusterId?: string
  /** The server's clock, seconds since 1970. */
  readonly serverTime: number
}

/** A path under /v1/, each variable part validated and encoded. */
export interface VaultPath {
  /** For people, policies and capabilities: `auth/demo/role/app`. */
  readonly text: string
  /** What is sent. */
  readonly encoded: string
}

/** One request as it went over the wire; holds no header and no body. */
export interface WireEvent {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  /** The HTTP status, or the code of the failure. */
  readonly result: number | string
  readonly milliseconds: number
  /** 1, or more where it was repeated. */
  readonly attempt: number
}
