import { BlockList, isIP } from 'node:net'
import { DOCTOR, KUBERNETES, type CodeRecord } from '../../catalogue/index.js'
import type { MetKind } from '../../kinds/auth-config-proof.js'
import type { CertificateFacts, CertificateProof } from '../../kubernetes/index.js'
import type { Known, Problem, Verdict } from '../contract.js'
import type { Way } from '../facts/path.js'
import type { WrittenConfig } from '../facts/record.js'
import type { MountSubject } from '../subject.js'
import { hostOf, remedyOfCA, remedyOfHost, type Place } from './path-remedy.js'

/** All that is known of the way. */
export interface View extends Place {
  readonly handshake: Known<CertificateProof>
  readonly authorities: Known<readonly CertificateFacts[] | undefined>
  readonly way?: Way
}

/** What is met before anything is asked: at another machine it would be met differently. */
const AT_THE_DOOR: readonly MetKind[] = [
  'refused',
  'noRoute',
  'timeout',
  'untrusted',
  'wrongName',
  'expired',
  'certificate',
  'notTLS',
]
const ON_THE_WAY: readonly MetKind[] = [...AT_THE_DOOR, 'dns', 'lost', 'silent']

/** Something that a connection, not a token, is to blame for. */
export const isOfTheWay = (kind: MetKind): boolean => ON_THE_WAY.includes(kind)

/** Pure. By what Vault meets. */
export function judgeWay(view: View, { met: seen, accepted, isFresh }: Way, stored: Known<Way['met']>): Verdict {
  const { subject } = view
  const host = hostOf(view)
  const problem = (record: CodeRecord, message: string, remedy: Problem['remedy'], more: object = {}): Problem[] => [
    {
      record,
      message,
      evidence: { host, 'seen from': 'Vault', 'Vault says': seen.said, ...fromHere(view), ...more },
      remedy,
    },
  ]
  const reached = view.handshake.known && view.handshake.value.verdict === 'proven'
  const isElsewhere =
    reached && AT_THE_DOOR.includes(seen.kind) && (isLoopback(host) || (isPrivate(host) && isSilent(seen.kind)))
  if (isElsewhere)
    return problem(
      DOCTOR.hostLoopback,
      `${host} is the API server from here, and ${isLoopback(host) ? 'Vault’s own machine' : 'not reached'} from Vault.`,
      remedyOfHost(view, 'Store an address at which Vault reaches the API server'),
    )
  switch (seen.kind) {
    case 'reached':
      return []
    case 'dns':
      return problem(
        DOCTOR.hostNameUnknown,
        `Vault cannot resolve the name in ${host}.`,
        remedyOfHost(view, 'Let Vault’s machine resolve that name, or store an address that it can resolve'),
      )
    case 'refused':
      return problem(
        DOCTOR.hostRefused,
        `Nothing listens at ${host}, where Vault looks for the API server.`,
        remedyOfHost(view, 'Store the address and port that the API server has'),
      )
    case 'timeout':
    case 'silent':
    case 'noRoute':
      return problem(
        DOCTOR.hostTimesOut,
        `Vault gets no answer from ${host}.`,
        remedyOfHost(view, 'Open the way from Vault’s machine to that address, or store another'),
      )
    case 'lost':
    case 'notTLS':
    case 'notKubernetes':
      return problem(
        DOCTOR.hostNotKubernetes,
        seen.kind === 'lost'
          ? `What listens at ${host} closes the connection without an answer.`
          : `What answers at ${host} is not a Kubernetes API.`,
        remedyOfHost(view, 'Store the address of the API server itself'),
      )
    case 'proxy':
      return problem(DOCTOR.vaultProxy, `A proxy keeps Vault from ${host}.`, {
        manual: [`Add ${URL.parse(host)?.hostname ?? host} to NO_PROXY in the environment of Vault, and restart it.`],
      })
    case 'tlsTooOld':
      return problem(
        DOCTOR.tlsTooOld,
        `What answers at ${host} speaks no TLS 1.2.`,
        remedyOfHost(view, 'Let it speak TLS 1.2 or later, or store the address of the API server itself'),
      )
    case 'wrongName':
      return problem(
        DOCTOR.hostTLSName,
        `The certificate that ${host} shows is for other names.`,
        remedyOfHost(view, 'Store a host that the certificate names, or have this one added to it'),
      )
    case 'untrusted':
      return caProblem(view) ?? { unknown: 'The stored CA itself is at fault.' }
    case 'expired':
      // Which of the two Vault does not say.
      return hasEnded(view)
        ? { unknown: 'The stored CA itself has expired.' }
        : problem(KUBERNETES.expired, `The certificate that ${host} shows is not valid now.`, {
            manual: [
              'Renew the certificate (kubeadm certs renew apiserver, or the provider’s way); check Vault’s clock.',
            ],
          })
    case 'unauthorized':
    case 'anonymous':
    case 'tlsRefused':
      return isFresh
        ? refusal(view, { met: seen, accepted: accepted ?? true }, stored, problem)
        : {
            unknown:
              'Without a mount to try a new token on, it is not known whether the address or the token is at fault.',
          }
    case 'namespaceAbsent':
      return problem(
        DOCTOR.hostOtherCluster,
        `The API server at ${host} does not know a namespace that is in this cluster.`,
        remedyOfHost(view, otherCluster(subject)),
      )
    case 'serverError':
      return problem(KUBERNETES.serverError, `The API server at ${host} answers Vault with an error of its own.`, {
        manual: ['Look at its health: kubectl get --raw /readyz?verbose'],
      })
    default:
      return { unknown: `Vault could not be made to ask the API server: ${seen.said}` }
  }

  function caProblem(known: View): Problem[] | undefined {
    const rotated = hasRotated(known)
    if (isCAItselfAtFault(known)) return undefined
    return problem(
      rotated ? DOCTOR.caRotated : DOCTOR.caMismatch,
      rotated
        ? `Since the config was written, ${host} was given a certificate of another CA.`
        : `The stored CA did not sign the certificate that ${host} shows.`,
      remedyOfCA(known),
      certificatesOf(known),
    )
  }
}

type Telling = (record: CodeRecord, message: string, remedy: Problem['remedy'], more?: object) => Problem[]

/** A new token of this cluster is refused there. */
function refusal(
  view: View,
  { met: seen, accepted }: Pick<Way, 'met' | 'accepted'>,
  stored: Known<Way['met']>,
  problem: Telling,
): Verdict {
  const { subject, kin } = view
  if (accepted !== true)
    return { unknown: 'A token that the cluster has only just issued is refused by its own API server, too.' }
  const host = hostOf(view)
  // The stored token is good there, and tokens of this cluster are not; or an API server shows another cluster's certificate.
  const isStranger = kin.known && kin.value.kin === 'stranger' && isApiServer(kin.value.shown)
  if ((stored.known && stored.value.reached) || (isStranger && / Unauthorized\)/.test(seen.said)))
    return problem(
      DOCTOR.hostOtherCluster,
      `${host} is the API server of another cluster: it does not know the tokens of this one.`,
      remedyOfHost(view, otherCluster(subject)),
      certificatesOf(view),
    )
  return problem(
    DOCTOR.hostRejectsTokens,
    `${host} refuses a token that the cluster has only just issued and accepts itself.`,
    remedyOfHost(view, 'Store the address of the API server itself, or use the method jwt'),
    certificatesOf(view),
  )
}

/** Pure. Seen from here it proves something where it is of what is stored, and not of where Vault stands. */
export function judgeFromHere(view: View): Verdict {
  const host = hostOf(view)
  const { handshake, kin } = view
  const hint = 'What Vault meets is another thing: add --probe.'
  if (!handshake.known) return { unknown: handshake.why.message }
  const seen = handshake.value
  if (seen.verdict === 'unreachable')
    return { unknown: `From here ${host} cannot be reached (${seen.reason}). ${hint}` }
  if (seen.verdict === 'proven') return []
  // Vault's own loopback is another one; and whoever shows a stranger's certificate here need not stand before Vault.
  if (isLoopback(host) || !kin.known || kin.value.kin !== 'same' || isCAItselfAtFault(view))
    return { unknown: `From here ${host} does not fit what is stored (${seen.reason}). ${hint}` }
  const evidence = { host, 'seen from': 'here', ...certificatesOf(view) }
  if (seen.reason === 'name')
    return [
      {
        record: DOCTOR.hostTLSName,
        message: `The certificate that ${host} shows is for other names.`,
        evidence,
        remedy: remedyOfHost(view, 'Store a host that the certificate names, or have this one added to it'),
      },
    ]
  if (seen.reason !== 'untrusted') return { unknown: `From here ${host} does not fit (${seen.reason}). ${hint}` }
  const rotated = hasRotated(view)
  return [
    {
      record: rotated ? DOCTOR.caRotated : DOCTOR.caMismatch,
      message: `The stored CA did not sign the certificate that ${host} shows; the cluster’s own did.`,
      evidence,
      remedy: remedyOfCA(view),
    },
  ]
}

const otherCluster = ({ cluster = 'this cluster' }: MountSubject): string =>
  `Store the address of the API server of ${cluster}; the workloads of another cluster need an auth mount of their own`

const isSilent = (kind: MetKind): boolean => kind === 'refused' || kind === 'noRoute' || kind === 'timeout'

/** Every API server’s certificate has it: https://kubernetes.io/docs/setup/best-practices/certificates/ */
const isApiServer = (shown: Partial<CertificateFacts> | undefined): boolean =>
  shown?.sans?.includes('DNS:kubernetes.default.svc') === true

const hasRotated = ({ record }: { readonly record: Known<WrittenConfig | undefined> }): boolean =>
  record.known && record.value?.isUnchanged === true

/** Another check says so: there is none, it is no PEM, it is over, or it is no CA. */
function isCAItselfAtFault({ authorities }: Pick<View, 'authorities'>): boolean {
  if (!authorities.known) return false
  const all = authorities.value ?? []
  return all.every(({ ca, notAfter }) => !ca || Date.parse(notAfter) < Date.now())
}

const hasEnded = ({ authorities }: Pick<View, 'authorities'>): boolean =>
  authorities.known && (authorities.value ?? []).some(({ notAfter }) => Date.parse(notAfter) < Date.now())

function fromHere({ handshake }: View): Record<string, string> {
  if (!handshake.known) return {}
  const { value } = handshake
  return { 'from here': value.verdict === 'proven' ? 'the stored CA proves it' : `${value.verdict}: ${value.reason}` }
}

/** What is stored and what is shown, side by side. */
function certificatesOf({ authorities, kin, handshake }: View): Record<string, string> {
  const shown: Partial<CertificateFacts> | undefined =
    kin.known && kin.value.shown !== undefined
      ? kin.value.shown
      : handshake.known && handshake.value.verdict !== 'unreachable'
        ? handshake.value
        : undefined
  const [stored] = (authorities.known && authorities.value) || []
  return {
    ...(stored && { 'stored CA': `${stored.subject}, ${stored.fingerprint256}` }),
    ...(shown?.issuer !== undefined && { 'shown certificate': `issued by ${shown.issuer}` }),
    ...(shown?.sans !== undefined && { 'its names': shown.sans.join(', ') }),
    ...(kin.known &&
      kin.value.kin !== 'unseen' && { 'signed by the cluster’s own CA': String(kin.value.kin === 'same') }),
  }
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')

// https://datatracker.ietf.org/doc/html/rfc1918, rfc4193, rfc3927
const PRIVATE = new BlockList()
PRIVATE.addSubnet('10.0.0.0', 8)
PRIVATE.addSubnet('172.16.0.0', 12)
PRIVATE.addSubnet('192.168.0.0', 16)
PRIVATE.addSubnet('169.254.0.0', 16)
PRIVATE.addSubnet('fc00::', 7, 'ipv6')

function isIn(list: BlockList, host: string): boolean {
  const name = (URL.parse(host)?.hostname ?? '').replace(/^\[|\]$/g, '')
  const family = isIP(name)
  return family !== 0 && list.check(name, family === 6 ? 'ipv6' : 'ipv4')
}

const isLoopback = (host: string): boolean =>
  isIn(LOOPBACK, host) || /^(?:.*\.)?localhost$/.test(URL.parse(host)?.hostname ?? '')
const isPrivate = (host: string): boolean => isIn(PRIVATE, host)
