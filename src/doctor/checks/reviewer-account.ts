import { DOCTOR, type CodeRecord } from '../../catalogue/index.js'
import { shellWord } from '../../catalogue/shell-word.js'
import type { KubernetesObject } from '../../kubernetes/index.js'
import { check, maybe, type AnyCheck, type Known, type Remedy } from '../contract.js'
import { met } from '../facts/mount.js'
import { recordedConfig, type WrittenConfig } from '../facts/record.js'
import {
  recordedAccount,
  reviewer,
  reviewerAccount,
  tokenSecret,
  type RecordedAccount,
  type TheReviewer,
  type TokenSecret,
} from '../facts/reviewer.js'
import type { MountSubject } from '../subject.js'
import { kubectl, renew } from './reviewer-remedy.js'

const isKubernetes = ({ method }: MountSubject): boolean => method === 'kubernetes'

/** What follows from a token that is none any more. */
const REJECTED: readonly CodeRecord['code'][] = [DOCTOR.reviewerRejected.code, DOCTOR.loginRefused.code]

/** The objects on which the reviewer's token hangs. */
export const reviewerAccountChecks: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.reviewerAccountGone],
    subject: 'mount',
    wants: {
      who: reviewer,
      account: reviewerAccount,
      recorded: maybe(recordedAccount),
      record: maybe(recordedConfig),
      secret: maybe(tokenSecret),
      met: maybe(met),
    },
    applies: isKubernetes,
    explains: [DOCTOR.reviewerSecretEmpty.code, DOCTOR.reviewerExpired.code, ...REJECTED],
    judge(subject, { who, account, ...known }, scene) {
      if (who === undefined) return []
      const name = `${who.namespace}/${who.serviceAccount}`
      if (account === undefined)
        return [
          {
            message: `There is no service account ${name}, with whose token Vault asks.`,
            remedy: who.mode === 'pod' ? inPod(name) : renew(subject, scene, undefined),
          },
        ]
      const why = madeAnew(account, known)
      if (why === undefined || who.mode === 'pod') return []
      return [
        {
          message: `The service account ${name} was made anew: the token that Vault has is of the one before.`,
          evidence: why,
          remedy: renew(subject, scene, who.mode === 'secret' ? undefined : known.record),
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.reviewerSecretEmpty, DOCTOR.legacyTokenCleaned],
    subject: 'mount',
    wants: { who: reviewer, secret: tokenSecret, record: maybe(recordedConfig) },
    applies: isKubernetes,
    explains: REJECTED,
    judge(subject, { who, secret, record }, scene) {
      if (who === undefined || secret === undefined) return []
      const { cluster = '', mount } = subject
      const name = `${who.namespace}/${secret.name}`
      if (secret.invalidSince !== undefined)
        return [
          {
            record: DOCTOR.legacyTokenCleaned,
            message: `Kubernetes has ended the token in the Secret ${name}, as unused.`,
            evidence: { 'invalid since': secret.invalidSince },
            remedy: { commands: [unlabel(who, secret)] },
          },
        ]
      if (who.mode === 'bound')
        return secret.exists
          ? []
          : [
              {
                message: `The Secret ${name} is gone, and with it the reviewer’s token that is bound to it.`,
                remedy: renew(subject, scene, record),
              },
            ]
      const fault = faultOf(who, secret)
      if (fault === undefined) return []
      const apply: Remedy = { apply: [`k8s:${cluster}:Secret/${name}`, `vault:auth/${mount}/config`] }
      return [
        {
          message: `The Secret ${name} ${fault}.`,
          remedy: secret.exists
            ? {
                text: 'What a Secret is for cannot be changed: delete it, and let apply make it.',
                commands: [
                  `${kubectl(subject, scene)} --namespace ${shellWord(who.namespace)} delete secret ${shellWord(secret.name)}`,
                  'icebreaker apply --yes',
                ],
              }
            : apply,
        },
      ]

      function unlabel({ namespace }: TheReviewer, { name: secretName }: TokenSecret): string {
        const label = 'kubernetes.io/legacy-token-invalid-since-'
        return `${kubectl(subject, scene)} --namespace ${shellWord(namespace)} label secret ${shellWord(secretName)} ${label}`
      }
    },
  }),
]

const inPod = (name: string): Remedy => ({
  manual: [`Vault's own pod runs as another account: name that in place of ${name}, at auth.reviewer in the file.`],
})

interface Anew {
  readonly recorded: Known<RecordedAccount>
  readonly record: Known<WrittenConfig | undefined>
  readonly secret: Known<TokenSecret | undefined>
  readonly met: Known<{ readonly reached: boolean }>
}

/** The API server takes a token for good so long without looking again, milliseconds; with a little for clocks. */
const CACHED_MS = 15_000

/** What proves that the account is another than the one whose token was written; undefined: nothing does. Pure. */
export function madeAnew(
  { metadata: { uid, creationTimestamp = '' } }: KubernetesObject,
  { recorded, record, secret, met }: Anew,
): Record<string, string> | undefined {
  const mark = record.known ? record.value?.mark : undefined
  const made = Date.parse(creationTimestamp)
  // A token that is taken is one of this account, unless that is so young that a cache may take it.
  const isTaken = met.known && met.value.reached && Date.now() - made > CACHED_MS
  const { uid: before, appliedAt } = recorded.known ? recorded.value : {}
  if (mark === undefined || isTaken || (before !== undefined && before === uid)) return undefined
  const evidence = { 'made at': creationTimestamp, uid: uid ?? '' }
  // The API tells whole seconds.
  const isYounger = (written: string): boolean => made > Date.parse(written) + 1000
  const { issuedAt, secretUid } = mark
  if (issuedAt !== undefined) return isYounger(issuedAt) ? { ...evidence, 'token issued at': issuedAt } : undefined
  // A Secret that was made after the account holds a token of it.
  const isOfToday = secret.known && secret.value?.uid === secretUid && secretUid !== undefined
  if (isOfToday || before === undefined || appliedAt === undefined) return undefined
  return isYounger(appliedAt) ? { ...evidence, 'recorded uid': before, 'token written before': appliedAt } : undefined
}

/** Why no token of the account is in it. */
function faultOf({ serviceAccount }: TheReviewer, { exists, type, account, filled }: TokenSecret): string | undefined {
  const wanted = 'kubernetes.io/service-account-token'
  if (!exists) return 'with the reviewer’s token is missing'
  if (type !== wanted) return `is of the type ${String(type)}, not ${wanted}`
  if (account !== serviceAccount) return `is for the account ${account ?? '(none)'}, not ${serviceAccount}`
  return filled ? undefined : 'was given no token'
}
