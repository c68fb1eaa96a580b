import { DOCTOR } from '../../catalogue/index.js'
import { check, maybe, type AnyCheck, type Known, type Problem } from '../contract.js'
import { version } from '../facts/cluster.js'
import { clientAudiences } from '../facts/role.js'
import { health } from '../facts/vault.js'
import { accountNow, accountToken, bearerReview, claims, shape, signature, tokenReview } from '../facts/workload.js'
import type { WorkloadSubject } from '../subject.js'
import { AT_THE_LOGIN, listed, tokenCommand } from './role-words.js'

const { tokenExpired, tokenNotYetValid, tokenRejected, tokenSignature, tokenOfAnotherCluster } = DOCTOR

const isKubernetes = ({ method }: Pick<WorkloadSubject, 'method'>): boolean => method === 'kubernetes'

/** By how much Vault lets clocks differ: github.com/hashicorp/cap, jwt/jwt.go, DefaultLeewaySeconds of the plug-in. */
const LEEWAY_MS = 60_000

/** The token of a workload and its account, judged as the plug-in does, before anybody knocks. */
export const tokenChecks: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.tokenMalformed],
    subject: 'workload',
    wants: { shape },
    explains: [DOCTOR.tokenMalformed.code, ...AT_THE_LOGIN],
    judge: (_workload, { shape }) =>
      shape.isJwt
        ? []
        : [
            {
              message: `What is presented is not a JWT: ${shape.problem}.`,
              remedy: { manual: [shape.next ?? 'Present the token itself, as it was issued.'] },
            },
          ],
  }),
  check({
    records: [DOCTOR.notServiceAccount],
    subject: 'workload',
    wants: { shape, claims },
    explains: [DOCTOR.notServiceAccount.code, ...AT_THE_LOGIN],
    judge: (_workload, { shape, claims }) =>
      !shape.isJwt || shape.account !== undefined
        ? []
        : [
            {
              message: 'The token is a JWT, and not one of a Kubernetes service account.',
              evidence: { subject: claims?.subject ?? 'none', issuer: claims?.issuer ?? 'none' },
              remedy: { manual: ['Present a token of a service account, or log in at a mount of the type jwt.'] },
            },
          ],
  }),
  check({
    records: [tokenExpired, tokenNotYetValid],
    subject: 'workload',
    wants: { token: accountToken, health: maybe(health), api: maybe(version) },
    explains: [tokenExpired.code, tokenNotYetValid.code, tokenRejected.code, ...AT_THE_LOGIN],
    judge: (_workload, { token: { expiresAt, notBefore, issuedAt }, health, api }) => {
      const clocks = clocksOf(health, api)
      if (clocks.length === 0) return { unknown: 'Neither Vault’s clock nor the API server’s is known.' }
      const expired = clocks.find(({ now, leeway }) => expiresAt !== undefined && expiresAt + leeway < now)
      if (expired !== undefined && expiresAt !== undefined) return [outOfTime(tokenExpired, expiresAt, expired)]
      const begins = Math.max(notBefore ?? 0, issuedAt ?? 0)
      // The clocks were read before the token was made. What is early by less the API server tells by itself.
      const early = clocks.find(({ now }) => begins - LEEWAY_MS > now)
      return early === undefined ? [] : [outOfTime(tokenNotYetValid, begins, early)]
    },
  }),
  check({
    records: [tokenSignature, tokenOfAnotherCluster],
    subject: 'workload',
    wants: { signature, claims, review: maybe(tokenReview) },
    explains: [
      tokenSignature.code,
      tokenOfAnotherCluster.code,
      tokenRejected.code,
      tokenExpired.code,
      DOCTOR.namespaceNotBound.code,
      ...AT_THE_LOGIN,
    ],
    judge: ({ cluster = '' }, { signature: { here, elsewhere }, claims, review }) => {
      // Keys that are not published sign as well: the API server has the last word.
      if (here === 'verified' || (review.known && review.value.authenticated)) return []
      const evidence = { issuer: claims?.issuer ?? 'none', ...(review.known && { 'API server': review.value.error }) }
      if (here === 'broken')
        return [
          {
            message: 'The token names a key of this cluster, which did not sign it: it was cut or changed.',
            evidence,
            remedy: { manual: ['Present the token as it was issued, whole.'] },
          },
        ]
      return [
        {
          record: tokenOfAnotherCluster,
          message:
            elsewhere === undefined
              ? `None of the keys of the cluster ${cluster} signed the token: it is of another cluster, or the cluster has new keys.`
              : `The token is of the cluster ${elsewhere}, not of ${cluster}.`,
          evidence,
          remedy: { manual: [`Log in at the auth mount of ${elsewhere ?? 'the cluster that issued it'}.`] },
        },
      ]
    },
  }),
  check({
    records: [tokenRejected],
    subject: 'workload',
    wants: { review: tokenReview, token: accountToken, claims, now: maybe(accountNow) },
    applies: isKubernetes,
    explains: [tokenRejected.code, ...AT_THE_LOGIN],
    judge: (subject, { review, token: { account }, claims, now }, scene) => {
      if (review.authenticated) return []
      const uid = now.known ? now.value?.metadata.uid : undefined
      const who = `${account.namespace}/${account.name}`
      const [why, remedy] = !now.known
        ? [undefined, undefined]
        : now.value === undefined
          ? [`the service account ${who} does not exist any more`, 'Make it again']
          : uid !== account.uid
            ? [`${who} was made anew since: it has another uid`, undefined]
            : [undefined, undefined]
      const bound = claims?.boundTo && `${claims.boundTo.kind} ${claims.boundTo.name}`
      return [
        {
          message: `The API server does not accept the token of ${who}${why === undefined ? '' : `: ${why}`}.`,
          evidence: {
            'API server': review.error,
            ...(uid !== undefined && uid !== account.uid && { 'uid of the token': account.uid, 'uid now': uid }),
            ...(bound !== undefined && { 'bound to': bound }),
          },
          remedy: {
            manual: [
              `${remedy === undefined ? 'Get' : `${remedy}, and get`} a new token: restart the pod, or ${tokenCommand({ ...subject, account: who }, claims?.audiences ?? [], scene)}.`,
            ],
          },
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.audienceBreaksClientReview],
    subject: 'workload',
    wants: { review: tokenReview, accepted: clientAudiences, bearer: bearerReview, claims },
    applies: isKubernetes,
    explains: [DOCTOR.audienceBreaksClientReview.code, ...AT_THE_LOGIN],
    judge: (_workload, { review, accepted, bearer, claims }) => {
      if (accepted === undefined || !review.authenticated || bearer.authenticated) return []
      return [
        {
          message:
            'Each client asks for itself here, and the API server does not accept this token as a login of its own.',
          evidence: {
            token: listed(claims?.audiences ?? []),
            'the API server accepts': listed(accepted),
            'API server': bearer.error,
          },
          remedy: {
            manual: [
              `Project a token that is for ${listed(accepted)} too, or give Vault a reviewer: icebreaker reviewer create.`,
            ],
          },
        },
      ]
    },
  }),
]

interface Clock {
  readonly whose: string
  readonly now: number
  readonly leeway: number
}

/** Vault is patient; the API server, which it asks, is not. */
function clocksOf(
  health: Known<{ readonly serverTime: number }>,
  api: Known<{ readonly date: Date | undefined }>,
): readonly Clock[] {
  const vault = health.known ? health.value.serverTime * 1000 : undefined
  const cluster = api.known ? api.value.date?.getTime() : undefined
  return [
    ...(vault === undefined ? [] : [{ whose: 'Vault', now: vault, leeway: LEEWAY_MS }]),
    ...(cluster === undefined ? [] : [{ whose: 'API server', now: cluster, leeway: 0 }]),
  ]
}

const instant = (ms: number): string => new Date(ms).toISOString()

const outOfTime = (
  record: typeof tokenExpired | typeof tokenNotYetValid,
  at: number,
  { whose, now }: Clock,
): Problem => ({
  record,
  message:
    record === tokenExpired
      ? `The token expired at ${instant(at)}.`
      : `The token is not valid before ${instant(at)}: clocks differ.`,
  evidence: { [record === tokenExpired ? 'expired' : 'valid from']: instant(at), [`clock of ${whose}`]: instant(now) },
  remedy: {
    manual: [
      record === tokenExpired
        ? 'Get a new token: projected ones are renewed in their file, so read it again at each login.'
        : 'Set the clocks by NTP.',
    ],
  },
})
