import type { Variable } from '../catalogue/variable.js'

export type Env = Readonly<Record<string, string | undefined>>

/** A value and what the operator would call the place it came from. */
export interface Setting {
  readonly value: string
  readonly from: string
}

/**
 * `BAO_NAME`, or `VAULT_NAME` where that is not set. As in `bao` (openbao/api/env.go), one that is set to nothing still
 * hides the other.
 */
export function prefixed(env: Env, name: string): Setting | undefined {
  const from = env[`BAO_${name}`] === undefined ? `VAULT_${name}` : `BAO_${name}`
  const value = env[from]
  return value ? { value, from } : undefined
}

/** Both products have each of these: `VAULT_NAME` and `BAO_NAME`. */
const both = (names: readonly string[], meaning: string): Variable => ({
  names: names.flatMap((name) => [`VAULT_${name}`, `BAO_${name}`]),
  meaning,
})

/** What `prefixed` is asked for. */
export const VAULT_VARIABLES: readonly Variable[] = [
  both(['ADDR'], 'The address, where neither a flag nor the file says it.'),
  both(['AGENT_ADDR'], 'The same, and before it: the address of an agent.'),
  both(['TOKEN'], 'The token; otherwise that of the token helper or ~/.vault-token.'),
  both(['TOKEN_PATH'], 'The file of the token instead of ~/.vault-token.'),
  both(['CONFIG_PATH'], 'The configuration that names a token helper; otherwise ~/.bao, ~/.vault.'),
  both(['NAMESPACE'], 'The namespace.'),
  both(['CACERT', 'CACERT_BYTES', 'CAPATH'], 'Certificate authorities: a PEM file, PEM text, a folder.'),
  both(['CLIENT_CERT', 'CLIENT_KEY'], 'A client certificate and its key, as PEM files.'),
  both(['CLIENT_CERT_BYTES', 'CLIENT_KEY_BYTES'], 'The same as PEM text.'),
  both(['TLS_SERVER_NAME'], "The name in Vault's certificate, where the address has another."),
  both(['CLIENT_TIMEOUT'], 'How long one request may take, such as 60 or 1m30s.'),
  both(['MAX_RETRIES'], 'How often one request is repeated.'),
  both(['PROXY_ADDR', 'HTTP_PROXY'], 'A proxy, always.'),
  { names: ['ICEBREAKER_NO_BROWSER'], meaning: 'Set: a login in a browser (oidc) opens none; its address is printed.' },
  both(['SKIP_VERIFY'], 'Refused (ICE2004): verification is not switched off by the environment.'),
]
