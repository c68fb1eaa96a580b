import { expect, test } from '@jest/globals'
import { Secret, redact } from '../../src/secrets/index.js'
import { proxyFor } from '../../src/vault/proxy.js'

const HTTPS_PROXY = 'http://proxy:3128'
const at = (url: string, env: Record<string, string>) => proxyFor(new URL(url), env)?.address

test.each<[string, Record<string, string>, string | undefined]>([
  ['https://vault:8200', {}, undefined],
  ['https://vault:8200', { HTTPS_PROXY }, HTTPS_PROXY],
  ['https://vault:8200', { https_proxy: 'proxy:3128' }, HTTPS_PROXY],
  ['https://vault:8200', { HTTP_PROXY: HTTPS_PROXY }, undefined],
  ['http://vault:8200', { HTTP_PROXY: HTTPS_PROXY }, HTTPS_PROXY],
  ['https://localhost:8200', { HTTPS_PROXY }, undefined],
  ['https://127.0.0.1:8200', { HTTPS_PROXY }, undefined],
  ['https://127.0.0.1:8200', { VAULT_PROXY_ADDR: HTTPS_PROXY }, HTTPS_PROXY],
  [
    'https://vault:8200',
    { VAULT_HTTP_PROXY: 'http://other:1', BAO_PROXY_ADDR: HTTPS_PROXY, NO_PROXY: '*' },
    HTTPS_PROXY,
  ],
])('%s with %j goes through %s', (url, env, proxy) => {
  expect(at(url, env)).toBe(proxy)
})

test('a proxy’s password is a secret from then on', () => {
  const proxy = proxyFor(new URL('https://vault'), { HTTPS_PROXY: 'http://me:pr%40xy-password@proxy:3128' })
  expect(proxy?.address).toBe(HTTPS_PROXY)
  expect(Secret.reveal(proxy!.authorization!)).toBe(`Basic ${btoa('me:pr@xy-password')}`)
  expect(redact('407 for pr@xy-password')).toBe('407 for (secret)')
})
