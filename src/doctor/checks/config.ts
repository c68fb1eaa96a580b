import { DOCTOR } from '../../catalogue/index.js'
import { check, maybe, type AnyCheck } from '../contract.js'
import { metWithoutCA } from '../facts/config.js'
import { handshake, writtenConfig } from '../facts/mount.js'
import { recordedConfig } from '../facts/record.js'
import { hostProblem, storedCA } from '../stored.js'
import type { MountSubject } from '../subject.js'
import { ON_THE_WAY, REFUSED, WITHOUT_REVIEWER } from './codes.js'
import { authOf, isKubernetes, listOf, mendConfig, textOf, type Around, type Config } from './mend.js'

/** Without these no login passes. */
const GRAVE = ['kubernetes_ca_cert', 'token_reviewer_jwt']

/** The config of an auth mount, as it is stored. */
export const configChecks: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.hostMalformed],
    subject: 'mount',
    wants: { config: writtenConfig },
    explains: [...ON_THE_WAY, ...REFUSED],
    applies: isKubernetes,
    judge: ({ mount }, { config }, { isWritten }) => {
      const host = textOf(config, 'kubernetes_host')
      const wrong = hostProblem(host)
      return wrong === undefined
        ? []
        : [
            {
              message: `Vault cannot use ${JSON.stringify(host)} as the address of the API server: ${wrong}.`,
              evidence: { kubernetes_host: host },
              remedy: mendConfig(mount, isWritten),
            },
          ]
    },
  }),
  check({
    records: [DOCTOR.caNotPEM],
    subject: 'mount',
    wants: { config: writtenConfig },
    explains: [...ON_THE_WAY, ...REFUSED],
    applies: isKubernetes,
    judge: ({ mount }, { config }, { isWritten }) => {
      const stored = storedCA(textOf(config, 'kubernetes_ca_cert'))
      return stored.kind !== 'unreadable'
        ? []
        : [
            {
              message: `What auth/${mount} has as the CA of the API server is no certificate, but ${stored.looksLike}.`,
              evidence: { kubernetes_ca_cert: stored.looksLike },
              remedy: mendConfig(mount, isWritten),
            },
          ]
    },
  }),
  check({
    records: [DOCTOR.caExpiredOrNotCA],
    subject: 'mount',
    wants: { config: writtenConfig, handshake: maybe(handshake) },
    explains: [...ON_THE_WAY, ...REFUSED],
    applies: isKubernetes,
    judge: ({ mount }, { config, handshake }, { isWritten }) => {
      const stored = storedCA(textOf(config, 'kubernetes_ca_cert'))
      if (stored.kind !== 'certificates') return []
      const now = new Date().toISOString()
      const valid = stored.certificates.filter(({ notBefore, notAfter }) => notBefore <= now && now <= notAfter)
      const remedy = mendConfig(mount, isWritten)
      if (valid.length === 0) {
        const [{ subject, notBefore, notAfter } = { subject: '', notBefore: '', notAfter: '' }] = stored.certificates
        const message = `No stored CA is valid now: ${notAfter < now ? `${subject} expired at ${notAfter}` : `${subject} begins at ${notBefore}`}.`
        return [{ message, evidence: { subject, 'not before': notBefore, 'not after': notAfter }, remedy }]
      }
      if (valid.some(({ ca }) => ca)) return []
      const [{ subject, issuer } = { subject: '', issuer: '' }] = valid
      const evidence = { subject, issuer }
      const what = `The stored certificate ${subject} is no CA`
      if (!handshake.known)
        return { unknown: `${what}; whether the API server shows exactly it was not seen: ${handshake.why.message}` }
      // A certificate that is trusted as it stands: until it is renewed.
      if (handshake.value.verdict === 'proven')
        return [
          {
            severity: 'warning',
            message: `${what}, but the API server’s own: logins fail as soon as that is renewed.`,
            evidence,
            remedy,
          },
        ]
      if (handshake.value.verdict === 'unreachable')
        return { unknown: `${what}, and the API server cannot be reached from here.` }
      return [{ message: `${what}, and not what the API server shows.`, evidence, remedy }]
    },
  }),
  check({
    records: [DOCTOR.caMissing],
    subject: 'mount',
    wants: { config: writtenConfig, met: metWithoutCA },
    explains: [...ON_THE_WAY, ...REFUSED],
    applies: isKubernetes,
    judge: ({ mount }, { config, met }, { isWritten }) => {
      if (met === undefined || met.reached) return []
      if (met.kind !== 'noLocalCA' && met.kind !== 'untrusted')
        return { unknown: `No CA is stored, and what Vault met does not tell whether it has one: ${met.said}` }
      return [
        {
          message: `auth/${mount} has no CA, and Vault has none of its own that fits: ${met.said}.`,
          evidence: { disable_local_ca_jwt: config['disable_local_ca_jwt'] === true, 'Vault met': met.said },
          remedy: mendConfig(mount, isWritten),
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.configWiped],
    subject: 'mount',
    wants: { config: writtenConfig, record: recordedConfig },
    explains: ['ICE9116', 'ICE9120', ...WITHOUT_REVIEWER, ...REFUSED],
    applies: (subject, { isWritten }) => isWritten && isKubernetes(subject),
    judge(subject, { config, record }, around) {
      if (record === undefined || record.isUnchanged) return []
      const lost = lostFields(config, record.mark, subject, around)
      // One alone is told as what it is.
      if (lost.length < 2 || !lost.some((name) => GRAVE.includes(name))) return []
      return [
        {
          message: `Somebody wrote auth/${subject.mount}/config without ${lost.join(', ')}: what is left out of a write falls back to its default.`,
          evidence: Object.fromEntries(lost.map((name) => [name, 'was set, and is not'])),
          remedy: mendConfig(subject.mount, true),
        },
      ]
    },
  }),
]

/** What the file sets and a write of other fields alone takes away. */
function lostFields(
  config: Config,
  mark: Readonly<Record<string, string>>,
  subject: MountSubject,
  around: Around,
): readonly string[] {
  const auth = authOf(subject, around)
  if (auth === undefined) return []
  const isEmpty = (name: string): boolean => textOf(config, name) === '' && listOf(config, name).length === 0
  const isOwnPod = auth.reviewer.token === 'pod'
  const hadToken = mark['reviewerToken'] === 'secret' || mark['reviewerToken'] === 'bound'
  const wiped: Readonly<Record<string, boolean>> = {
    kubernetes_ca_cert:
      around.file.clusters[subject.cluster ?? '']?.apiServerCA !== 'system' && isEmpty('kubernetes_ca_cert'),
    token_reviewer_jwt: hadToken && config['token_reviewer_jwt_set'] === false,
    disable_local_ca_jwt: (auth.disableLocalCAJWT ?? !isOwnPod) && config['disable_local_ca_jwt'] === false,
    pem_keys: (auth.pemKeys ?? []).length > 0 && isEmpty('pem_keys'),
    issuer: (auth.issuer ?? '') !== '' && isEmpty('issuer'),
    disable_iss_validation: auth.disableISSValidation === false && config['disable_iss_validation'] === true,
  }
  return Object.entries(wiped).flatMap(([name, isLost]) => (isLost ? [name] : []))
}
