import { expect, test } from '@jest/globals'
import { proxyFromEnvironment } from '../../src/http/proxy.js'

const proxyOf = (server: string, env: Record<string, string>) => proxyFromEnvironment(new URL(server), env)?.value
const PROXY = 'http://proxy:3128'

test('the proxy is that of the scheme, in either spelling; of both the upper case, as in Go', () => {
  expect(proxyOf('https://a.example', { HTTPS_PROXY: PROXY })).toBe(PROXY)
  expect(proxyOf('https://a.example', { https_proxy: PROXY })).toBe(PROXY)
  expect(proxyOf('https://a.example', { HTTPS_PROXY: PROXY, https_proxy: 'http://other' })).toBe(PROXY)
  expect(proxyOf('https://a.example', { HTTPS_PROXY: '', https_proxy: PROXY })).toBe(PROXY)
  const both = { HTTPS_PROXY: PROXY, NO_PROXY: 'a.example', no_proxy: 'b.example' }
  expect([proxyOf('https://a.example', both), proxyOf('https://b.example', both)]).toEqual([undefined, PROXY])
  expect(proxyOf('https://a.example', { HTTP_PROXY: PROXY })).toBeUndefined()
  expect(proxyOf('https://a.example', { https_proxy: 'proxy:3128' })).toBe(PROXY)
  expect(proxyOf('https://a.example', {})).toBeUndefined()
})

test.each(['https://localhost:6443', 'https://127.0.0.1:6443', 'https://127.1.2.3', 'https://[::1]:6443'])(
  'loopback is never reached through a proxy: %s',
  (server) => expect(proxyOf(server, { https_proxy: PROXY })).toBeUndefined(),
)

test.each([
  ['*', 'https://a.example', false],
  ['a.example', 'https://a.example', false],
  ['example', 'https://a.example', false],
  ['.example', 'https://a.example', false],
  ['*.example', 'https://a.example', false],
  ['xample', 'https://a.example', true],
  ['.a.example', 'https://a.example', true],
  ['other, A.EXAMPLE', 'https://a.example', false],
  ['a.example:6443', 'https://a.example:6443', false],
  ['a.example:443', 'https://a.example', false],
  ['a.example:6443', 'https://a.example', true],
  ['10.0.0.0/8', 'https://10.1.2.3:6443', false],
  ['10.0.0.0/8', 'https://11.1.2.3:6443', true],
  ['10.0.0.0/8', 'https://ten.example', true],
  ['10.0.0.0/99', 'https://10.1.2.3', true],
  ['10.0.0.0/', 'https://10.1.2.3', true],
  ['fd00::/8', 'https://[fd12::1]:6443', false],
  ['fd12::1', 'https://[fd12::1]', false],
  ['10.1.2.3', 'https://10.1.2.3:6443', false],
  ['', 'https://a.example', true],
  // The cases of golang.org/x/net/http/httpproxy's own documentation.
  ['example.com', 'https://vault.example.com:8200', false],
  ['example.com', 'https://example.com', false],
  ['example.com', 'https://notexample.com', true],
  ['.example.com', 'https://vault.example.com', false],
  ['.example.com', 'https://example.com', true],
  ['*.example.com', 'https://vault.example.com', false],
  ['*.example.com', 'https://example.com', true],
  ['vault.example.com:8200', 'https://vault.example.com:8200', false],
  ['vault.example.com:8200', 'https://vault.example.com:8201', true],
  ['vault.example.com:443', 'https://vault.example.com', false],
  ['10.0.0.0/8', 'https://10.1.2.3:8200', false],
  ['10.0.0.0/8', 'https://11.1.2.3:8200', true],
  ['10.1.2.3', 'https://10.1.2.3:8200', false],
  ['10.1.2.4', 'https://10.1.2.3:8200', true],
  ['fd00::/8', 'https://[fd00::1]:8200', false],
  ['[fd00::1]:8200', 'https://[fd00::1]:8200', false],
  ['fd00::1', 'https://[fd00::1]:8200', false],
  ['*', 'https://vault', false],
  ['a, VAULT ,b', 'https://vault', false],
  ['a,,b', 'https://vault', true],
])('NO_PROXY=%s and %s: through the proxy is %s', (noProxy, server, through) => {
  expect(proxyOf(server, { https_proxy: PROXY, NO_PROXY: noProxy }) === PROXY).toBe(through)
})
