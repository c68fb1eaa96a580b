import type { File } from '../config/file.js'
import { refs, type ObjectRef } from '../kubernetes/index.js'
import { kubernetesAddress, vaultAddress, type Address } from './address.js'
import { authConfigFields, type DesiredAuthConfig } from './auth-config-fields.js'
import { fingerprint, readable, type Values } from './fields.js'
import {
  accountAddress,
  bindingAddress,
  bindingName,
  clientsBindingName,
  holdsToken,
  reviewerOf,
  tokenSecretName,
  type Asking,
} from './reviewer.js'
import type { MintedToken } from './reviewer-token.js'

/** A bound token is renewed when less than this part of its life is left. */
const RENEW_BELOW = 1 / 3

export interface ObservedAuthConfig {
  readonly values: Values
  readonly reviewerSet: boolean
  /** uid of the Secret that holds the reviewer's token now (mode `secret`). */
  readonly secretUid: string | undefined
}

export interface AuthConfigMark {
  readonly [key: string]: string
  readonly fingerprint: string
}

/** As whom Vault asks: `NAMESPACE/NAME`, or each client as itself. */
const askingText = (asking: Asking): string =>
  asking.token === 'client' ? 'client' : `${asking.namespace}/${asking.serviceAccount}`

/** What is recorded of a config that was written with this token. */
export function authConfigMark(
  { values, reviewer, cluster, file }: Pick<DesiredAuthConfig, 'values' | 'reviewer' | 'cluster' | 'file'>,
  minted: Omit<MintedToken, 'token'> | undefined,
  last: AuthConfigMark | undefined,
): AuthConfigMark {
  // Also in another mode: a Secret made anew under an old name would hold the old token again.
  const before = last?.['reviewer'] === askingText(reviewer) ? last['tokenSecret'] : undefined
  const secret = reviewer.secret ?? before
  return {
    fingerprint: fingerprint(readable(authConfigFields, values)),
    reviewer: askingText(reviewer),
    reviewerToken: reviewer.token,
    ...(reviewer.token === 'client' && { binding: clientsBindingName(file, cluster) }),
    ...(secret === undefined ? {} : { tokenSecret: secret }),
    ...(minted?.secretUid === undefined ? {} : { secretUid: minted.secretUid }),
    ...(minted?.boundTo === undefined ? {} : { boundTo: minted.boundTo }),
    ...(minted?.expiresAt === undefined
      ? {}
      : { issuedAt: new Date().toISOString(), expiresAt: minted.expiresAt.toISOString() }),
  }
}

/** Where markers of tokens may be that Vault no longer uses. */
export function markerNamespaces(
  reviewer: Asking,
  minted: MintedToken | undefined,
  last: AuthConfigMark | undefined,
): ReadonlySet<string> {
  const before = last === undefined ? [] : markerOf(last).map(({ namespace = '' }) => namespace)
  return new Set([...before, ...(minted?.boundTo !== undefined && 'namespace' in reviewer ? [reviewer.namespace] : [])])
}

/** The marker Secret of a bound token, if there is one. */
export function markerOf({ boundTo, reviewer }: AuthConfigMark): ObjectRef[] {
  const [namespace] = (reviewer ?? '').split('/')
  return boundTo === undefined || namespace === undefined ? [] : [refs.secret(namespace, boundTo)]
}

/** By cluster: the Secrets that rotations have given other names, by what was recorded of each auth config. */
export function tokenSecretsOf(
  file: File,
  markAt: (address: Address) => Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const found = Object.entries(file.clusters).flatMap(([name, { auth }]) => {
    const reviewer = reviewerOf(auth)
    const mark = markAt(vaultAddress(`auth/${auth.path}/config`))
    const secret = mark?.['tokenSecret']
    return reviewer === undefined || secret === undefined || mark?.['reviewer'] !== askingText(reviewer)
      ? []
      : [[name, secret] as const]
  })
  return Object.fromEntries(found)
}

/** Why the reviewer's token must be written, or taken away, although it cannot be compared; undefined: it need not. */
export function reviewerReason(
  { reviewer }: DesiredAuthConfig,
  observed: ObservedAuthConfig | undefined,
  written: AuthConfigMark | undefined,
): string | undefined {
  if (observed === undefined) return undefined
  const mode = written?.['reviewerToken']
  if (!holdsToken(reviewer)) {
    if (observed.reviewerSet) return `token: ${reviewer.token} does without`
    return mode === undefined || mode === reviewer.token ? undefined : `its mode was ${mode}`
  }
  if (!observed.reviewerSet) return 'Vault holds no reviewer token'
  if (written?.['reviewer'] === undefined) return 'it is not recorded which token Vault holds'
  if (written['reviewer'] !== askingText(reviewer)) return `it is a token of ${written['reviewer']}`
  if (mode !== reviewer.token) return `its mode was ${String(mode)}`
  if (written['secretUid'] !== undefined && observed.secretUid !== written['secretUid'])
    return 'its Secret was made anew'
  if (written['expiresAt'] !== undefined && written['issuedAt'] !== undefined) {
    const [issued, expires] = [Date.parse(written['issuedAt']), Date.parse(written['expiresAt'])]
    if (expires - Date.now() < (expires - issued) * RENEW_BELOW) return `it expires at ${written['expiresAt']}`
  }
  return undefined
}

/** What the config lives on in the cluster: with it every login would end, also those of roles that others made. */
export function livesOn(cluster: string, { reviewer, tokenSecret, binding }: AuthConfigMark): Address[] {
  if (binding !== undefined) return [bindingAddress(cluster, binding)]
  const [namespace = '', serviceAccount] = (reviewer ?? '').split('/')
  if (serviceAccount === undefined) return []
  const secret = tokenSecretName({ serviceAccount, ...(tokenSecret !== undefined && { secret: tokenSecret }) })
  return [
    accountAddress(cluster, namespace, serviceAccount),
    bindingAddress(cluster, bindingName({ namespace, serviceAccount })),
    kubernetesAddress(cluster, 'Secret', secret, namespace),
  ]
}
