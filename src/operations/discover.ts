import { readBeside } from '../config/load.js'
import { APPLY, IceError } from '../catalogue/index.js'
import type { ClusterFacts, File } from '../config/file.js'
import { proveCertificate, rootCertificates, type CertificateProof, type Cluster } from '../kubernetes/index.js'

type Section = File['clusters'][string]
type Source = ClusterFacts['caFrom']

const HANDSHAKE_MS = 5000

/**
 * Finds out what Vault must be told of a cluster: the API server's address and the CA that signed its certificate. A CA
 * that fits is proven by a handshake from here; where this machine cannot reach the address, Vault's side must prove it.
 * @throws IceError APPLY.caRefused where the CA that the file names does not fit, or none does
 */
export async function discoverCluster(
  name: string,
  section: Section,
  cluster: Cluster,
  configFile: string,
  signal: AbortSignal,
): Promise<ClusterFacts> {
  const apiServer = section.apiServer ?? cluster.server
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
    if (proof.verdict === 'proven') return { apiServer, ca, caFrom: source, proof: { by: 'operator' } }
    if (proof.verdict === 'unreachable') {
      return { apiServer, ca, caFrom: source, proof: { by: 'vault', because: `${proof.reason} (${proof.code})` } }
    }
    refused.push(`${source}: ${refusal(proof)}`)
  }
  throw new IceError(APPLY.caRefused, {
    message: `No CA fits the API server ${apiServer} of cluster ${name}.`,
    evidence: Object.fromEntries(refused.map((line, index) => [`tried ${index + 1}`, line])),
    from: ['clusters', name, section.apiServerCA === undefined ? 'apiServer' : 'apiServerCA'],
  })
}

function sources({ apiServerCA }: Section): readonly Source[] {
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
