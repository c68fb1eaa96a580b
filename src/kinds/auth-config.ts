import type { Context, File } from '../config/file.js'
import { refs } from '../kubernetes/index.js'
import { path } from '../vault/index.js'
import { audienceCalls, CLIENT_CAUTION, POD_CAUTION, proveAudiences } from './auth-config-clients.js'
import { authConfigFields, type DesiredAuthConfig } from './auth-config-fields.js'
import { authConfigCommands } from './auth-config-commands.js'
import { authConfigExport } from './auth-config-export.js'
import {
  livesOn,
  authConfigMark,
  markerNamespaces,
  markerOf,
  reviewerReason,
  type AuthConfigMark,
  type ObservedAuthConfig,
} from './auth-config-mark.js'
import { proofCalls, proveFromVault } from './auth-config-proof.js'
import { kubernetesAddress, vaultAddress, type Address } from './address.js'
import { clientsOf } from './clients.js'
import type { Change, Io, Kind } from './contract.js'
import {
  apiBody,
  diffFields,
  fingerprint,
  keptValues,
  observedValues,
  readable,
  requireTaken,
  type Values,
} from './fields.js'
import { readObject } from './kubernetes-object.js'
import {
  accountAddress,
  askingOf,
  bindingAddress,
  bindingName,
  clientsBindingName,
  holdsToken,
  tokenSecretAddress,
  tokenSecretName,
  type Asking,
} from './reviewer.js'
import { expiryNote, mintReviewerToken, retireReviewerTokens, reviewerTokenCalls } from './reviewer-token.js'
import { rolesOf } from './removal.js'
import { readAndWrite, sideways } from './vault-object.js'

export interface AuthConfigId {
  readonly mount: string
  readonly cluster: string
  /** The Secret that holds the reviewer's token (mode `secret`). */
  readonly tokenSecret?: { readonly namespace: string; readonly name: string }
}

export type { AuthConfigMark } from './auth-config-mark.js'

export const authConfig: Kind<AuthConfigId, DesiredAuthConfig, ObservedAuthConfig, AuthConfigMark> = {
  kind: 'AuthConfig',
  title: 'auth config',
  about:
    'Tells Vault where the API server of the cluster is, which CA signed its certificate, and with whose token to ask it about others.',
  sections: ['clusters.auth.kubernetes'],
  fields: {
    ...authConfigFields,
    tokenReviewerJWT: { api: 'token_reviewer_jwt', mode: 'writeOnly' },
  },
  ownership: 'inventory',

  *expand(file: File, context: Context) {
    for (const [name, { auth }] of Object.entries(file.clusters)) {
      const facts = context.clusters[name]
      if (facts === undefined || auth.method !== 'kubernetes') continue
      const reviewer = askingOf(auth.reviewer, name, context)
      const given: Values = { ...(reviewer.token === 'pod' && { disableLocalCAJWT: false }), ...auth }
      const values = Object.fromEntries(
        Object.entries(authConfigFields).map(([field, spec]) => [
          field,
          given[field] ?? ('absent' in spec ? spec.absent : undefined),
        ]),
      )
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
          ...(reviewer.token === 'client' && { clients: clientsOf(file, name) }),
          proof: facts.proof,
          file: file.name,
        },
        after: [vaultAddress(`sys/auth/${auth.path}`), ...neededBy(reviewer, name, file)],
        within: vaultAddress(`sys/auth/${auth.path}`),
        from: ['clusters', name, 'auth'],
      }
    }
  },

  address: ({ mount }) => vaultAddress(`auth/${mount}/config`),

  calls({ mount }, desired) {
    const { read, write } = readAndWrite(path`auth/${mount}/config`, true)
    const { reviewer } = desired
    const token = holdsToken(reviewer) ? reviewerTokenCalls({ ...desired, reviewer }) : { read: [], mint: [] }
    return {
      read: [...read, ...token.read],
      write: [
        ...write,
        ...token.mint,
        ...(reviewer.token === 'client' ? audienceCalls(desired) : []),
        ...(desired.proof.by === 'vault' ? proofCalls(desired) : []),
      ],
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
    const to = holdsToken(desired.reviewer) ? '(secret)' : undefined
    const why = reviewerReason(desired, observed, mark)
    if (observed === undefined && to !== undefined) changes.push({ field: 'tokenReviewerJWT', from: undefined, to })
    else if (observed !== undefined && why !== undefined) {
      changes.push({ field: 'tokenReviewerJWT', from: observed.reviewerSet ? '(secret)' : undefined, to, why })
    }
    return changes
  },

  // Which cluster's tokens are accepted changes as one: between what was narrowed before and what is widened after it.
  stages: sideways,

  // Where the API server is and who signs for it is always said: by the cluster.
  keep: (desired, { values }, said) => ({
    ...desired,
    values: keptValues(
      authConfigFields,
      desired.values,
      values,
      new Set([...said, 'kubernetesHost', 'kubernetesCACert']),
    ),
  }),

  cautions: ({ reviewer: { token } }) => (token === 'client' ? [CLIENT_CAUTION] : token === 'pod' ? [POD_CAUTION] : []),

  async prove({ mount }, desired, io): Promise<void> {
    if (desired.reviewer.token === 'client') await proveAudiences(mount, desired, io)
    if (desired.proof.by === 'vault') await proveFromVault(mount, desired, io)
  },

  async write({ mount }, desired, observed, io, last): Promise<AuthConfigMark> {
    const at = path`auth/${mount}/config`
    const { reviewer, cluster, file } = desired
    const inUse = last?.['boundTo']
    const minted = holdsToken(reviewer) ? await mintReviewerToken({ reviewer, cluster, file }, io, inUse) : undefined
    await io.vault.write(
      at,
      {
        ...apiBody(authConfigFields, desired.values, observed?.values),
        ...(minted && { token_reviewer_jwt: minted.token }),
      },
      { repeatable: true },
    )
    await requireTaken(authConfigFields, at, desired.values, async () => {
      const answer = await io.vault.read(at)
      return answer && observedValues(authConfigFields, answer.data)
    })
    if (reviewer.token === 'bound' && minted?.expiresAt !== undefined)
      io.emit(expiryNote(reviewer.expiration, minted.expiresAt, vaultAddress(at.text)))
    for (const namespace of markerNamespaces(reviewer, minted, last))
      await retireReviewerTokens({ cluster, file, namespace }, minted?.boundTo, io)
    return authConfigMark(desired, minted, last)
  },

  commands({ mount }, desired, observed, programs, last) {
    const body = apiBody(authConfigFields, desired.values, observed?.values)
    return authConfigCommands(path`auth/${mount}/config`, desired, body, programs, last)
  },

  export: authConfigExport,

  removal: {
    // It goes with its mount; what it would leave behind is the marker that its reviewer's token hangs on.
    endsLogins: true,
    // While somebody's role is on the mount, its logins need the reviewer.
    contents: ({ mount }, io) => rolesOf(mount, io),
    needs: ({ cluster }, written) => livesOn(cluster, written),
    calls: ({ cluster }, written) =>
      markerOf(written).map(({ namespace = '', name }) => ({
        api: 'kubernetes',
        cluster,
        access: { verb: 'delete', group: '', resource: 'secrets', namespace, name },
      })),
    takes: ({ cluster }, written) =>
      markerOf(written).map(({ namespace, name }) => kubernetesAddress(cluster, 'Secret', name, namespace)),
    async remove({ cluster }, _observed, io, written) {
      for (const marker of markerOf(written)) await io.cluster(cluster).delete(marker)
    },
  },

  fits: (observed, written) => fingerprint(readable(authConfigFields, observed.values)) === written.fingerprint,

  intended: (_id, desired) => ({ fingerprint: fingerprint(readable(authConfigFields, desired.values)) }),
}

/** What must stand on the cluster before. */
function neededBy(reviewer: Asking, cluster: string, file: File): Address[] {
  if (reviewer.token === 'client') return [bindingAddress(cluster, clientsBindingName(file.name, cluster))]
  return [
    bindingAddress(cluster, bindingName(reviewer)),
    reviewer.token === 'secret'
      ? tokenSecretAddress(cluster, reviewer)
      : accountAddress(cluster, reviewer.namespace, reviewer.serviceAccount),
  ]
}
