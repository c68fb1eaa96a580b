import * as v from 'valibot'
import type { ClusterFacts } from '../config/file.js'
import type { Client } from './clients.js'
import { entries, optional, required, type Fields, type Values } from './fields.js'
import type { Asking } from './reviewer.js'

/**
 * auth/MOUNT/config is replaced as a whole by every write: a field that is left out falls back to its default, and a
 * missing token_reviewer_jwt is erased, and cannot be read back. So everything is always sent, the token too.
 */
export const authConfigFields = {
  kubernetesHost: required(v.string(), 'kubernetes_host', {
    about: 'The address of the API server, as Vault must use it.',
  }),
  kubernetesCACert: optional(v.string(), 'kubernetes_ca_cert', {
    about: 'The CA that signed the certificate of the API server.',
    absent: '',
    compare: 'text',
  }),
  pemKeys: optional(v.array(v.string()), 'pem_keys', {
    about: 'Public keys that sign tokens of the cluster, for a second check of the signature.',
    absent: [],
    compare: 'text',
  }),
  issuer: optional(v.string(), 'issuer', {
    about: 'The issuer that a token must name, where that is checked.',
    absent: '',
  }),
  disableISSValidation: optional(v.boolean(), 'disable_iss_validation', {
    about: 'Do not check the issuer: the API server does so, in TokenReview.',
    absent: true,
  }),
  // Vault must not fall back to the token and CA of the pod that it may run in: those are of that pod's cluster.
  disableLocalCAJWT: optional(v.boolean(), 'disable_local_ca_jwt', {
    about: 'Do not use the token and the CA of the pod that Vault may run in.',
    absent: true,
  }),
  // Unknown to OpenBao, so only sent where it is asked for.
  useAnnotationsAsAliasMetadata: optional(v.boolean(), 'use_annotations_as_alias_metadata', {
    about: 'Hand annotations of the service account on as metadata; HashiCorp Vault only.',
    notEverywhere: true,
  }),
} as const satisfies Fields

const { kubernetesHost: _host, kubernetesCACert: _ca, ...fromFile } = authConfigFields

/** What `clusters.NAME.auth` may say of the config; host and CA come from the cluster. */
export const authConfigEntries = entries(fromFile)

export interface DesiredAuthConfig {
  readonly values: Values
  readonly cluster: string
  readonly reviewer: Asking
  /** Who asks, where each client asks for itself. */
  readonly clients?: readonly Client[]
  /** How the operator's side saw the CA proven; `vault`: it cannot reach the address, so Vault's side must prove it. */
  readonly proof: ClusterFacts['proof']
  readonly file: string
}
