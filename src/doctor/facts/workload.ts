import { DOCTOR, IceError, isIceError } from '../../catalogue/index.js'
import { splitAccount } from '../../kinds/service-account.js'
import { claimsOf, reviews, shapeOf, signatureOf, type Signature, type TokenShape } from '../../kubernetes/index.js'
import { redact, type Secret } from '../../secrets/index.js'
import type { Workload } from '../../verify/borrow.js'
import { fact, type Look } from '../contract.js'
import { roleInFile } from '../role-in-file.js'
import type { WorkloadSubject } from '../subject.js'
import { account as accountObject, clusterOf, tokenKeys, version } from './cluster.js'
import { writtenConfig } from './mount.js'
import { audiencesOf, presentRole } from './role.js'

export type OfWorkload = Pick<WorkloadSubject, 'mount' | 'method' | 'cluster' | 'role' | 'account' | 'token'>
/** Tells logins apart. */
export const byDoor = ({ mount, role: name, account, token }: OfWorkload): string =>
  `${mount}/${name} ${account ?? ''} ${token ?? ''}`

/** The audiences of the token that the workload really presents: those of the file, else what the role asks for. */
async function presented(subject: OfWorkload, { ask, scene }: Look): Promise<readonly string[]> {
  const said = roleInFile(subject, scene)
  if (said === undefined) return audiencesOf(await ask(presentRole, subject)).slice(0, 1)
  const [first = said.jwt?.boundAudiences?.[0]] = said.audience === undefined ? [] : [said.audience]
  return first === undefined ? [] : [first]
}

/** A token of the account as the workload has it, given back at the end. */
const mintedToken = fact({
  what: 'a token of the workload',
  key: byDoor,
  from: 'operator',
  writes: ({ account }: OfWorkload) =>
    `a ten-minute token of ${account ?? 'the account'}, bound to a Secret icebreaker-scratch-… in its namespace; both are removed at the end`,
  async fetch(subject, look): Promise<Secret> {
    const { account, cluster } = subject
    if (account === undefined || cluster === undefined)
      throw new IceError(DOCTOR.clusterUnknown, { message: 'There is neither a token nor an account to ask one for.' })
    if ((await look.ask(accountNow, subject)) === undefined)
      throw new IceError(DOCTOR.boundAccountMissing, { message: `There is no service account ${account}.` })
    return look.scene.borrowed.serviceAccountToken(cluster, account, await presented(subject, look))
  },
})

/** The token with which it logs in: the one that was handed in, or one that is asked for. */
export const loginToken = fact({
  what: 'the token of the workload',
  key: byDoor,
  from: 'operator',
  async fetch(subject: OfWorkload, { ask, scene }): Promise<Secret> {
    const given = subject.token === undefined ? undefined : scene.tokens[subject.token]
    return given ?? ask(mintedToken, subject)
  },
})

/** What the token says of itself; undefined: it is no JWT. */
export const claims = fact({
  what: 'the claims of the token',
  key: byDoor,
  from: 'operator',
  fetch: async (subject: OfWorkload, { ask }) => claimsOf(await ask(loginToken, subject)),
})

/** What the token looks like; nothing of it is verified. */
export const shape = fact({
  what: 'the shape of the token',
  key: byDoor,
  from: 'operator',
  fetch: async (subject: OfWorkload, { ask }): Promise<TokenShape> => shapeOf(await ask(loginToken, subject)),
})

type Jwt = Extract<TokenShape, { readonly isJwt: true }>

/** The same, where it is one of a service account. */
export const accountToken = fact({
  what: 'the token of a service account',
  key: byDoor,
  from: 'operator',
  async fetch(subject: OfWorkload, { ask }): Promise<Jwt & Required<Pick<Jwt, 'account'>>> {
    const seen = await ask(shape, subject)
    if (!seen.isJwt) throw new IceError(DOCTOR.tokenMalformed, { message: `The token is not a JWT: ${seen.problem}.` })
    const { account } = seen
    if (account === undefined)
      throw new IceError(DOCTOR.notServiceAccount, { message: 'The token is not one of a service account.' })
    return { ...seen, account }
  },
})

/** Who logs in. */
export const visitorName = fact({
  what: 'the account that logs in',
  key: byDoor,
  from: 'operator',
  async fetch(subject: OfWorkload, { ask }): Promise<{ readonly namespace: string; readonly name: string }> {
    return subject.account === undefined ? (await ask(accountToken, subject)).account : splitAccount(subject.account)
  },
})

/** The account that logs in, as it is on the cluster now; undefined where there is none. */
export const accountNow = fact({
  what: 'the account of the workload',
  key: byDoor,
  from: 'operator',
  async fetch(subject: OfWorkload, { ask }) {
    const { namespace, name: serviceAccount } = await ask(visitorName, subject)
    return ask(accountObject, { cluster: subject.cluster, namespace, serviceAccount })
  },
})

/** What the API server says of a token. */
export interface Review {
  readonly authenticated: boolean
  /** Its words, where it is not. */
  readonly error: string
  readonly username: string
  readonly uid: string
}

/** What the API server says of the token when the operator asks as Vault does. */
export const tokenReview = fact({
  what: 'what the API server says of the token',
  key: byDoor,
  from: 'operator',
  // https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/ --authentication-token-webhook-cache-ttl; its own cache of good tokens is ten seconds
  staleForMs: 10_000,
  async fetch(subject: OfWorkload, look): Promise<Review> {
    const [live, known] = await Promise.all([look.ask(presentRole, subject), look.ask(claims, subject)])
    const asked = audiencesOf(live)
    return reviewed(subject, asked.length > 0 ? asked : (known?.audiences ?? []), look)
  },
})

/** The same as if the token itself had asked: is it a login at the API server? */
export const bearerReview = fact({
  what: 'whether the token is a login at the API server',
  key: byDoor,
  from: 'operator',
  staleForMs: 10_000,
  fetch: (subject: OfWorkload, look): Promise<Review> => reviewed(subject, [], look),
})

async function reviewed(subject: OfWorkload, audiences: readonly string[], look: Look): Promise<Review> {
  const token = await look.ask(loginToken, subject)
  await look.ask(version, subject)
  const review = await clusterOf(subject, look).create(reviews.token, {
    apiVersion: reviews.token.apiVersion,
    kind: reviews.token.kind,
    spec: { token, ...(audiences.length > 0 && { audiences }) },
  })
  const status = (review['status'] ?? {}) as {
    authenticated?: boolean
    error?: string
    user?: { username?: string; uid?: string }
  }
  return {
    authenticated: status.authenticated === true,
    error: redact(status.error ?? ''),
    username: redact(status.user?.username ?? ''),
    uid: redact(status.user?.uid ?? ''),
  }
}

/** Did the cluster sign the token; where not, which other cluster of the file did. */
export const signature = fact({
  what: 'who signed the token',
  key: byDoor,
  from: 'operator',
  async fetch(subject: OfWorkload, { ask, scene }): Promise<{ readonly here: Signature; readonly elsewhere?: string }> {
    await ask(accountToken, subject)
    const token = await ask(loginToken, subject)
    const here = signatureOf(token, await ask(tokenKeys, subject))
    if (here !== 'strange') return { here }
    for (const cluster of Object.keys(scene.file.clusters).filter((name) => name !== subject.cluster)) {
      // One that cannot be asked just cannot be named.
      const keys = await ask(tokenKeys, { cluster }).catch(() => [])
      if (signatureOf(token, keys) === 'verified') return { here, elsewhere: cluster }
    }
    return { here }
  },
})

/** How the login went: who is in, or what Vault said. */
export type Attempt =
  | { readonly ok: true; readonly workload: Workload }
  | { readonly ok: false; readonly status: number; readonly said: string; readonly error: IceError }

/** The login itself, as the workload does it. The token that it gets is revoked at the end. */
export const login = fact({
  what: 'the login of the workload',
  key: byDoor,
  from: 'vault',
  staleForMs: 90_000,
  writes: ({ mount, role: name }: OfWorkload) =>
    `a login at auth/${mount} with the role ${name}, whose token is revoked at the end`,
  async fetch(subject, { ask, scene }): Promise<Attempt> {
    const [live, jwt] = await Promise.all([
      ask(presentRole, subject),
      ask(loginToken, subject),
      ask(writtenConfig, subject),
    ])
    const uses = Number(live.data['token_num_uses'] ?? 0)
    try {
      const workload = await scene.borrowed.login({ mount: subject.mount, role: subject.role, uses }, jwt)
      return { ok: true, workload }
    } catch (error) {
      const status = isIceError(error) ? error.details.evidence?.['status'] : undefined
      if (!isIceError(error) || typeof status !== 'number') throw error
      return { ok: false, status, said: String(error.details.evidence?.['said'] ?? error.message), error }
    }
  },
})
