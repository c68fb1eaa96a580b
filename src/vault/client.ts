import { IceError, VAULT } from '../catalogue/index.js'
import { redact, Secret } from '../secrets/index.js'
import { parse, serverText } from './errors.js'
import { createLink, type Link, type LinkOptions } from './link.js'
import { path } from './path.js'
import { HEALTH, parseHealth } from './questions.js'
import { checkToken } from './token-source.js'
import type { Answer } from './transport.js'
import type {
  LoginRequest,
  Payload,
  RequestOptions,
  SecretData,
  SecretValue,
  Vault,
  VaultAnswer,
  VaultHealth,
  VaultLogin,
  VaultPath,
} from './types.js'

export interface VaultOptions extends LinkOptions {
  readonly token?: Secret | undefined
}

/** Vault's envelope around every answer. */
interface Envelope {
  readonly data?: unknown
  readonly warnings?: readonly string[] | null
  readonly lease_id?: string
  readonly lease_duration?: number
  readonly renewable?: boolean
  readonly auth?: {
    readonly client_token: string
    readonly accessor: string
    readonly policies?: readonly string[] | null
    readonly token_policies?: readonly string[] | null
    readonly identity_policies?: readonly string[] | null
    readonly lease_duration: number
    readonly renewable: boolean
    readonly token_type?: string
    readonly num_uses?: number
    readonly entity_id: string
    readonly metadata?: Readonly<Record<string, string>> | null
    readonly mfa_requirement?: object | null
  } | null
}

/**
 * A client of one server. Nothing is contacted, and no HTTP library loaded, before the first call.
 * @throws IceError VAULT.badToken
 */
export function createVault(options: VaultOptions): Vault {
  return vaultOver(createLink(options), options, options.token)
}

function vaultOver(link: Link, options: VaultOptions, given: Secret | undefined): Vault {
  const token = given && checkToken(given, 'The Vault token')

  async function get(target: VaultPath, { repeatable = true, rootNamespace = false }: RequestOptions): Promise<Answer> {
    return link.send({
      method: 'GET',
      verb: 'read',
      path: target,
      token,
      repeatable,
      rootNamespace,
      accepts: (answer) => isAbsent(answer) || hasData(answer),
    })
  }

  async function listing(
    target: VaultPath,
    rootNamespace = false,
  ): Promise<{ readonly keys?: unknown; readonly key_info?: unknown }> {
    const answer = await link.send({
      method: 'GET',
      verb: 'list',
      path: target,
      query: 'list=true',
      token,
      repeatable: true,
      rootNamespace,
      accepts: isAbsent,
    })
    return isAbsent(answer) ? {} : ((envelope(answer).data as object | null | undefined) ?? {})
  }

  async function loginAt(target: VaultPath, { body, query }: LoginRequest): Promise<VaultLogin> {
    const answer = await link.send({
      method: query ? 'GET' : 'POST',
      verb: 'login',
      path: target,
      ...(query && { query: queryText(query) }),
      ...(body !== undefined && { body }),
      repeatable: false,
    })
    const { login } = answerOf(envelope(answer))
    if (!login) throw new IceError(VAULT.notVault, { message: 'The answer to the login holds no token.' })
    return login
  }

  return {
    address: options.address,
    namespace: options.namespace,
    async read<T>(target: VaultPath, how: RequestOptions = {}) {
      const answer = await get(target, how)
      return isAbsent(answer) ? undefined : answerOf<T>(envelope(answer))
    },
    async readSecret(target, how = {}) {
      const answer = await get(target, how)
      if (isAbsent(answer)) return undefined
      const { data, ...rest } = envelope(answer)
      return answerOf<SecretData>({ ...rest, data: wrapped(data) })
    },
    async list(target, { rootNamespace = false } = {}) {
      const { keys } = await listing(target, rootNamespace)
      return Array.isArray(keys) ? keys.map(String) : []
    },
    async listInfo<T>(target: VaultPath) {
      return ((await listing(target)).key_info ?? {}) as Readonly<Record<string, T>>
    },
    async write<T>(
      target: VaultPath,
      body: Payload,
      { repeatable = false, rootNamespace = false }: RequestOptions = {},
    ) {
      const answer = await link.send({
        method: 'POST',
        verb: 'write',
        path: target,
        token,
        body,
        repeatable,
        rootNamespace,
      })
      const result = answerOf<T>(envelope(answer))
      refuseIgnored(target, result.warnings)
      return result
    },
    async delete(target) {
      await link.send({
        method: 'DELETE',
        verb: 'delete',
        path: target,
        token,
        repeatable: true,
        accepts: (answer) => answer.status === 404 && serverText(answer.text) !== 'namespace not found',
      })
    },
    login: (mount, role, jwt) => loginAt(path`auth/${mount}/login`, { body: { role, jwt } }),
    loginAt,
    withToken: (other) => vaultOver(link, options, other),
    health: () => readHealth(link),
    close: () => link.close(),
  }
}

/** 404 without a reason: nothing is there. */
function isAbsent({ status, text }: Answer): boolean {
  if (status !== 404) return false
  const body = parse(text) as { errors?: unknown; data?: unknown } | null | undefined
  return Array.isArray(body?.errors) && body.errors.length === 0 && !body.data
}

const queryText = (query: NonNullable<LoginRequest['query']>): string =>
  new URLSearchParams(
    Object.fromEntries(
      Object.entries(query).map(([name, value]) => [name, value instanceof Secret ? Secret.reveal(value) : value]),
    ),
  ).toString()

const hasData = ({ status, text }: Answer) =>
  status === 404 && Boolean((parse(text) as { data?: unknown } | null | undefined)?.data)

function envelope({ status, text }: Answer): Envelope {
  if (text === '') return {}
  const body = parse(text)
  if (typeof body === 'object' && body !== null) return body
  throw new IceError(VAULT.notVault, { message: 'The answer is not the JSON that Vault speaks.', evidence: { status } })
}

function answerOf<T>({ data, warnings, lease_id, lease_duration, renewable, auth }: Envelope): VaultAnswer<T> {
  return {
    data: (data ?? {}) as T,
    warnings: (warnings ?? []).map((warning) => redact(warning)),
    ...(lease_id && { leaseId: lease_id, leaseSeconds: lease_duration ?? 0, renewable: renewable ?? false }),
    ...(auth && { login: loginOf(auth) }),
  }
}

/** Every string of it becomes a Secret. */
export function wrapped(value: unknown): SecretValue {
  if (typeof value === 'string') return new Secret(value)
  if (Array.isArray(value)) return value.map(wrapped)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, wrapped(inner)]))
  }
  return typeof value === 'number' || typeof value === 'boolean' ? value : null
}

/** Added by both servers' framework where a body is answered: `Endpoint ignored these unrecognized parameters: [a b]`. */
function refuseIgnored(target: VaultPath, warnings: readonly string[]): void {
  const names = warnings.flatMap((warning) => /unrecognized parameters: \[(.*)\]/.exec(warning)?.[1] ?? []).join(' ')
  if (names === '') return
  throw new IceError(VAULT.ignoredParameters, {
    message: `Vault took the write of ${target.text} but ignored ${names.replaceAll(' ', ', ')}.`,
    evidence: { parameters: names },
  })
}

/** @throws IceError VAULT.mfaNeeded where the token is only to come after a second factor */
function loginOf(auth: NonNullable<Envelope['auth']>): VaultLogin {
  if (auth.mfa_requirement && auth.client_token === '') {
    throw new IceError(VAULT.mfaNeeded, { message: 'Vault wants a second factor for this login.' })
  }
  return {
    token: new Secret(auth.client_token),
    accessor: auth.accessor,
    policies: auth.policies ?? [],
    tokenPolicies: auth.token_policies ?? [],
    identityPolicies: auth.identity_policies ?? [],
    ttlSeconds: auth.lease_duration,
    renewable: auth.renewable,
    type: auth.token_type ?? '',
    numUses: auth.num_uses ?? 0,
    entityId: auth.entity_id,
    metadata: auth.metadata ?? {},
  }
}

async function readHealth(link: Link): Promise<VaultHealth> {
  const [text = '', query = ''] = HEALTH.split('?')
  const target = { text, encoded: text }
  const answer = await link.send({
    method: 'GET',
    verb: 'read',
    path: target,
    query,
    repeatable: true,
    rootNamespace: true,
  })
  const health = parseHealth(answer.text)
  if (health) return health
  throw new IceError(VAULT.notVault, {
    message: 'The answer of sys/health is not Vault’s.',
    evidence: { status: answer.status },
  })
}
