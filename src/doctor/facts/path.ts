import { DOCTOR, EXIT, IceError, isIceError, KUBERNETES } from '../../catalogue/index.js'
import { TOKEN_REVIEW } from '../../kinds/auth-config-clients.js'
import { meetOnScratchMount, type Met } from '../../kinds/auth-config-proof.js'
import {
  describeCertificates,
  proveCertificate,
  type CertificateFacts,
  type CertificateProof,
} from '../../kubernetes/index.js'
import { fact } from '../contract.js'
import type { MountSubject } from '../subject.js'
import { clusterOf, rootCA } from './cluster.js'
import { met, withVisitor, writtenConfig } from './mount.js'

type OfMount = Pick<MountSubject, 'mount' | 'method' | 'cluster'>
const byPath = ({ mount }: OfMount): string => mount

const SCRATCH_MOUNT =
  'an auth mount auth/icebreaker-scratch-… that lets nobody in, and a ten-minute token of an account; both are removed at once'

/** What a token meets that the cluster has only just issued. */
export interface FreshMet {
  readonly met: Met
  /** The operator's API server accepts that token; only asked where the other one did not. */
  readonly accepted?: boolean
}

/**
 * What Vault meets with the stored address and CA, over a new connection and with a new token: nothing that is cached or
 * pooled, and nothing of the stored token, has a part in it.
 */
export const fresh = fact({
  what: 'what Vault meets over a new connection, with a new token',
  key: byPath,
  from: 'vault',
  writes: (_mount: OfMount) => SCRATCH_MOUNT,
  async fetch(subject: OfMount, look): Promise<FreshMet> {
    const config = await look.ask(writtenConfig, subject)
    return withVisitor(subject, look, async (visitor) => {
      const body = {
        kubernetes_host: String(config['kubernetes_host']),
        kubernetes_ca_cert: storedCA(config),
        disable_local_ca_jwt: config['disable_local_ca_jwt'] === true,
        token_reviewer_jwt: visitor.token,
      }
      const seen = await meetOnScratchMount(body, visitor, look.scene.io)
      if (seen.kind !== 'unauthorized') return { met: seen }
      return {
        met: seen,
        accepted: await isAccepted(() => clusterOf(subject, look).can([TOKEN_REVIEW], visitor.token)),
      }
    })
  },
})

function storedCA({ kubernetes_ca_cert: ca }: Readonly<Record<string, unknown>>): string {
  return typeof ca === 'string' ? ca : ''
}

async function isAccepted(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await attempt()
    return true
  } catch (error) {
    if (isIceError(error) && error.code === KUBERNETES.unauthorized.code) return false
    throw error
  }
}

/** The way from Vault to the API server, by the best that may be asked. */
export interface Way extends FreshMet {
  /** Undefined: mounts may not be made, so it was asked over the connections that Vault has. */
  readonly isFresh: boolean
}

/** The same; where the operator may make no mount, what the mount itself meets. */
export const way = fact({
  what: 'the way from Vault to the API server',
  key: byPath,
  from: 'vault',
  writes: (_mount: OfMount) => SCRATCH_MOUNT,
  async fetch(subject: OfMount, { ask }): Promise<Way> {
    try {
      return { ...(await ask(fresh, subject)), isFresh: true }
    } catch (error) {
      if (!isIceError(error) || error.exitCode !== EXIT.notPermitted) throw error
      return { met: await ask(met, subject), isFresh: false }
    }
  },
})

/** The stored CA, certificate by certificate; undefined: nothing that is a certificate is stored. */
export const authorities = fact({
  what: 'the certificates of the stored CA',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfMount, { ask }): Promise<readonly CertificateFacts[] | undefined> {
    const ca = storedCA(await ask(writtenConfig, subject))
    try {
      return ca === '' ? undefined : await describeCertificates(ca)
    } catch (error) {
      if (isIceError(error) && error.code === KUBERNETES.notACertificate.code) return undefined
      throw error
    }
  },
})

const HANDSHAKE_MS = 5000

/** Whether the stored host shows a certificate of this cluster. */
export interface Kin {
  /** same: the cluster's own CA signed it. stranger: another one did. unseen: it cannot be reached from here. */
  readonly kin: 'same' | 'stranger' | 'unseen'
  /** The certificate that it shows, seen from here. */
  readonly shown?: Partial<CertificateFacts>
  /** Where the operator reaches the API server. */
  readonly server: string
}

/** Seen from here: Vault may be elsewhere. */
export const kinship = fact({
  what: 'whether the stored host is of this cluster',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfMount, look): Promise<Kin> {
    const { ask, scene } = look
    const [config, cluster] = [await ask(writtenConfig, subject), clusterOf(subject, look)]
    const host = String(config['kubernetes_host'])
    if (!URL.canParse(host))
      throw new IceError(DOCTOR.hostMalformed, { message: `The stored host ${host} is no URL that can be asked.` })
    const ca = (await ask(rootCA, subject)) ?? cluster.certificateAuthority
    if (ca === undefined)
      throw new IceError(DOCTOR.notThere, { message: 'The cluster publishes no CA, and the kubeconfig has none.' })
    const proof = await proveCertificate(host, ca, { timeoutMs: HANDSHAKE_MS, signal: scene.signal })
    return { ...kinOf(proof), server: cluster.server }
  },
})

function kinOf(proof: CertificateProof): Pick<Kin, 'kin' | 'shown'> {
  if (proof.verdict === 'unreachable' || (proof.verdict === 'refused' && proof.reason === 'notTLS'))
    return { kin: 'unseen' }
  // Whether a name fits or a time is over is only asked of a chain that leads to the CA.
  const isSame = proof.verdict === 'proven' || proof.reason !== 'untrusted'
  return { kin: isSame ? 'same' : 'stranger', shown: proof }
}
