import type * as v from 'valibot'
import type { fileSchema } from './schema.js'

/** icebreaker.yaml after checking: plain data, defaults filled in, durations in seconds, secrets as references. */
export type File = v.InferOutput<typeof fileSchema>

/** What a file means in the place where it is used: read once, before anything is compared. */
export interface Context {
  readonly clusters: Readonly<Record<string, ClusterFacts>>
  /** The text of each HCL file that a policy names, by the name that the file uses. */
  readonly texts: Readonly<Record<string, string>>
}

export interface ClusterFacts {
  /** The API server's address as Vault must use it. */
  readonly apiServer: string
  /** PEM; empty: the system's roots. */
  readonly ca: string
  /** Where the CA was found. */
  readonly caFrom: 'kubeconfig' | 'rootConfigMap' | 'tokenSecret' | 'system' | 'file'
  /** operator: a TLS handshake from here proved the CA. vault: it cannot be reached from here, so Vault's side must. */
  readonly proof: { readonly by: 'operator' } | { readonly by: 'vault'; readonly because: string }
}
