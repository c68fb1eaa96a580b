import type { ClusterOptions } from './client.js'
import type { CertificateFacts } from '../http/certificate.js'
import type { PortForward, PortForwardOptions } from './port-forward.js'
import type { CertificateProof } from './trust.js'
import type { Cluster, ClusterSelection, Connection } from './types.js'

// Clients, TLS and the kubeconfig reader are loaded by the first call that needs them.

export type * from './types.js'
export type { ClusterOptions } from './client.js'
export type { CertificateFacts } from '../http/certificate.js'
export type { CertificateProof } from './trust.js'
export { claimsOf, type TokenClaims } from './claims.js'
export { shapeOf, signatureOf, type Signature, type TokenShape } from './token-shape.js'
export { refs, reviews } from './objects.js'

/** See kubeconfig.ts. */
export async function loadConnection(selection: ClusterSelection): Promise<Connection> {
  return (await import('./kubeconfig.js')).loadConnection(selection)
}

/** See kubeconfig-file.ts. */
export async function kubeconfigContexts(
  selection: Pick<ClusterSelection, 'kubeconfig'>,
  env: NodeJS.ProcessEnv,
): Promise<{ current: string | undefined; names: readonly string[] }> {
  return (await import('./kubeconfig-file.js')).kubeconfigContexts(selection, env)
}

/** See client.ts. */
export async function createCluster(options: ClusterOptions): Promise<Cluster> {
  return (await import('./client.js')).createCluster(options)
}

/** See trust.ts. */
export async function proveCertificate(
  apiServer: string,
  ca: string,
  limits: { timeoutMs: number; signal: AbortSignal },
): Promise<CertificateProof> {
  return (await import('./trust.js')).proveCertificate(apiServer, ca, limits)
}

/** See trust.ts. */
export async function describeCertificates(pem: string): Promise<readonly CertificateFacts[]> {
  return (await import('./trust.js')).describeCertificates(pem)
}

/** See trust.ts. */
export async function rootCertificates(cluster: Cluster, namespace: string): Promise<string | undefined> {
  return (await import('./trust.js')).rootCertificates(cluster, namespace)
}

/** See port-forward.ts. */
export async function openPortForward(options: PortForwardOptions): Promise<PortForward> {
  return (await import('./port-forward.js')).openPortForward(options)
}
