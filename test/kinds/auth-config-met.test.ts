import { describe, expect, test } from '@jest/globals'
import { metOf, type MetKind } from '../../src/kinds/auth-config-met.js'

const GET = 'Get "https://127.0.0.1:6443/api/v1/namespaces/default": '
const FORBIDDEN =
  'failed to get namespace (code 403 status namespaces "default" is forbidden: User "system:serviceaccount:default:reviewer" cannot get resource "namespaces" in API group "" in the namespace "default")'

/** Answers of OpenBao 2.7.2 and Vault 1.21.0, behind `namespace not authorized err=`, as both gave them or the one that is named. */
const SEEN: ReadonlyArray<readonly [MetKind, string, string]> = [
  ['reached', 'a reviewer', FORBIDDEN],
  ['anonymous', 'a token that nobody looks at', FORBIDDEN.replace('serviceaccount:default:reviewer', 'anonymous')],
  ['unauthorized', 'a bad token', 'failed to get namespace (code 401 status Unauthorized)'],
  ['unauthorized', 'a front end', 'failed to get namespace (code 401 status must authenticate)'],
  ['namespaceAbsent', 'another cluster', 'failed to get namespace (code 404 status namespaces "default" not found)'],
  ['notKubernetes', 'a 404 of others', 'failed to get namespace (code 404 status )'],
  [
    'notKubernetes',
    'a path too much',
    'failed to get namespace (code 403 status forbidden: User "system:serviceaccount:default:default" cannot get path "/foo/api/v1/namespaces/default")',
  ],
  ['serverError', 'a 500', 'failed to get namespace (code 500 status boom)'],
  [
    'noReviewer',
    'no token',
    'namespace lookup failed: TokenReviewer JWT needs to be configured to use namespace selectors',
  ],
  ['refused', 'a closed port', `${GET}dial tcp 127.0.0.1:34629: connect: connection refused`],
  ['dns', 'an unknown name', 'Get "https://nope:6443/": dial tcp: lookup nope on 10.0.0.2:53: no such host'],
  [
    'dns',
    'no resolver',
    'Get "https://nope.invalid:6443/api/v1/namespaces/default": dial tcp: lookup nope.invalid on [::1]:53: read udp [::1]:44588->[::1]:53: read: connection refused',
  ],
  ['noRoute', 'no route', `${GET}dial tcp [2001:db8::1]:6443: connect: no route to host`],
  [
    'badURL',
    'no scheme',
    'parse "127.0.0.1:6443/api/v1/namespaces/default": first path segment in URL cannot contain colon',
  ],
  [
    'badURL',
    'a name as scheme',
    'Get "kubernetes:443/api/v1/namespaces/default": unsupported protocol scheme "kubernetes"',
  ],
  [
    'badURL',
    'an empty scheme',
    'Get "kubernetes.default.svc/api/v1/namespaces/default": unsupported protocol scheme ""',
  ],
  ['badURL', 'a port too large', 'Get "https://127.0.0.1:99999/api": dial tcp: address 99999: invalid port'],
  ['badURL', 'a blank', 'parse "https://127.0.0.1:6443 /api/v1/namespaces/default": invalid port ":6443 " after host'],
  ['untrusted', 'a wrong CA', `${GET}tls: failed to verify certificate: x509: certificate signed by unknown authority`],
  [
    'wrongName',
    'no name for an address',
    `${GET}tls: failed to verify certificate: x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs`,
  ],
  [
    'wrongName',
    'other names',
    `${GET}tls: failed to verify certificate: x509: certificate is valid for other.example, not kubernetes`,
  ],
  [
    'expired',
    'an expired certificate',
    `${GET}tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-21T19:17:03Z is after 2026-11-20T19:17:00Z`,
  ],
  ['notKubernetes', 'HTML', "invalid character '<' looking for beginning of value"],
  [
    'notKubernetes',
    'HTML with 403',
    "failed to parse error status on namespace retrieval failure err=invalid character '<' looking for beginning of value",
  ],
  ['notKubernetes', 'a redirect to a login', 'Get "/login": stopped after 10 redirects'],
  ['notKubernetes', 'nothing', 'unexpected end of JSON input'],
  ['notTLS', 'http', `${GET}http: server gave HTTP response to HTTPS client`],
  ['notTLS', 'another protocol', `${GET}tls: first record does not look like a TLS handshake`],
  ['lost', 'closed (OpenBao)', `${GET}EOF`],
  ['lost', 'reset (Vault)', `${GET}read tcp 127.0.0.1:49334->127.0.0.1:28387: read: connection reset by peer`],
  ['lost', 'reset (OpenBao)', `${GET}dial tcp 127.0.0.1:40319: connect: connection reset by peer`],
  ['tlsTooOld', 'TLS 1.1', `${GET}remote error: tls: protocol version not supported`],
  ['tlsRefused', 'a client certificate is wanted', `${GET}remote error: tls: certificate required`],
  ['timeout', 'a silent port', `${GET}net/http: TLS handshake timeout`],
  ['timeout', 'a black hole', `${GET}dial tcp 192.0.2.7:6443: i/o timeout`],
  ['silent', 'a silent server', `${GET}context canceled`],
  ['proxy', 'no proxy', `${GET}proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused`],
  [
    'proxy',
    'a proxy without a name',
    `${GET}proxyconnect tcp: dial tcp: lookup proxy.invalid on [::1]:53: no such host`,
  ],
  ['proxy', 'a proxy that forbids', `${GET}Forbidden`],
  ['proxy', 'a proxy that wants a login', `${GET}Proxy Authentication Required`],
  ['proxy', 'a proxy that fails', `${GET}Bad Gateway`],
  ['proxy', 'a proxy that is overloaded', `${GET}Service Unavailable`],
]

const login = (words: string): string => `Vault refused the login at auth/x/login: ${words}.`

describe('what the namespace-selector oracle says', () => {
  test.each(SEEN)('%s: %s', (kind, _what, tail) => {
    const met = metOf(login(`namespace not authorized err=${tail}`))
    expect(met).toMatchObject({ kind, reached: kind === 'reached' })
    expect(met.said).toContain(tail.slice(0, 20))
  })

  test('without a tail the reviewer may read namespaces', () => {
    expect(metOf(login('namespace not authorized'))).toMatchObject({ kind: 'reached', reached: true })
  })

  test.each<readonly [MetKind, string]>([
    ['tokenRefused', login('permission denied')],
    ['tokenRefused', login('invalid issuer (iss) claim')],
    ['noConfig', 'Vault failed at logging in at auth/x/login: could not load backend configuration.'],
    [
      'noLocalCA',
      'Vault failed at logging in at auth/x/login: open /var/run/secrets/kubernetes.io/serviceaccount/ca.crt: no such file or directory.',
    ],
    ['other', login('something new')],
  ])('%s', (kind, answer) => {
    expect(metOf(answer)).toMatchObject({ kind, reached: false })
  })

  test('names whose token it is, and the status', () => {
    expect(metOf(login(`namespace not authorized err=${FORBIDDEN}`))).toMatchObject({
      as: 'system:serviceaccount:default:reviewer',
      status: 403,
    })
    expect(metOf(login(`namespace not authorized err=${SEEN[1]?.[2] ?? ''}`))).not.toHaveProperty('as')
  })

  test('what was cut off still tells', () => {
    const long = `${GET}tls: failed to verify certificate: x509: certificate is valid for ${'a'.repeat(300)}`
    expect(metOf(login(`namespace not authorized err=${long.slice(0, 270)}…`)).kind).toBe('wrongName')
  })
})
