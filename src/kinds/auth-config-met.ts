import { redact } from '../secrets/index.js'

/** What Vault met at the API server. */
export interface Met {
  /** The API server answered and knew whose token Vault has: its address, its CA and that token are good. */
  readonly reached: boolean
  readonly kind: MetKind
  /** Whose token it is, where the API server says so. */
  readonly as?: string
  /** The HTTP status of the API server, where it answered. */
  readonly status?: number
  /** In Vault's words, fit to be shown. */
  readonly said: string
}

export type MetKind =
  /** It was answered, as somebody whom the API server knows. */
  | 'reached'
  /** 401: the API server does not know the token. */
  | 'unauthorized'
  /** 403, as nobody: what answers did not look at the token. */
  | 'anonymous'
  /** 404 for a namespace that the visitor is in: the API server is of another cluster. */
  | 'namespaceAbsent'
  /** It has no token of its own to ask with. */
  | 'noReviewer'
  | 'dns'
  | 'refused'
  | 'noRoute'
  /** No connection in time. */
  | 'timeout'
  /** It is connected, and waits for an answer. */
  | 'silent'
  /** The connection was closed before there was an answer. */
  | 'lost'
  | 'untrusted'
  | 'wrongName'
  | 'expired'
  /** Another fault of the certificate. */
  | 'certificate'
  /** No version of TLS that both speak. */
  | 'tlsTooOld'
  /** The server broke the handshake off: it wants a client's certificate. */
  | 'tlsRefused'
  | 'notTLS'
  | 'notKubernetes'
  /** 5xx or 429. */
  | 'serverError'
  /** The proxy of Vault's machine. */
  | 'proxy'
  | 'badURL'
  /** The CA of the pod was to be read, and there is none. */
  | 'noLocalCA'
  | 'noConfig'
  /** Vault refused the visitor's token before it asked anybody. */
  | 'tokenRefused'
  /** It let in whom no role admits. */
  | 'letIn'
  | 'other'

/**
 * By what Vault and OpenBao say, in the words of Go's net, net/http, crypto/tls and crypto/x509 and of the plug-in (its
 * namespace_validator.go). The first that fits counts: a lookup that is refused is no refused connection.
 */
const KINDS: ReadonlyArray<readonly [MetKind, RegExp]> = [
  ['noReviewer', /TokenReviewer JWT needs to be configured/],
  ['noConfig', /could not load backend configuration/],
  ['noLocalCA', /open \S+\/ca\.crt: /],
  // What a proxy answers to CONNECT is told by its reason phrase alone.
  ['proxy', /proxyconnect|": (?:Forbidden|Unauthorized|[A-Z][a-z]+(?: [A-Z][a-z]+)+)$/],
  ['badURL', /unsupported protocol scheme|err=parse |invalid port|no Host in request URL/],
  ['dns', /: lookup \S+/],
  ['untrusted', /x509: certificate signed by unknown authority/],
  ['expired', /x509: certificate has expired or is not yet valid/],
  [
    'wrongName',
    /x509: (?:certificate is (?:valid for|not valid for)|cannot validate certificate for)|legacy Common Name/,
  ],
  ['certificate', /x509: /],
  ['tlsTooOld', /protocol version not supported|unsupported protocol version/],
  ['notTLS', /gave HTTP response to HTTPS client|does not look like a TLS handshake|oversized record/],
  ['tlsRefused', /remote error: tls: /],
  ['silent', /context canceled|awaiting (?:response )?headers/],
  ['timeout', /i\/o timeout|TLS handshake timeout|deadline exceeded|timed out/],
  ['refused', /connection refused/],
  ['noRoute', /no route to host|(?:network|host) is unreachable/],
  ['notKubernetes', /invalid character|unexpected end of JSON|cannot unmarshal|stopped after \d+ redirects/],
  ['lost', /connection reset|broken pipe|EOF$/],
  ['reached', /namespace not authorized$/],
  ['tokenRefused', /permission denied$|invalid [a-z ]+\((?:iss|aud|exp|nbf|iat|alg)\)/],
]

/**
 * Reads an answer of the namespace-selector oracle; pure.
 * @param answer Vault's words, or a message that ends with them
 */
export function metOf(answer: string): Met {
  const said = redact(answer)
  const words = answer.trim().replace(/[.)\s]+$/, '')
  const answered = /\(code (\d{3}) status /.exec(said)
  if (answered === null) {
    const kind = KINDS.find(([, pattern]) => pattern.test(words))?.[0] ?? 'other'
    return { reached: kind === 'reached', kind, said }
  }
  const status = Number(answered[1])
  const as = /User \\*"([^"\\]+)\\*" cannot/.exec(said)?.[1]
  const kind = kindOfStatus(status, said, as)
  const isAccount = as?.startsWith('system:serviceaccount:') === true
  return { reached: kind === 'reached', kind, status, said, ...(isAccount && { as }) }
}

/** Which answer of the API server it is; a status that Kubernetes would not give here comes from somebody else. */
function kindOfStatus(status: number, said: string, as: string | undefined): MetKind {
  if (status === 401) return 'unauthorized'
  if (status === 403 && as === 'system:anonymous') return 'anonymous'
  if (status === 403 && /status namespaces /.test(said)) return 'reached'
  if (status === 404 && /status namespaces .* not found/.test(said)) return 'namespaceAbsent'
  return status === 429 || status >= 500 ? 'serverError' : 'notKubernetes'
}
