import type { ClusterFacts } from '../config/file.js'
import { describeCertificates, type CertificateFacts } from '../kubernetes/index.js'
import { examineCluster } from './discover.js'
import { inFlags } from './step-shown.js'
import { withStepSession, type StepOptionsBase, type StepSession } from './step-session.js'

/** What Vault must be told of a cluster, and how that is known. */
export interface ClusterTrust {
  /** The address that Vault must use. */
  readonly apiServer: string
  /** PEM; empty: the roots of Vault's machine. */
  readonly ca: string
  readonly caFrom: ClusterFacts['caFrom']
  /** The certificates of `ca`, in order. */
  readonly caCertificates: readonly CertificateFacts[]
  /** What the API server showed; undefined where it could not be reached from here. */
  readonly certificate?: CertificateFacts
  readonly proof: ClusterFacts['proof']
}

export interface ClusterCaResult extends ClusterTrust {
  readonly operation: 'cluster ca'
  readonly cluster: string
}

/**
 * The CA and the address of the API server as Vault must use them, proven by a TLS handshake from here.
 * @throws IceError APPLY.caRefused where no CA fits
 */
export function clusterCa(options: StepOptionsBase): Promise<ClusterCaResult> {
  return withStepSession(options, async (session) => {
    const result = {
      operation: 'cluster ca',
      cluster: session.place.cluster,
      ...(await clusterTrust(session)),
    } as const
    for (const text of remarks(result)) options.emit({ type: 'note', ...text })
    return result
  })
}

export async function clusterTrust({
  place,
  section,
  kubernetes,
  configFile,
  signal,
}: StepSession): Promise<ClusterTrust> {
  const examined = examineCluster(place.cluster, section, await kubernetes(), configFile, signal)
  const { facts, certificate } = await examined.catch((error: unknown) => {
    throw inFlags(error)
  })
  return {
    ...facts,
    caCertificates: facts.ca === '' ? [] : await describeCertificates(facts.ca),
    ...(certificate && { certificate }),
  }
}

type Remark = { readonly level: 'info' | 'warning'; readonly text: string }

/** For people, beside the PEM. */
function remarks({ apiServer, ca, caFrom, caCertificates, certificate, proof }: ClusterTrust): Remark[] {
  const told = caCertificates.map((one): Remark => ({
    level: 'info',
    text: `CA from ${caFrom}: ${one.subject}, until ${one.notAfter}, SHA-256 ${one.fingerprint256}`,
  }))
  if (certificate !== undefined) {
    const { subject, issuer, notAfter, sans } = certificate
    const text = `Proven: the certificate of ${apiServer} (${subject}) is issued by ${issuer}, until ${notAfter}, for ${sans.join(', ')}`
    told.push({ level: 'info', text })
  }
  if (proof.by === 'vault')
    told.push({
      level: 'warning',
      text: `Not proven: ${apiServer} cannot be reached from here: ${proof.because}. Vault's side must prove it: auth configure does that.`,
    })
  if (ca === '')
    told.push({ level: 'warning', text: 'The roots of Vault’s own machine are meant: there is no CA to print.' })
  return told
}
