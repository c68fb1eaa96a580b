import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import tls from 'node:tls'
import { IceError, KUBERNETES } from '../catalogue/index.js'
import { factsOf, handshake, type CertificateFacts } from '../http/certificate.js'
import { failureOf } from '../http/failure.js'
import { hostOf } from '../http/host.js'
import { refs } from './objects.js'
import type { Cluster } from './types.js'

export type CertificateProof =
  | ({
      readonly verdict: 'proven'
      /** Where the system's roots were asked: the one of them that the certificate leads to, PEM. */
      readonly root?: string
    } & CertificateFacts)
  | ({
      readonly verdict: 'refused'
      readonly reason: 'untrusted' | 'name' | 'expired' | 'notTLS'
      /** OpenSSL's or Node's code. */
      readonly code: string
    } & Partial<CertificateFacts>)
  | {
      readonly verdict: 'unreachable'
      readonly reason: 'dns' | 'refused' | 'noRoute' | 'timeout' | 'lost'
      readonly code: string
    }

/**
 * Proves by a TLS handshake that a client which knows nothing but this CA can talk to the API server at this address, the
 * way Vault's kubernetes auth method does: only this CA, TLS 1.2 or later, the name among the certificate's alternative
 * names. (vault-plugin-auth-kubernetes, backend.go. Go accepts an intermediate as a root, and ignores the common name.)
 * @param ca PEM certificates, or `system` for the roots of this machine
 * @throws IceError KUBERNETES.notACertificate; the signal's reason
 */
export async function proveCertificate(
  apiServer: string,
  ca: string,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<CertificateProof> {
  const server = new URL(apiServer)
  if (server.protocol !== 'https:') return { verdict: 'refused', reason: 'notTLS', code: 'http' }
  if (ca !== 'system') describeCertificates(ca)
  const timeout = AbortSignal.timeout(timeoutMs)
  const roots = ca === 'system' ? systemRoots() : undefined
  const client = {
    ca: roots ?? ca,
    minVersion: 'TLSv1.2',
    allowPartialTrustChain: true,
  } as const
  try {
    return await handshake(server, client, AbortSignal.any([signal, timeout]), (socket) =>
      judge(socket, hostOf(server), roots),
    )
  } catch (error) {
    signal.throwIfAborted()
    if (timeout.aborted) return { verdict: 'unreachable', reason: 'timeout', code: 'TIMEOUT' }
    const { reason, code } = failureOf(error, false)
    if (reason === 'notTLS' || reason === 'tlsFailed' || reason === 'handshake')
      return { verdict: 'refused', reason: 'notTLS', code }
    const known = reason === 'dns' || reason === 'refused' || reason === 'noRoute' || reason === 'timeout'
    return { verdict: 'unreachable', reason: known ? reason : 'lost', code }
  }
}

function judge(socket: tls.TLSSocket, host: string, roots: readonly string[] | undefined): CertificateProof {
  // First, since Node has no chain to show any more once the certificate itself was taken.
  const chain = roots && chainOf(socket)
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return { verdict: 'refused', reason: 'untrusted', code: 'NO_CERTIFICATE' }
  const facts = factsOf(certificate)
  if (!socket.authorized) {
    const code = String(socket.authorizationError)
    const reason = failureOf({ code }, false).reason === 'expired' ? 'expired' : 'untrusted'
    return { verdict: 'refused', reason, code, ...facts }
  }
  const named = isIP(host) === 0 ? certificate.checkHost(host, { subject: 'never' }) : certificate.checkIP(host)
  if (named === undefined) return { verdict: 'refused', reason: 'name', code: 'ERR_TLS_CERT_ALTNAME_INVALID', ...facts }
  const root = chain && rootOf(chain, roots)
  return { verdict: 'proven', ...facts, ...(root !== undefined && { root }) }
}

/** What the server showed, its own certificate first, and what leads from there to a root. */
function chainOf(socket: tls.TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  // Where there is none it is empty; a root is its own issuer, and an intermediate may have none.
  let next: Partial<tls.DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true)
  while (next?.raw !== undefined) {
    chain.push(new X509Certificate(next.raw))
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate
  }
  return chain
}

/** The root that the chain comes to first; of several with one key the one that lasts longest. */
function rootOf(chain: readonly X509Certificate[], roots: readonly string[]): string | undefined {
  const trusted = roots
    .map((pem) => new X509Certificate(pem))
    .sort((a, b) => b.validToDate.getTime() - a.validToDate.getTime())
  for (const certificate of chain) {
    const root = trusted.find(
      (one) =>
        one.fingerprint256 === certificate.fingerprint256 ||
        (certificate.checkIssued(one) && certificate.verify(one.publicKey)),
    )
    if (root !== undefined) return root.toString()
  }
  return undefined
}

/**
 * The certificates of a PEM bundle, in order.
 * @throws IceError KUBERNETES.notACertificate where there is none, or one that cannot be read
 */
export function describeCertificates(pem: string): readonly CertificateFacts[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  try {
    if (blocks.length > 0) return blocks.map((block) => factsOf(new X509Certificate(block)))
  } catch {
    // said below
  }
  const looksEncoded = pem.trimStart().startsWith('LS0tLS1')
  throw new IceError(KUBERNETES.notACertificate, {
    message: looksEncoded
      ? 'The certificate is base64 of a PEM, not a PEM.'
      : 'No PEM certificate can be read from it.',
  })
}

/** The CA that the cluster gives to every pod in a namespace; undefined where it has not been published (yet). */
export async function rootCertificates(cluster: Cluster, namespace: string): Promise<string | undefined> {
  const map = await cluster.get(refs.configMap(namespace, 'kube-root-ca.crt'))
  const ca = (map?.['data'] as Record<string, string> | undefined)?.['ca.crt']
  return ca === '' ? undefined : ca
}

/** The roots that this machine trusts, and those that Node brings. */
export function systemRoots(): string[] {
  return [...tls.getCACertificates('system'), ...tls.getCACertificates('default')]
}
