import { createHash, createPublicKey, constants, verify, type KeyObject, type SigningOptions } from 'node:crypto'
import { Secret } from '../secrets/index.js'

/** What a token looks like before anybody has checked it: nothing of it is verified. */
export type TokenShape =
  /** `problem`: the end of a sentence that begins with it; `next`: what to do about it. */
  | { readonly isJwt: false; readonly problem: string; readonly next?: string }
  | {
      readonly isJwt: true
      readonly algorithm: string
      /** Of the key that signed it. */
      readonly keyId?: string
      /** As Vault reads it from the claims of Kubernetes; undefined: it is not a token of a service account. */
      readonly account?: { readonly namespace: string; readonly name: string; readonly uid: string }
      /** Milliseconds since 1970. */
      readonly issuedAt?: number
      readonly notBefore?: number
      readonly expiresAt?: number
    }

type Json = Readonly<Record<string, unknown>>

/** Looks at a token without verifying it; what comes out may be shown where the token may not. */
export function shapeOf(token: Secret): TokenShape {
  const text = Secret.reveal(token)
  if (text === '') return bad('it is empty')
  if (/^bearer\s/i.test(text)) return bad('it begins with `Bearer`', 'Present what follows that word.')
  if (/\s/.test(text)) return bad('it has white space in it')
  if (isEncodedJwt(text))
    return bad(
      'it is the Base64 text of a JWT, as kubectl shows the data of a Secret',
      'Decode it first: base64 --decode.',
    )
  const parts = text.split('.')
  if (parts.length === 5) return bad('it has five parts: it is encrypted (JWE), which Vault does not read')
  if (parts.length !== 3) return bad(`it has ${parts.length} ${parts.length === 1 ? 'part' : 'parts'}, not three`)
  const [header, claims] = parts.map(jsonOf)
  if (header === undefined) return bad('its first part is not the Base64 text of JSON')
  if (claims === undefined) return bad('its second part is not the Base64 text of JSON: it may have been cut')
  const algorithm = String(header['alg'])
  if (!Object.hasOwn(ALGORITHMS, algorithm))
    return bad(`it says the algorithm ${algorithm}, which no cluster signs with`)
  const keyId = textAt(header, 'kid')
  const account = accountOf(claims)
  const times = {
    issuedAt: instant(claims['iat']),
    notBefore: instant(claims['nbf']),
    expiresAt: instant(claims['exp']),
  }
  return {
    isJwt: true,
    algorithm,
    ...(keyId !== undefined && { keyId }),
    ...(account !== undefined && { account }),
    ...(Object.fromEntries(Object.entries(times).filter(([, time]) => time !== undefined)) as { issuedAt?: number }),
  }
}

/** verified: one of the keys signed it. broken: it names one of them, which did not. strange: it names none of them. */
export type Signature = 'verified' | 'broken' | 'strange'

/**
 * Verifies the signature of a JWT with public keys (PEM, SPKI). A key's id is what Kubernetes makes of it:
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/serviceaccount/jwt.go keyIDFromPublicKey
 */
export function signatureOf(token: Secret, pems: readonly string[]): Signature {
  const shape = shapeOf(token)
  if (!shape.isJwt) return 'broken'
  const keys = pems.map((pem) => createPublicKey(pem))
  const text = Secret.reveal(token)
  const end = text.lastIndexOf('.')
  const signed = Buffer.from(text.slice(0, end))
  const signature = Buffer.from(text.slice(end + 1), 'base64url')
  if (keys.some((key) => isSigned(signed, signature, key, shape.algorithm))) return 'verified'
  return keys.some((key) => keyIdOf(key) === shape.keyId) ? 'broken' : 'strange'
}

const keyIdOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url')

interface How {
  readonly hash: string
  readonly type: string
  readonly options: SigningOptions
}

const PKCS1: SigningOptions = { padding: constants.RSA_PKCS1_PADDING }
const PSS: SigningOptions = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }

/** RFC 7518, section 3.1; what one of the two products takes. */
const ALGORITHMS: Readonly<Record<string, How>> = Object.fromEntries(
  ['256', '384', '512'].flatMap((bits): readonly (readonly [string, How])[] => [
    [`RS${bits}`, { hash: `sha${bits}`, type: 'rsa', options: PKCS1 }],
    [`PS${bits}`, { hash: `sha${bits}`, type: 'rsa', options: PSS }],
    [`ES${bits}`, { hash: `sha${bits}`, type: 'ec', options: { dsaEncoding: 'ieee-p1363' } }],
  ]),
)

function isSigned(signed: Buffer, signature: Buffer, key: KeyObject, algorithm: string): boolean {
  const how = ALGORITHMS[algorithm]
  return (
    how !== undefined &&
    how.type === key.asymmetricKeyType &&
    verify(how.hash, signed, { key, ...how.options }, signature)
  )
}

const bad = (problem: string, next?: string): TokenShape => ({
  isJwt: false,
  problem,
  ...(next !== undefined && { next }),
})

const isEncodedJwt = (text: string): boolean =>
  !text.includes('.') && /^ey[\w-]+\.[\w-]+\.[\w-]+\s*$/.test(Buffer.from(text, 'base64').toString('latin1'))

function jsonOf(part: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null ? (value as Json) : undefined
  } catch {
    return undefined
  }
}

const textAt = (object: unknown, key: string): string | undefined => {
  const value = typeof object === 'object' && object !== null ? (object as Json)[key] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Tokens of TokenRequest have one claim for it, tokens of Secrets several (path_login.go, serviceAccount). */
function accountOf(claims: Json): { namespace: string; name: string; uid: string } | undefined {
  const own = claims['kubernetes.io']
  const bound = typeof own === 'object' && own !== null ? (own as Json)['serviceaccount'] : undefined
  const old = (key: string): string | undefined => textAt(claims, `kubernetes.io/serviceaccount/${key}`)
  const namespace = textAt(own, 'namespace') ?? old('namespace')
  const name = textAt(bound, 'name') ?? old('service-account.name')
  const uid = textAt(bound, 'uid') ?? old('service-account.uid')
  return namespace === undefined || name === undefined || uid === undefined ? undefined : { namespace, name, uid }
}

const instant = (seconds: unknown): number | undefined => (typeof seconds === 'number' ? seconds * 1000 : undefined)
