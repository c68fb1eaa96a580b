import { IceError, VAULT, type CodeRecord } from '../catalogue/index.js'
import type { CertificateFacts } from '../http/certificate.js'
import type { FailureReason } from '../http/failure.js'
import { portOf } from '../http/host.js'
import type { Failure } from './transport.js'

/** Where a request went, for error messages. */
export interface Target {
  readonly proxy: string | undefined
  /** The name that the certificate must carry, where it is not the host. */
  readonly serverName: string | undefined
  readonly timeoutMs: number
}

/**
 * Names a failure without an answer for what it is.
 * @param certificate looks at the server's certificate; called only where that is evidence
 */
export async function failureError(
  { reason, code, url, sent }: Failure,
  { proxy, timeoutMs, serverName = url.hostname }: Target,
  certificate: (url: URL) => Promise<CertificateFacts | undefined>,
): Promise<IceError> {
  const host = `${url.hostname}:${portOf(url)}`
  const failure: Fail = (record, happened, evidence = {}, next) =>
    new IceError(record, {
      message: `${host}: ${happened}.`,
      evidence: { address: url.origin, error: code, ...evidence },
      ...(next && { next }),
    })

  if (reason === 'tooLarge') return failure(VAULT.tooLarge, 'the answer is larger than 32 MiB')
  if (isTls(reason)) return tlsError(reason, code, serverName, failure, await certificate(url))
  if (proxy !== undefined && !sent) return failure(VAULT.proxyFailed, `no connection through the proxy`, { proxy })
  if (reason === 'dns') return failure(VAULT.hostNotFound, 'the name does not resolve')
  if (reason === 'refused') return failure(VAULT.refused, 'connection refused')
  if (reason === 'timeout') {
    return failure(VAULT.timedOut, sent ? `no answer within ${timeoutMs / 1000} s` : 'no connection in time')
  }
  if (reason === 'noRoute') return failure(VAULT.timedOut, 'there is no route to the host')
  if (url.protocol === 'http:' && (await certificate(url)))
    return failure(VAULT.needsHttps, 'it speaks https, not http')
  if (reason === 'notHTTP') return failure(VAULT.notVault, 'what came back is not HTTP')
  return failure(VAULT.connectionLost, sent ? 'the connection broke' : 'the connection broke while it was made')
}

type Fail = (record: CodeRecord, happened: string, evidence?: Record<string, string>, next?: string[]) => IceError

const TLS_REASONS = ['notTLS', 'untrusted', 'wrongName', 'expired', 'tlsFailed'] as const
type TlsReason = (typeof TLS_REASONS)[number]
const isTls = (reason: FailureReason): reason is TlsReason => (TLS_REASONS as readonly FailureReason[]).includes(reason)

function tlsError(
  reason: TlsReason,
  code: string,
  wanted: string,
  failure: Fail,
  shown: CertificateFacts | undefined,
): IceError {
  const seen = evidenceOf(shown)
  switch (reason) {
    case 'notTLS':
      return failure(VAULT.needsHttp, 'it does not speak TLS')
    case 'untrusted':
      return failure(VAULT.tlsUntrusted, 'its certificate is not signed by a trusted authority', seen)
    case 'wrongName': {
      const names = seen['names'] || 'no name'
      return failure(VAULT.tlsName, `its certificate is for ${names}, not ${wanted}`, seen, [
        `Use one of these names in the address, or set VAULT_TLS_SERVER_NAME to one of them: ${names}`,
      ])
    }
    case 'expired':
      return failure(VAULT.tlsExpired, `its certificate is ${validity(code, shown)}`, seen)
    case 'tlsFailed':
      return failure(VAULT.tlsFailed, 'the TLS handshake failed', seen)
  }
}

function evidenceOf(shown: CertificateFacts | undefined): Record<string, string> {
  if (!shown) return {}
  const { subject, issuer, sans, notAfter, fingerprint256 } = shown
  const names = sans.map((name) => name.replace(/^(?:DNS|IP Address):/, '')).join(', ')
  return { subject, issuer, names: names.slice(0, 300), notAfter, sha256: fingerprint256 }
}

/** The dates are the server's own certificate's; what is out of date may also be one that signed it. */
function validity(code: string, shown: CertificateFacts | undefined): string {
  const now = new Date().toISOString()
  if (code === 'CERT_HAS_EXPIRED') {
    return shown && shown.notAfter < now ? `expired since ${shown.notAfter}` : 'expired, or one that signed it'
  }
  return shown && shown.notBefore > now ? `not valid before ${shown.notBefore}` : 'not yet valid'
}
