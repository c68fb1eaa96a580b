/** Why no answer came, in words of our own: the libraries' messages may quote what was sent. */
export type FailureReason =
  | 'dns'
  | 'refused'
  | 'noRoute'
  | 'timeout'
  | 'handshake'
  | 'lost'
  | 'proxy'
  | 'untrusted'
  | 'wrongName'
  | 'expired'
  | 'notTLS'
  | 'tlsFailed'
  | 'notHTTP'
  | 'tooLarge'
  | 'other'

export interface Failure {
  readonly reason: FailureReason
  /** The code of Node, OpenSSL or undici: `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
  readonly code: string
  /** The request may have reached the server, so it may have been carried out. */
  readonly sent: boolean
}

const REASONS: Readonly<Record<string, FailureReason>> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'noRoute',
  ENETUNREACH: 'noRoute',
  EHOSTDOWN: 'noRoute',
  ENETDOWN: 'noRoute',
  EADDRNOTAVAIL: 'noRoute',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ECONNRESET: 'lost',
  EPIPE: 'lost',
  UND_ERR_SOCKET: 'lost',
  UND_ERR_INFO: 'lost',
  UND_ERR_PRX_CONN: 'proxy',
  UND_ERR_PRX_TLS: 'proxy',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  CERT_SIGNATURE_FAILURE: 'untrusted',
  CERT_UNTRUSTED: 'untrusted',
  CERT_REVOKED: 'untrusted',
  CERT_REJECTED: 'untrusted',
  INVALID_CA: 'untrusted',
  INVALID_PURPOSE: 'untrusted',
  CERT_CHAIN_TOO_LONG: 'untrusted',
  PATH_LENGTH_EXCEEDED: 'untrusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'wrongName',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'expired',
  // What OpenSSL makes of an answer that is not TLS.
  ERR_SSL_WRONG_VERSION_NUMBER: 'notTLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'notTLS',
  ERR_SSL_HTTP_REQUEST: 'notTLS',
  EPROTO: 'tlsFailed',
  HTTPParserError: 'notHTTP',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'tooLarge',
}

const FAMILIES: readonly (readonly [prefix: string, FailureReason])[] = [
  ['ERR_SSL_', 'tlsFailed'],
  ['ERR_TLS_', 'tlsFailed'],
  ['ERR_HTTP2_', 'lost'],
  ['HPE_', 'notHTTP'],
]

/**
 * What an error of undici, node:net or node:tls means.
 * @param connected there was a connection, TLS included, when it happened
 */
export function failureOf(error: unknown, connected: boolean): Failure {
  const { code, name, message } = shapeOf(error)
  // undici has no code for a CONNECT that the proxy refuses.
  const reason = message.startsWith('Proxy response') ? 'proxy' : reasonOf(code ?? name)
  return { reason: reason === 'lost' && !connected ? 'handshake' : reason, code: code ?? name, sent: connected }
}

function reasonOf(code: string): FailureReason {
  return REASONS[code] ?? FAMILIES.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'other'
}

/** By shape: errors of Node's own modules are of another realm under jest. */
function shapeOf(error: unknown): { code: string | undefined; name: string; message: string } {
  const { code, name, message } = (
    typeof error === 'object' && error !== null ? error : {}
  ) as Partial<NodeJS.ErrnoException>
  return { code: typeof code === 'string' ? code : undefined, name: name ?? 'unknown', message: message ?? '' }
}
