import { createPublicKey, type JsonWebKey } from 'node:crypto'

export type { JsonWebKey }

/**
 * The keys of a JSON Web Key Set (RFC 7517) as PEM, sorted, each once. What is no key for signatures, or of a sort that
 * nobody here knows, is left out: tokens that it signs are refused.
 */
export function pemKeys(keys: readonly JsonWebKey[]): string[] {
  const pems = keys.filter(({ use }) => use === undefined || use === 'sig').flatMap((key) => pemOf(key) ?? [])
  return [...new Set(pems)].sort()
}

function pemOf(key: JsonWebKey): string | undefined {
  try {
    return createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString()
  } catch {
    return undefined
  }
}
