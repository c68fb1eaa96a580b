import { DOCTOR, type CodeRecord } from '../../catalogue/index.js'
import { holdsToken } from '../../kinds/reviewer.js'
import { check, maybe, type AnyCheck, type Known, type Problem, type Remedy } from '../contract.js'
import { met, writtenConfig } from '../facts/mount.js'
import { fresh } from '../facts/path.js'
import { recordedConfig, type WrittenConfig } from '../facts/record.js'
import { clients, heldToken, reviewer, tokenless, type HeldToken, type TheReviewer } from '../facts/reviewer.js'
import type { MountSubject } from '../subject.js'
import { rewrite } from './path-remedy.js'
import { renew, type InScene } from './reviewer-remedy.js'

const isKubernetes = ({ method }: MountSubject): boolean => method === 'kubernetes'

const askingOf = ({ cluster }: MountSubject, { file, isWritten }: InScene) => {
  const auth = isWritten && cluster !== undefined ? file.clusters[cluster]?.auth : undefined
  return auth?.method === 'kubernetes' ? auth.reviewer : undefined
}

const LOGIN: readonly CodeRecord['code'][] = [DOCTOR.loginRefused.code]
/** What follows from a token that is none any more. */
const REJECTED: readonly CodeRecord['code'][] = [DOCTOR.reviewerRejected.code, ...LOGIN]

/** The reviewer's token: whether Vault has one, and whether it is good. */
export const reviewerChecks: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.reviewerUnset],
    subject: 'mount',
    wants: { config: writtenConfig },
    applies: (mount, scene) => {
      const asking = askingOf(mount, scene)
      return isKubernetes(mount) && asking !== undefined && holdsToken(asking)
    },
    explains: [...REJECTED, DOCTOR.reviewerOfAnotherCluster.code, DOCTOR.audienceBreaksClientReview.code],
    judge({ mount }, { config }) {
      const isSet = config['token_reviewer_jwt_set']
      if (isSet === true) return []
      if (isSet !== false) return { unknown: 'This Vault does not tell whether a reviewer’s token is stored.' }
      return [
        {
          message: `The config of auth/${mount} holds no token of the reviewer.`,
          remedy: { apply: [`vault:auth/${mount}/config`] },
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.reviewerUnset],
    subject: 'mount',
    wants: { met },
    applies: (mount, scene) => isKubernetes(mount) && askingOf(mount, scene)?.token === 'pod',
    explains: [...LOGIN, DOCTOR.noAuthDelegator.code, DOCTOR.audienceBreaksClientReview.code],
    judge: ({ mount, cluster = '' }, { met }) =>
      met.kind !== 'noReviewer'
        ? []
        : [
            {
              message: `auth/${mount} relies on the token of the pod that Vault runs in, and it runs in none.`,
              evidence: { 'Vault says': met.said },
              remedy: {
                manual: [`Set clusters.${cluster}.auth.reviewer.token to secret or bound, and run icebreaker apply.`],
              },
            },
          ],
  }),
  check({
    records: [DOCTOR.reviewerUnset, DOCTOR.noAutomaticSecret],
    subject: 'mount',
    wants: { config: writtenConfig, clients, tokenless: maybe(tokenless) },
    applies: (mount, { isWritten }) => isKubernetes(mount) && !isWritten,
    explains: LOGIN,
    judge(subject, { config, clients, tokenless }, scene) {
      const denied = clients.filter(({ mayReview }) => !mayReview)
      const hasNone = config['token_reviewer_jwt_set'] === false && config['disable_local_ca_jwt'] === true
      if (!hasNone || denied.length === 0) return []
      const [only, ...more] = tokenless.known ? tokenless.value : []
      if (only !== undefined && more.length === 0)
        return [
          {
            record: DOCTOR.noAutomaticSecret,
            message: `auth/${subject.mount} holds no reviewer’s token, and there is none of ${only.namespace}/${only.name}, which may review.`,
            remedy: rewrite({ subject, scene }, only),
          },
        ]
      return [
        {
          message: `auth/${subject.mount} holds no reviewer’s token, and those who log in may not ask for themselves.`,
          evidence: { 'may not review': denied.map(({ namespace, name }) => `${namespace}/${name}`).join(', ') },
          remedy: rewrite({ subject, scene }),
        },
      ]
    },
  }),
  check({
    records: [
      DOCTOR.reviewerRejected,
      DOCTOR.reviewerOfAnotherCluster,
      DOCTOR.reviewerExpired,
      DOCTOR.reviewerPodBound,
    ],
    subject: 'mount',
    wants: {
      config: writtenConfig,
      met,
      fresh,
      record: maybe(recordedConfig),
      held: maybe(heldToken),
      who: maybe(reviewer),
    },
    applies: isKubernetes,
    explains: LOGIN,
    judge(subject, { config, met, fresh, ...known }, scene) {
      if (met.kind !== 'unauthorized') return []
      if (fresh.met.kind === 'unauthorized') return { unknown: 'A new token is refused there, too.' }
      if (!fresh.met.reached) return { unknown: 'A new token does not come there either.' }
      const problem = rejection({ subject, scene, config, ...known })
      return [{ ...problem, evidence: { 'Vault says': met.said, ...problem.evidence } }]
    },
  }),
  check({
    records: [DOCTOR.reviewerExpired],
    subject: 'mount',
    wants: { record: recordedConfig, met: maybe(met), who: reviewer },
    applies: (mount, scene) => isKubernetes(mount) && askingOf(mount, scene)?.token === 'bound',
    explains: REJECTED,
    // What is refused is judged above, with what Vault says; a token that is taken is another than the recorded one.
    judge(subject, { record, met, who }, scene) {
      const ended = record?.mark['expiresAt']
      if (met.known || ended === undefined || !isOver(ended) || who?.mode !== 'bound') return []
      return [
        expired(subject, ended, scene, { record: { known: true, value: record, from: 'operator', staleForMs: 0 } }),
      ]
    },
  }),
  check({
    records: [DOCTOR.reviewerEndsSoon],
    subject: 'mount',
    wants: { record: recordedConfig },
    applies: (mount, scene) => isKubernetes(mount) && askingOf(mount, scene)?.token === 'bound',
    judge({ mount }, { record }) {
      const [issuedAt, expiresAt] = [record?.mark['issuedAt'], record?.mark['expiresAt']]
      if (issuedAt === undefined || expiresAt === undefined || isOver(expiresAt)) return []
      const left = Date.parse(expiresAt) - Date.now()
      if (left > (Date.parse(expiresAt) - Date.parse(issuedAt)) * SOON) return []
      return [
        {
          message: `The reviewer’s token ends at ${expiresAt}, and with it every login on auth/${mount}.`,
          evidence: { 'issued at': issuedAt, 'ends at': expiresAt },
          remedy: { apply: [`vault:auth/${mount}/config`] },
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.reviewerPodBound],
    subject: 'mount',
    wants: { held: heldToken, met: maybe(met), record: maybe(recordedConfig) },
    applies: isKubernetes,
    judge: (subject, { held, met, record }, scene) =>
      held?.podExists !== true || (met.known && !met.value.reached)
        ? []
        : [
            {
              severity: 'warning',
              message: `The reviewer’s token ends with the pod ${held.claims.boundTo?.name ?? ''}.`,
              evidence: claimsText(held),
              remedy: renew(subject, scene, record),
            },
          ],
  }),
]

/** Apply renews a token of which less is left. */
const SOON = 1 / 3

const isOver = (instant: string): boolean => Date.parse(instant) <= Date.now()

interface Rejected {
  readonly subject: MountSubject
  readonly scene: InScene
  readonly config: Readonly<Record<string, unknown>>
  readonly record: Known<WrittenConfig | undefined>
  readonly held: Known<HeldToken | undefined>
  readonly who: Known<TheReviewer | undefined>
}

/** The finest cause that is proven of a token that the API server does not know. Pure. */
export function rejection({ subject, scene, config, record, held, who }: Rejected): Problem {
  const { mount } = subject
  if (config['token_reviewer_jwt_set'] === false)
    return {
      record: DOCTOR.reviewerOfAnotherCluster,
      message: `Vault asks with the token of its own pod, which the cluster of auth/${mount} does not know.`,
      remedy: askingOf(subject, scene)?.token === 'pod' ? notInPod(subject) : renew(subject, scene, undefined),
    }
  if (held.known && held.value?.podExists === false)
    return {
      record: DOCTOR.reviewerPodBound,
      message: `The reviewer’s token ended with the pod ${held.value.claims.boundTo?.name ?? ''}.`,
      evidence: claimsText(held.value),
      remedy: renew(subject, scene, record),
    }
  const ended =
    (held.known && held.value?.claims.expiresAt) || (record.known && record.value?.mark['expiresAt']) || undefined
  if (ended !== undefined && isOver(ended)) return expired(subject, ended, scene, { record })
  const name = who.known && who.value && `${who.value.namespace}/${who.value.serviceAccount}`
  return {
    message: `The API server does not know the token that auth/${mount} holds${name ? ` for ${name}` : ''}; with a new one all is well.`,
    remedy: renew(subject, scene, record),
  }
}

const expired = (
  subject: MountSubject,
  ended: string,
  scene: InScene,
  { record }: Pick<Rejected, 'record'>,
): Problem => ({
  record: DOCTOR.reviewerExpired,
  message: `The reviewer’s token on auth/${subject.mount} expired at ${ended}.`,
  evidence: { 'expired at': ended },
  // What is recorded as expired apply renews.
  remedy: renew(subject, scene, record.known && record.value?.mark['expiresAt'] === ended ? undefined : record),
})

const claimsText = ({ claims: { boundTo, expiresAt } }: HeldToken): Record<string, string> => ({
  ...(boundTo && { 'bound to': `${boundTo.kind} ${boundTo.name}` }),
  ...(expiresAt !== undefined && { 'ends at': expiresAt }),
})

const notInPod = ({ cluster = '' }: MountSubject): Remedy => ({
  manual: [`Set clusters.${cluster}.auth.reviewer.token to secret or bound, and run icebreaker apply.`],
})
