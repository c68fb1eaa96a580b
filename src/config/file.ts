import type * as v from 'valibot'
import type { fileSchema } from './schema.js'

/** icebreaker.yaml after checking: plain data, defaults filled in, durations in seconds, secrets as references. */
export type File = v.InferOutput<typeof fileSchema>

/** What a file means in the place where it is used: read once, before anything is compared. */
export interface Context {
  readonly clusters: Readonly<Record<string, ClusterFacts>>
  /** The text of each HCL file that a policy names, by the name that the file uses. */
  readonly texts: Readonly<Record<string, string>>
  /** By cluster: the Secret with the reviewer's token, where a rotation has given it another name than the usual one. */
  readonly tokenSecrets?: Readonly<Record<string, string>>
}

export interface ClusterFacts {
  /** Whom Vault asks, at which address: the API server, or the issuer where its keys are asked for. */
  readonly apiServer: string
  /** PEM; empty: the roots of Vault's machine, where those were meant and none could be tried from here. */
  readonly ca: string
  /** Where the CA was found. */
  readonly caFrom: 'kubeconfig' | 'rootConfigMap' | 'tokenSecret' | 'system' | 'file'
  /** operator: a TLS handshake from here proved the CA. vault: it cannot be reached from here, so Vault's side must. */
  readonly proof: { readonly by: 'operator' } | { readonly by: 'vault'; readonly because: string }
  /** Who issues the cluster's tokens, where Vault checks them by itself (method `jwt`). `keys`: PEM, where they are pinned. */
  readonly issuer?: { readonly url: string; readonly keys: readonly string[] }
}
