import type { Context, File } from '../config/file.js'
import { refs } from '../kubernetes/index.js'
import { path } from '../vault/index.js'
import { authConfigFields, type DesiredAuthConfig } from './auth-config-fields.js'
import { proofCalls, proveFromVault } from './auth-config-proof.js'
import { vaultAddress } from './address.js'
import type { Change, Io, Kind } from './contract.js'
import { apiBody, diffFields, fingerprint, observedValues, readable, requireTaken, type Values } from './fields.js'
import { readObject } from './kubernetes-object.js'
import { accountAddress, bindingAddress, tokenSecretAddress, tokenSecretName } from './reviewer.js'
import {
  expiryNote,
  mintReviewerToken,
  retireReviewerTokens,
  reviewerTokenCalls,
  type MintedToken,
} from './reviewer-token.js'
import { readAndWrite, sideways } from './vault-object.js'

/** A bound token is renewed when less than this part of its life is left. */
const RENEW_BELOW = 1 / 3

export interface AuthConfigId {
  readonly mount: string
  readonly cluster: string
  /** The Secret that holds the reviewer's token (mode `secret`). */
  readonly tokenSecret?: { readonly namespace: string; readonly name: string }
}

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

export const authConfig: Kind<AuthConfigId, DesiredAuthConfig, ObservedAuthConfig, AuthConfigMark> = {
  kind: 'AuthConfig',
  title: 'auth config',
  fields: {
    ...authConfigFields,
    tokenReviewerJWT: { api: 'token_reviewer_jwt', mode: 'writeOnly' },
  },
  ownership: 'inventory',

  *expand(file: File, context: Context) {
    for (const [name, cluster] of Object.entries(file.clusters)) {
      const { auth } = cluster
      const facts = context.clusters[name]
      if (facts === undefined) continue
      const given = auth as Values
      const values = Object.fromEntries(
        Object.entries(authConfigFields).map(([field, spec]) => [
          field,
          given[field] ?? ('absent' in spec ? spec.absent : undefined),
        ]),
      )
      const { reviewer } = auth
      yield {
        id: {
          mount: auth.path,
          cluster: name,
          ...(reviewer.token === 'secret' && {
            tokenSecret: { namespace: reviewer.namespace, name: tokenSecretName(reviewer) },
          }),
        },
        desired: {
          values: { ...values, kubernetesHost: facts.apiServer, kubernetesCACert: facts.ca },
          cluster: name,
          reviewer,
          proof: facts.proof,
          file: file.name,
        },
        after: [
          vaultAddress(`sys/auth/${auth.path}`),
          bindingAddress(name, reviewer),
          reviewer.token === 'secret'
            ? tokenSecretAddress(name, reviewer)
            : accountAddress(name, reviewer.namespace, reviewer.serviceAccount),
        ],
        within: vaultAddress(`sys/auth/${auth.path}`),
        from: ['clusters', name, 'auth'],
      }
    }
  },

  address: ({ mount }) => vaultAddress(`auth/${mount}/config`),

  calls({ mount }, desired) {
    const { read, write } = readAndWrite(path`auth/${mount}/config`, true)
    const token = reviewerTokenCalls(desired)
    return {
      read: [...read, ...token.read],
      write: [...write, ...token.mint, ...(desired.proof.by === 'vault' ? proofCalls(desired) : [])],
    }
  },

  async read({ mount, cluster, tokenSecret }, io: Io): Promise<ObservedAuthConfig | undefined> {
    const [answer, secret] = await Promise.all([
      io.vault.read(path`auth/${mount}/config`),
      tokenSecret && readObject(cluster, refs.secret(tokenSecret.namespace, tokenSecret.name), io),
    ])
    if (answer === undefined) return undefined
    return {
      values: observedValues(authConfigFields, answer.data),
      reviewerSet: answer.data['token_reviewer_jwt_set'] === true,
      secretUid: secret?.metadata.uid,
    }
  },

  diff(desired, observed, mark): Change[] {
    const changes = diffFields(authConfigFields, desired.values, observed?.values)
    const why = reviewerReason(desired, observed, mark)
    if (observed === undefined) changes.push({ field: 'tokenReviewerJWT', from: undefined, to: '(secret)' })
    else if (why !== undefined) {
      changes.push({
        field: 'tokenReviewerJWT',
        from: observed.reviewerSet ? '(secret)' : undefined,
        to: '(secret)',
        why,
      })
    }
    return changes
  },

  // Which cluster's tokens are accepted changes as one: between what was narrowed before and what is widened after it.
  stages: sideways,

  async prove({ mount }, desired, io): Promise<void> {
    if (desired.proof.by === 'vault') await proveFromVault(mount, desired, io)
  },

  async write({ mount }, desired, observed, io, last): Promise<AuthConfigMark> {
    const at = path`auth/${mount}/config`
    const minted = await mintReviewerToken(desired, io)
    await io.vault.write(
      at,
      { ...apiBody(authConfigFields, desired.values, observed?.values), token_reviewer_jwt: minted.token },
      { repeatable: true },
    )
    await requireTaken(authConfigFields, at, desired.values, async () => {
      const answer = await io.vault.read(at)
      return answer && observedValues(authConfigFields, answer.data)
    })
    if (minted.expiresAt !== undefined) io.emit(expiryNote(desired, minted.expiresAt, vaultAddress(at.text)))
    if (minted.boundTo !== undefined || last?.['boundTo'] !== undefined)
      await retireReviewerTokens(desired, minted.boundTo, io)
    return mark(desired, minted)
  },

  fits: (observed, written) => fingerprint(readable(authConfigFields, observed.values)) === written.fingerprint,

  intended: (_id, desired) => ({ fingerprint: fingerprint(readable(authConfigFields, desired.values)) }),
}

function mark(desired: DesiredAuthConfig, minted: MintedToken): AuthConfigMark {
  return {
    fingerprint: fingerprint(readable(authConfigFields, desired.values)),
    reviewer: `${desired.reviewer.namespace}/${desired.reviewer.serviceAccount}`,
    reviewerToken: desired.reviewer.token,
    ...(minted.secretUid === undefined ? {} : { secretUid: minted.secretUid }),
    ...(minted.boundTo === undefined ? {} : { boundTo: minted.boundTo }),
    ...(minted.expiresAt === undefined
      ? {}
      : { issuedAt: new Date().toISOString(), expiresAt: minted.expiresAt.toISOString() }),
  }
}

/** Why the reviewer's token must be written, although it cannot be compared; undefined: it need not. */
function reviewerReason(
  { reviewer }: DesiredAuthConfig,
  observed: ObservedAuthConfig | undefined,
  written: AuthConfigMark | undefined,
): string | undefined {
  if (observed === undefined) return undefined
  if (!observed.reviewerSet) return 'Vault holds no reviewer token'
  if (written?.['reviewer'] === undefined) return 'it is not recorded which token Vault holds'
  if (written['reviewer'] !== `${reviewer.namespace}/${reviewer.serviceAccount}`)
    return `it is a token of ${written['reviewer']}`
  if (written['reviewerToken'] !== reviewer.token) return `its mode was ${String(written['reviewerToken'])}`
  if (written['secretUid'] !== undefined && observed.secretUid !== written['secretUid'])
    return 'its Secret was made anew'
  if (written['expiresAt'] !== undefined && written['issuedAt'] !== undefined) {
    const [issued, expires] = [Date.parse(written['issuedAt']), Date.parse(written['expiresAt'])]
    if (expires - Date.now() < (expires - issued) * RENEW_BELOW) return `it expires at ${written['expiresAt']}`
  }
  return undefined
}
