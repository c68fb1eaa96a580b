import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Secret } from '../../src/secrets/index.js'
import { servers } from '../servers/index.js'

type Claims = Readonly<Record<string, unknown>>

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A JWT with these claims, signed as the cluster signs its own. */
export function signedJwt(claims: Claims, signingKey = servers().signingKey): Secret {
  const key = createPrivateKey(readFileSync(signingKey))
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const kid = createHash('sha256').update(der).digest('base64url')
  const text = `${encoded({ alg: 'RS256', kid })}.${encoded(claims)}`
  return new Secret(`${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`)
}

/** The claims of a token of a service account, for the audience vault, ten minutes long. */
export function accountClaims(
  account: { readonly namespace: string; readonly name: string; readonly uid: string },
  more: Claims = {},
): Claims {
  const { namespace, name, uid } = account
  const now = Math.floor(Date.now() / 1000)
  return {
    iss: 'https://kubernetes.default.svc.cluster.local',
    sub: `system:serviceaccount:${namespace}:${name}`,
    aud: ['vault'],
    iat: now,
    nbf: now,
    exp: now + 600,
    'kubernetes.io': { namespace, serviceaccount: { name, uid } },
    ...more,
  }
}
