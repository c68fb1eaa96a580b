import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { addAbortSignal } from 'node:stream'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { redact } from '../secrets/redact.js'
import { hostOf } from './host.js'

export interface CertificateFacts {
  readonly subject: string
  readonly issuer: string
  /** `DNS:kubernetes.default.svc`, `IP Address:10.0.0.1`. */
  readonly sans: readonly string[]
  /** ISO 8601. */
  readonly notBefore: string
  readonly notAfter: string
  readonly fingerprint256: string
  /** It may sign other certificates. */
  readonly ca: boolean
}

/**
 * Looks at the certificate that a server shows, whoever signed it, as evidence after a failure.
 * @param serverName what is sent as SNI, where it is not the host
 * @returns undefined where there is none to be had, or the signal is aborted
 */
export function presentedCertificate(
  server: URL,
  signal: AbortSignal,
  serverName?: string,
): Promise<CertificateFacts | undefined> {
  const look = (socket: TLSSocket): CertificateFacts | undefined => {
    const certificate = socket.getPeerX509Certificate()
    return certificate && factsOf(certificate)
  }
  const options = serverName === undefined ? {} : { servername: serverName }
  return handshake(server, options, signal, look).catch(() => undefined)
}

/**
 * Makes a TLS connection, lets it be looked at and closes it; nothing is sent over it. It comes about whatever the
 * certificate is: the verdict is to be read from the socket.
 * @throws the error of the connection; an AbortError
 */
export async function handshake<T>(
  server: URL,
  options: ConnectionOptions,
  signal: AbortSignal,
  look: (socket: TLSSocket) => T,
): Promise<T> {
  const host = hostOf(server)
  const socket = connect({
    host,
    port: Number(server.port || 443),
    ...(isIP(host) === 0 && { servername: host }),
    checkServerIdentity: () => undefined,
    ...options,
    rejectUnauthorized: false,
  })
  addAbortSignal(signal, socket)
  try {
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    return look(socket)
  } finally {
    socket.destroy()
  }
}

export function factsOf(certificate: X509Certificate): CertificateFacts {
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    sans: (certificate.subjectAltName ?? '')
      .split(', ')
      .filter((name) => name !== '')
      .map(redact),
    notBefore: certificate.validFromDate.toISOString(),
    notAfter: certificate.validToDate.toISOString(),
    fingerprint256: certificate.fingerprint256,
    ca: certificate.ca,
  }
}

/** @param name undefined where the certificate has none, whatever Node's types say */
function nameOf(name: string | undefined): string {
  return redact((name ?? '').replaceAll('\n', ', ')).slice(0, 300) || '(empty)'
}
