import { DOCTOR, type CodeRecord } from '../../catalogue/index.js'
import { NAME_CLAIM, NAMESPACE_CLAIM } from '../../kinds/auth-jwt-role-fields.js'
import { check, maybe, type AnyCheck, type Problem } from '../contract.js'
import { admitted, entityNow, isBare, loginQuotas } from '../facts/door.js'
import { presentRole } from '../facts/role.js'
import { login, tokenReview, type Attempt } from '../facts/workload.js'
import { roleInFile } from '../role-in-file.js'
import type { WorkloadSubject } from '../subject.js'
import { codesOf } from './codes.js'
import { AT_THE_LOGIN, listed } from './role-words.js'

type Refused = Extract<Attempt, { readonly ok: false }>

/** What Vault says when it says more than two words, and what it is. */
const WORDS: readonly (readonly [RegExp, CodeRecord])[] = [
  [/^invalid role name/, DOCTOR.roleAbsent],
  [/^service account name not authorized$/, DOCTOR.nameNotBound],
  [/^namespace not authorized$/, DOCTOR.namespaceNotBound],
  [/^namespace not authorized err=(key|values\[\d+\]).*: Invalid value/, DOCTOR.selectorInvalid],
  [/^invalid audience \(aud\) claim/, DOCTOR.audienceMismatch],
  [/invalid expiration time \(exp\) claim|token is expired/, DOCTOR.tokenExpired],
  [/token not yet valid|token issued in the future/, DOCTOR.tokenNotYetValid],
  [/could not parse UID from claims/, DOCTOR.notServiceAccount],
  [/auth methods cannot create root tokens/, DOCTOR.rootPolicy],
  [/could not load backend configuration/, DOCTOR.configNeverWritten],
  // The method jwt.
  [/role "[^"]*" could not be found/, DOCTOR.roleAbsent],
  [new RegExp(`claim "${NAME_CLAIM}" does not match`), DOCTOR.nameNotBound],
  [new RegExp(`claim "${NAMESPACE_CLAIM}" does not match`), DOCTOR.namespaceNotBound],
  [
    /no known key successfully validated the token signature|failed to verify id token signature/,
    DOCTOR.tokenOfAnotherCluster,
  ],
  [/audience claim does not match|audience claim found in JWT but no audiences/, DOCTOR.audienceMismatch],
]

/** The login itself. */
export const loginChecks: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.loginQuota],
    subject: 'workload',
    wants: { login, rules: maybe(loginQuotas) },
    // Whatever else knocks at this mount is turned away as well.
    explains: [DOCTOR.loginQuota.code, ...codesOf(91, 92), DOCTOR.addressNotBound.code, ...AT_THE_LOGIN],
    judge: ({ mount }, { login, rules }) => {
      if (login.ok || login.status !== 429) return []
      return [
        {
          message: `A quota of Vault keeps logins at auth/${mount} out: ${login.said}.`,
          evidence: { status: login.status, ...(rules.known && { quotas: listed(rules.value) }) },
          remedy: {
            manual: [
              `Raise the quota (vault write sys/quotas/rate-limit/NAME), or find who logs in so often: the audit log has every login at auth/${mount}/login.`,
            ],
          },
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.addressNotBound],
    subject: 'workload',
    wants: { role: presentRole, admitted },
    applies: ({ method }) => method === 'kubernetes',
    explains: [DOCTOR.addressNotBound.code, ...AT_THE_LOGIN],
    judge: (subject, { role: { role }, admitted }, scene) => {
      if (admitted === 'yes') return []
      const cidrs = role.cidrs.join(', ')
      if (admitted === 'unknown') return { unknown: `Whether ${cidrs} takes in this machine cannot be told.` }
      // Who says the addresses means them: pods come from elsewhere.
      if (roleInFile(subject, scene)?.tokenBoundCIDRs !== undefined)
        return {
          unknown: `The role ${subject.role} lets in logins from ${cidrs} only, and this machine is not there: whether pods are cannot be seen from here.`,
        }
      return [
        {
          severity: 'warning',
          message: `The role ${subject.role} lets in logins from ${cidrs} only, and this machine is not there.`,
          evidence: { role: cidrs, 'seen from': 'this machine; pods have other addresses' },
          remedy: {
            manual: [
              'Compare it with the addresses from which Vault sees the pods: remote_address in the audit log, and behind a proxy x_forwarded_for of the listener. Widen token_bound_cidrs where they are not in it.',
            ],
          },
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.entityDisabled],
    subject: 'workload',
    wants: { entity: entityNow },
    explains: [DOCTOR.entityDisabled.code, ...AT_THE_LOGIN],
    judge: ({ role }, { entity }) =>
      entity?.disabled !== true
        ? []
        : [
            {
              message: `Vault’s entity of the account that logs in with the role ${role} is disabled.`,
              evidence: { entity: entity.id },
              remedy: {
                commands: [`vault write identity/entity/id/${entity.id} disabled=false`],
                text: 'If it is to be let in again (with OpenBao: bao write):',
              },
            },
          ],
  }),
  check({
    records: [DOCTOR.loginRefused, ...new Set(WORDS.map(([, record]) => record))],
    subject: 'workload',
    wants: { login, review: maybe(tokenReview), admitted: maybe(admitted) },
    judge: (subject, { login, review, admitted }) => {
      if (login.ok || login.status === 429) return []
      const isOutside = admitted.known && admitted.value !== 'yes' && isBare(login.said)
      if (isOutside) return { unknown: 'This machine is not among the addresses from which the role lets anybody in.' }
      const said = WORDS.find(([words]) => words.test(login.said))
      const isAccepted = review.known && review.value.authenticated
      return [said === undefined ? refused(subject, login, isAccepted) : asSaid(subject, login, said[1])]
    },
  }),
]

const evidenceOf = ({ status, said }: Refused) => ({ status, 'Vault said': said })

const asSaid = ({ role }: WorkloadSubject, login: Refused, record: CodeRecord): Problem => ({
  record,
  message: `Vault refuses the login with the role ${role}: ${login.said}.`,
  evidence: evidenceOf(login),
  remedy: { manual: [record.remedy] },
})

const refused = ({ role, mount, method }: WorkloadSubject, login: Refused, isAccepted: boolean): Problem => ({
  message:
    isAccepted && isBare(login.said) && method === 'kubernetes'
      ? `Vault refuses the login with the role ${role} though the API server accepts the token: the fault lies between Vault and the API server.`
      : `Vault refuses the login with the role ${role}.`,
  evidence: { ...evidenceOf(login), ...(isAccepted && { 'API server': 'accepts the token when the operator asks' }) },
  remedy: {
    manual: [
      `Look at what is said of auth/${mount} and its reviewer. Where that is nothing, the log of Vault has the cause at the level debug (\`login unauthorized\`): vault write sys/loggers level=debug, where the server has it.`,
    ],
  },
})
