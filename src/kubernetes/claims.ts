import { Secret } from '../secrets/index.js'

/** What a service-account token says of itself; nothing of it is verified. */
export interface TokenClaims {
  readonly issuer?: string
  readonly subject?: string
  /** Empty: a token of a Secret, which has none. */
  readonly audiences: readonly string[]
  /** ISO 8601. */
  readonly issuedAt?: string
  /** Undefined: it does not expire. */
  readonly expiresAt?: string
  /** The object with which the token ends. */
  readonly boundTo?: { readonly kind: string; readonly name: string }
}

type Json = Readonly<Record<string, unknown>>

/**
 * Decodes the claims of a token, which may be shown where the token may not: without its signature it opens nothing.
 * @returns undefined where it is no JWT
 */
export function claimsOf(token: Secret): TokenClaims | undefined {
  const claims = payloadOf(Secret.reveal(token))
  if (claims === undefined) return undefined
  const boundTo = boundObject(claims)
  const times = { issuedAt: instant(claims['iat']), expiresAt: instant(claims['exp']) }
  return {
    ...textOf('issuer', claims['iss']),
    ...textOf('subject', claims['sub']),
    audiences: [claims['aud'] ?? []].flat().map(String),
    ...(times.issuedAt !== undefined && { issuedAt: times.issuedAt }),
    ...(times.expiresAt !== undefined && { expiresAt: times.expiresAt }),
    ...(boundTo !== undefined && { boundTo }),
  }
}

function payloadOf(token: string): Json | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    return typeof claims === 'object' && claims !== null ? (claims as Json) : undefined
  } catch {
    return undefined
  }
}

const textOf = <K extends string>(key: K, value: unknown) =>
  (typeof value === 'string' ? { [key]: value } : {}) as { readonly [_ in K]?: string }

/** The last moment that a Date knows, seconds since 1970. */
const LAST = 8.64e12

const instant = (seconds: unknown): string | undefined =>
  typeof seconds === 'number' && Math.abs(seconds) <= LAST ? new Date(seconds * 1000).toISOString() : undefined

/** Tokens of TokenRequest have a claim of their own for it, tokens of Secrets are bound to their Secret. */
function boundObject(claims: Json): TokenClaims['boundTo'] {
  const own = claims['kubernetes.io']
  const bound = typeof own === 'object' && own !== null ? (own as Json) : {}
  for (const kind of ['pod', 'secret', 'node']) {
    const name = (bound[kind] as { readonly name?: unknown } | undefined)?.name
    if (typeof name === 'string') return { kind: `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`, name }
  }
  const name = claims['kubernetes.io/serviceaccount/secret.name']
  return typeof name === 'string' ? { kind: 'Secret', name } : undefined
}
