import { randomBytes } from 'node:crypto'
import { IceError, KUBERNETES } from '../catalogue/index.js'
import { refs } from '../kubernetes/index.js'
import type { Secret } from '../secrets/index.js'
import type { DesiredAuthConfig } from './auth-config-fields.js'
import type { ApiCall, Io } from './contract.js'
import { FILE_LABEL, ownLabels } from './kubernetes-object.js'
import { tokenSecretName, type Reviewer } from './reviewer.js'
import type { IceEvent } from '../events/index.js'

export interface MintedToken {
  readonly token: Secret
  /** uid of the Secret that holds it (mode `secret`). */
  readonly secretUid?: string
  /** The marker Secret whose deletion ends the token (mode `bound`). */
  readonly boundTo?: string
  /** As granted, which may be sooner than asked for: clouds cap it. */
  readonly expiresAt?: Date
}

const REVIEWER_LABEL = 'vault-icebreaker/reviewer-of'

/** The reviewer's token: read from its Secret, or asked for with TokenRequest and bound to a marker Secret of its own. */
export async function mintReviewerToken(desired: DesiredAuthConfig, io: Io): Promise<MintedToken> {
  const { reviewer } = desired
  const cluster = io.cluster(desired.cluster)
  if (reviewer.token === 'secret') {
    const name = tokenSecretName(reviewer)
    const secret = await cluster.get(refs.secret(reviewer.namespace, name))
    const token = (secret?.['data'] as Readonly<Record<string, Secret>> | undefined)?.['token']
    if (token === undefined) {
      throw new IceError(KUBERNETES.tokenNotFilled, {
        message: `The Secret ${reviewer.namespace}/${name} holds no token.`,
        evidence: { cluster: cluster.name },
      })
    }
    return { token, ...(secret?.metadata.uid === undefined ? {} : { secretUid: secret.metadata.uid }) }
  }

  const name = `${reviewer.serviceAccount}-bound-${randomBytes(4).toString('hex')}`
  const marker = await cluster.create(refs.secret(reviewer.namespace, name), {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: reviewer.namespace, labels: markerLabels(desired) },
    type: 'Opaque',
  })
  const { token, expiresAt } = await cluster.requestToken({
    namespace: reviewer.namespace,
    serviceAccount: reviewer.serviceAccount,
    audiences: [],
    expirationSeconds: reviewer.expiration,
    boundTo: { kind: 'Secret', apiVersion: 'v1', name, uid: marker.metadata.uid ?? '' },
  })
  return { token, boundTo: name, expiresAt }
}

/** When a token ends and what must happen before, with what the cluster made of the life that was asked for. */
export function expiryNote({ reviewer }: DesiredAuthConfig, expiresAt: Date, address: string): IceEvent {
  const granted = Math.round((expiresAt.getTime() - Date.now()) / 1000)
  const cut =
    granted < reviewer.expiration * 0.95 ? ` (${reviewer.expiration} s were asked for, ${granted} s granted)` : ''
  return {
    type: 'note',
    level: 'warning',
    address,
    text: `The reviewer's token expires at ${expiresAt.toISOString()}${cut}. Run apply again before then, from a scheduled job: afterwards every login fails.`,
  }
}

/** Ends the tokens that are no longer used (all but that of the marker `except`), by deleting the Secrets they are bound to. */
export async function retireReviewerTokens(
  desired: DesiredAuthConfig,
  except: string | undefined,
  io: Io,
): Promise<void> {
  const cluster = io.cluster(desired.cluster)
  const { namespace } = desired.reviewer
  const labels = markerLabels(desired)
  const selector = `${FILE_LABEL}=${desired.file},${REVIEWER_LABEL}=${labels[REVIEWER_LABEL] ?? ''}`
  const old = (await cluster.list(refs.secret(namespace, ''), selector)).filter(
    ({ metadata }) => metadata.name !== except,
  )
  await Promise.all(
    old.map(({ metadata }) =>
      cluster.delete(refs.secret(namespace, metadata.name), metadata.uid === undefined ? {} : { uid: metadata.uid }),
    ),
  )
}

function markerLabels(desired: DesiredAuthConfig): Record<string, string> {
  return { ...ownLabels(desired.file), [REVIEWER_LABEL]: desired.cluster }
}

/** What minting needs; `read`: what tells whether the token is still the one that was written. */
export function reviewerTokenCalls({ cluster, reviewer }: DesiredAuthConfig): { read: ApiCall[]; mint: ApiCall[] } {
  const { namespace } = reviewer
  const secrets = (verb: string, name?: string): ApiCall => ({
    api: 'kubernetes',
    cluster,
    access: { verb, group: '', resource: 'secrets', namespace, ...(name !== undefined && { name }) },
  })
  if (reviewer.token === 'secret') {
    const read = secrets('get', tokenSecretName(reviewer))
    return { read: [read], mint: [read] }
  }
  return {
    read: [],
    // A marker's name is random, so it cannot be named here.
    mint: [tokenRequestCall(cluster, reviewer), ...['create', 'list', 'delete'].map((verb) => secrets(verb))],
  }
}

/** Minting a token is impersonation, so it is asked for by name. */
export function tokenRequestCall(cluster: string, { namespace, serviceAccount: name }: Reviewer): ApiCall {
  const access = { verb: 'create', group: '', resource: 'serviceaccounts', subresource: 'token', namespace, name }
  return { api: 'kubernetes', cluster, access }
}
