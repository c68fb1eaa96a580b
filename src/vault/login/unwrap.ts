import { IceError, isIceError, VAULT } from '../../catalogue/index.js'
import { redact, Secret } from '../../secrets/index.js'
import { path } from '../path.js'
import { checkToken } from '../token-source.js'
import type { Vault } from '../types.js'

/**
 * The secret ID that a response-wrapping token holds. What the token was made for is looked at first: one that somebody has
 * put in its place was made at another path (https://developer.hashicorp.com/vault/docs/concepts/response-wrapping).
 * @throws IceError VAULT.wrappedSecret
 */
export async function unwrapSecretID(vault: Vault, mount: string, wrapping: Secret): Promise<Secret> {
  const token = checkToken(wrapping, 'The wrapping token')
  const madeAt = await creationPath(vault, token)
  const role = madeAt.startsWith(`auth/${mount}/role/`) ? madeAt.slice(`auth/${mount}/role/`.length) : ''
  if (!/^[^/]+\/(?:custom-)?secret-id$/.test(role)) {
    throw new IceError(VAULT.wrappedSecret, {
      message: `What is wrapped was made at ${redact(madeAt)}; it is no secret ID of auth/${mount}. It was not unwrapped.`,
    })
  }
  const { data } = await attempt(() =>
    vault.withToken(token).write<{ secret_id?: unknown }>(path`sys/wrapping/unwrap`, {}),
  )
  if (typeof data.secret_id === 'string') return new Secret(data.secret_id)
  throw new IceError(VAULT.wrappedSecret, { message: 'What was unwrapped holds no secret ID.' })
}

async function creationPath(vault: Vault, token: Secret): Promise<string> {
  const { data } = await attempt(() =>
    vault.write<{ creation_path?: unknown }>(path`sys/wrapping/lookup`, { token }, { repeatable: true }),
  )
  // Within a namespace the path may begin with it.
  const from = String(data.creation_path)
  const { namespace } = vault
  return namespace !== undefined && from.startsWith(`${namespace}/`) ? from.slice(namespace.length + 1) : from
}

const REFUSED: readonly string[] = [
  VAULT.badRequest.code,
  VAULT.notPermitted.code,
  VAULT.tokenInvalid.code,
  VAULT.noToken.code,
]

/** Vault tells one that was used from one that never was by nothing at all. */
async function attempt<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!isIceError(error) || !REFUSED.includes(error.code)) throw error
    throw new IceError(VAULT.wrappedSecret, {
      message: 'Vault does not know the wrapping token: it was used already, has expired, or is of another server.',
      ...(error.details.evidence && { evidence: error.details.evidence }),
    })
  }
}
