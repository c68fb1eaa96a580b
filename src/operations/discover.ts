import { readBeside } from '../config/load.js'
import { APPLY, IceError } from '../catalogue/index.js'
import type { ClusterFacts, File } from '../config/file.js'
import {
  proveCertificate,
  rootCertificates,
  type CertificateFacts,
  type CertificateProof,
  type Cluster,
} from '../kubernetes/index.js'

type Section = File['clusters'][string]
type Source = ClusterFacts['caFrom']

const HANDSHAKE_MS = 5000

/**
 * What Vault must be told of a cluster: see `examineCluster`; and who issues its tokens, where Vault checks them by itself.
 * @throws IceError APPLY.caRefused, APPLY.issuerUnknown
 */
export async function discoverCluster(
  name: string,
  section: Section,
  cluster: Cluster,
  configFile: string,
  signal: AbortSignal,
): Promise<ClusterFacts> {
  const { auth } = section
  if (auth.method !== 'jwt') return (await examineCluster(name, section, cluster, configFile, signal)).facts
  const isPinned = auth.keys === 'pinned'
  const issuer = await issuerOf(name, cluster, isPinned)
  // Vault asks nobody then.
  if (isPinned) return { apiServer: cluster.server, ca: '', caFrom: 'kubeconfig', proof: { by: 'operator' }, issuer }
  const asked = auth.keys === 'discovery' ? { ...section, apiServer: issuer.url } : section
  return { ...(await examineCluster(name, asked, cluster, configFile, signal)).facts, issuer }
}

async function issuerOf(
  name: string,
  cluster: Cluster,
  withKeys: boolean,
): Promise<NonNullable<ClusterFacts['issuer']>> {
  const unknown = (what: string): IceError =>
    new IceError(APPLY.issuerUnknown, {
      message: `The cluster ${name} publishes ${what}.`,
      from: ['clusters', name, 'auth', 'method'],
    })
  const published = await cluster.tokenIssuer()
  if (published === undefined) throw unknown('no issuer of its tokens')
  const keys = withKeys ? await cluster.tokenKeys() : []
  if (withKeys && keys.length === 0) throw unknown('no public key that could check its tokens')
  return { url: published.issuer, keys }
}

/** What was found, with the certificate that the API server showed where it could be reached. */
export interface Examined {
  readonly facts: ClusterFacts
  readonly certificate?: CertificateFacts
}

/**
 * Finds out what Vault must be told of a cluster: the API server's address and the CA that signed its certificate. A CA
 * that fits is proven by a handshake from here; where this machine cannot reach the address, Vault's side must prove it.
 * @throws IceError APPLY.caRefused where the CA that the file names does not fit, or none does
 */
export async function examineCluster(
  name: string,
  section: Section,
  cluster: Cluster,
  configFile: string,
  signal: AbortSignal,
): Promise<Examined> {
  const apiServer = section.apiServer ?? (isInPod(section) ? IN_CLUSTER : cluster.server)
  const refused: string[] = []
  for (const source of sources(section)) {
    const ca = await certificates(source, section, cluster, configFile)
    if (ca === undefined) {
      refused.push(`${source}: there is none`)
      continue
    }
    const proof = await proveCertificate(apiServer, source === 'system' ? 'system' : ca, {
      timeoutMs: HANDSHAKE_MS,
      signal,
    })
    // What Vault is told is what was proven: which roots the machine has that it runs on, nobody knows here.
    if (proof.verdict === 'proven') {
      const { verdict: _proven, root = ca, ...certificate } = proof
      return { facts: { apiServer, ca: root, caFrom: source, proof: { by: 'operator' } }, certificate }
    }
    if (proof.verdict === 'unreachable') {
      const because = `${proof.reason} (${proof.code})`
      return { facts: { apiServer, ca, caFrom: source, proof: { by: 'vault', because } } }
    }
    refused.push(`${source}: ${refusal(proof)}`)
  }
  throw new IceError(APPLY.caRefused, {
    message: `No CA fits the API server ${apiServer} of cluster ${name}.`,
    evidence: Object.fromEntries(refused.map((line, index) => [`tried ${index + 1}`, line])),
    from: ['clusters', name, section.apiServerCA === undefined ? 'apiServer' : 'apiServerCA'],
  })
}

/** The API server as every pod knows it. */
const IN_CLUSTER = 'https://kubernetes.default.svc'

const isInPod = ({ auth }: Section): boolean => auth.method === 'kubernetes' && auth.reviewer.token === 'pod'

function sources(section: Section): readonly Source[] {
  const { apiServerCA, apiServer } = section
  // What pods are told of their own API server, a load balancer before it need not have.
  if (apiServerCA === undefined && apiServer === undefined && isInPod(section)) return ['rootConfigMap', 'kubeconfig']
  if (apiServerCA === undefined) return ['kubeconfig', 'rootConfigMap', 'system']
  return [typeof apiServerCA === 'string' ? apiServerCA : 'file']
}

async function certificates(
  source: Source,
  section: Section,
  cluster: Cluster,
  configFile: string,
): Promise<string | undefined> {
  switch (source) {
    case 'kubeconfig':
      return cluster.certificateAuthority
    case 'tokenSecret':
    // The token controller puts the very CA into the Secret that is published in this ConfigMap.
    case 'rootConfigMap':
      return rootCertificates(cluster, 'kube-system')
    case 'file':
      return typeof section.apiServerCA === 'object'
        ? readBeside(configFile, section.apiServerCA.file, undefined)
        : undefined
    case 'system':
      return ''
  }
}

function refusal(proof: Extract<CertificateProof, { verdict: 'refused' }>): string {
  const whose = proof.issuer === undefined ? '' : `; the server's is issued by ${proof.issuer}`
  const reasons = {
    untrusted: 'it did not sign the certificate',
    name: `the certificate is for ${proof.sans?.join(', ') ?? 'other names'}`,
    expired: `the certificate expired at ${proof.notAfter ?? '?'}`,
    notTLS: 'the server does not speak TLS there',
  }
  return `${reasons[proof.reason]}${proof.reason === 'untrusted' ? whose : ''}`
}
