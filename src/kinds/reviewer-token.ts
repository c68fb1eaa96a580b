import { randomBytes } from 'node:crypto'
import { IceError, isIceError, KUBERNETES } from '../catalogue/index.js'
import type { IceEvent } from '../events/index.js'
import { refs, type ObjectRef } from '../kubernetes/index.js'
import type { Secret } from '../secrets/index.js'
import { durationText } from './atoms.js'
import type { ApiCall, Io } from './contract.js'
import { FILE_LABEL, ownLabels } from './kubernetes-object.js'
import { tokenSecretName, type Reviewer, type TokenReviewer } from './reviewer.js'

/** Whose token of which file it is. */
export interface Minting<R extends Reviewer = TokenReviewer> {
  readonly reviewer: R
  readonly cluster: string
  readonly file: string
}

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

/**
 * The reviewer's token: read from its Secret, or asked for with TokenRequest and bound to a marker Secret of its own.
 * @param inUse the marker of the token that Vault has now
 */
export function mintReviewerToken(minting: Minting, io: Io, inUse?: string): Promise<MintedToken> {
  const { reviewer } = minting
  return reviewer.token === 'secret'
    ? storedToken({ ...minting, reviewer }, io)
    : mintBoundToken(minting, reviewer.expiration, io, inUse)
}

/** @throws IceError KUBERNETES.tokenNotFilled */
async function storedToken({ reviewer, cluster }: Minting<Reviewer>, io: Io): Promise<MintedToken> {
  const name = tokenSecretName(reviewer)
  const secret = await io.cluster(cluster).get(refs.secret(reviewer.namespace, name))
  const token = (secret?.['data'] as Readonly<Record<string, Secret>> | undefined)?.['token']
  if (token === undefined) {
    throw new IceError(KUBERNETES.tokenNotFilled, {
      message: `The Secret ${reviewer.namespace}/${name} holds no token.`,
      evidence: { cluster },
    })
  }
  return { token, ...(secret?.metadata.uid === undefined ? {} : { secretUid: secret.metadata.uid }) }
}

/** A token of TokenRequest that lives so many seconds, if the cluster grants them. */
export async function mintBoundToken(
  minting: Minting<Reviewer>,
  seconds: number,
  io: Io,
  inUse?: string,
): Promise<MintedToken & Required<Pick<MintedToken, 'boundTo' | 'expiresAt'>>> {
  const { reviewer } = minting
  const cluster = io.cluster(minting.cluster)
  const { name, uid } = await makeMarker(minting, io, inUse)
  try {
    const { token, expiresAt } = await cluster.requestToken({
      namespace: reviewer.namespace,
      serviceAccount: reviewer.serviceAccount,
      audiences: [],
      expirationSeconds: seconds,
      boundTo: { kind: 'Secret', apiVersion: 'v1', name, uid },
    })
    return { token, boundTo: name, expiresAt }
  } catch (error) {
    await cluster.delete(refs.secret(reviewer.namespace, name)).catch(() => undefined)
    throw error
  }
}

const SLOTS = ['a', 'b', 'c'] as const

/**
 * What a marker is named: a few fixed names in turn, so that whoever rotates can be allowed to delete these alone. (No
 * name of a file or cluster has a dot.)
 */
export const markerNames = ({ reviewer, cluster, file }: Minting<Reviewer>): readonly string[] =>
  SLOTS.map((slot) => `${reviewer.serviceAccount}-bound.${file}.${cluster}.${slot}`)

/** The first free one after that in use. A name that is taken may be of a run that was killed after its write: Vault may use it. */
async function makeMarker(
  minting: Minting<Reviewer>,
  io: Io,
  inUse: string | undefined,
): Promise<{ readonly name: string; readonly uid: string }> {
  const { namespace, serviceAccount } = minting.reviewer
  const names = markerNames(minting)
  const next = names.indexOf(inUse ?? '') + 1
  const inTurn = [...names.slice(next), ...names.slice(0, next)].filter((name) => name !== inUse)
  for (const name of [...inTurn, `${serviceAccount}-bound-${randomBytes(4).toString('hex')}`]) {
    try {
      const marker = await io.cluster(minting.cluster).create(refs.secret(namespace, name), {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace, labels: markerLabels(minting) },
        type: 'Opaque',
      })
      return { name, uid: marker.metadata.uid ?? '' }
    } catch (error) {
      if (!isIceError(error) || error.code !== KUBERNETES.exists.code) throw error
    }
  }
  throw new Error('a random name is taken')
}

/** What the cluster made of the life that was asked for; empty where it granted it. */
export function cutText(asked: number, granted: number): string {
  return granted < asked * 0.95 ? ` (${durationText(asked)} were asked for, ${durationText(granted)} granted)` : ''
}

/** When a token ends and what must happen before. */
export function expiryNote(asked: number, expiresAt: Date, address: string): IceEvent {
  const granted = Math.round((expiresAt.getTime() - Date.now()) / 1000)
  return {
    type: 'note',
    level: 'warning',
    address,
    text: `The reviewer's token expires at ${expiresAt.toISOString()}${cutText(asked, granted)}. Run apply again before then, or reviewer rotate, from a scheduled job: afterwards every login fails.`,
  }
}

/**
 * Ends the tokens that are no longer used (all but that of the marker `except`), by deleting the Secrets they are bound to.
 * @param namespace the reviewer's, as it was when they were made
 */
export async function retireReviewerTokens(
  { cluster: name, file, namespace }: { readonly cluster: string; readonly file: string; readonly namespace: string },
  except: string | undefined,
  io: Io,
): Promise<void> {
  const cluster = io.cluster(name)
  const selector = `${FILE_LABEL}=${file},${REVIEWER_LABEL}=${name}`
  const old = (await cluster.list(refs.secret(namespace, ''), selector)).filter(
    ({ metadata }) => metadata.name !== except,
  )
  await Promise.all(
    old.map(({ metadata }) =>
      cluster.delete(refs.secret(namespace, metadata.name), metadata.uid === undefined ? {} : { uid: metadata.uid }),
    ),
  )
}

/** What a marker Secret of this reviewer carries. */
export function markerLabels({ cluster, file }: Pick<Minting, 'cluster' | 'file'>): Record<string, string> {
  return { ...ownLabels(file), [REVIEWER_LABEL]: cluster }
}

/** One call on Secrets of a namespace. */
export const secretCall = (cluster: string, verb: string, { namespace, name }: Partial<ObjectRef>): ApiCall => ({
  api: 'kubernetes',
  cluster,
  access: {
    verb,
    group: '',
    resource: 'secrets',
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
  },
})

/** What minting needs; `read`: what tells whether the token is still the one that was written. */
export function reviewerTokenCalls({ cluster, reviewer }: Omit<Minting, 'file'>): { read: ApiCall[]; mint: ApiCall[] } {
  const { namespace } = reviewer
  if (reviewer.token === 'secret') {
    const read = secretCall(cluster, 'get', { namespace, name: tokenSecretName(reviewer) })
    return { read: [read], mint: [read] }
  }
  return {
    read: [],
    mint: [
      tokenRequestCall(cluster, reviewer),
      ...['create', 'list', 'delete'].map((verb) => secretCall(cluster, verb, { namespace })),
    ],
  }
}

/** Minting a token is impersonation, so it is asked for by name. */
export function tokenRequestCall(
  cluster: string,
  { namespace, serviceAccount: name }: Pick<Reviewer, 'namespace' | 'serviceAccount'>,
): ApiCall {
  const access = { verb: 'create', group: '', resource: 'serviceaccounts', subresource: 'token', namespace, name }
  return { api: 'kubernetes', cluster, access }
}
