import { expect, test } from '@jest/globals'
import { Secret } from '../../src/secrets/index.js'
import { vaultSettings, type VaultSources } from '../../src/vault/environment.js'

const settings = (sources: Partial<VaultSources>) => vaultSettings({ env: {}, ...sources })
const refusal = (sources: Partial<VaultSources>) => {
  try {
    settings(sources)
  } catch (error) {
    return error as { code: string; exitCode: number; message: string; details: { evidence: unknown } }
  }
  throw new Error('nothing was refused')
}

const A = 'https://a.example:8200'
const B = 'https://b.example:8200'

test.each<[string, Partial<VaultSources>, string]>([
  ['VAULT_ADDR', { env: { VAULT_ADDR: A } }, A],
  ['BAO_ADDR before VAULT_ADDR', { env: { VAULT_ADDR: B, BAO_ADDR: A } }, A],
  ['the file before the environment', { env: { VAULT_ADDR: B }, file: { address: A } }, A],
  ['ICEBREAKER_ before the file', { env: { ICEBREAKER_VAULT_ADDRESS: A }, file: { address: B } }, A],
  ['a flag before all', { env: { ICEBREAKER_VAULT_ADDRESS: B }, flags: { vaultAddress: A }, file: { address: B } }, A],
  ['an agent before the server, as in Go’s client', { env: { VAULT_AGENT_ADDR: A, VAULT_ADDR: B } }, A],
  ['an empty ICEBREAKER_ variable is none', { env: { ICEBREAKER_VAULT_ADDRESS: '', VAULT_ADDR: A } }, A],
  ['a slash at the end is dropped', { env: { VAULT_ADDR: `${A}/` } }, A],
  ['a base path is kept', { env: { VAULT_ADDR: `${A}/vault/` } }, `${A}/vault`],
  ['http on loopback', { env: { VAULT_ADDR: 'http://127.0.0.1:8200' } }, 'http://127.0.0.1:8200'],
  ['http on loopback, IPv6', { env: { VAULT_ADDR: 'http://[::1]:8200' } }, 'http://[::1]:8200'],
  ['http elsewhere, meant', { env: { VAULT_ADDR: 'http://a:8200' }, allowPlaintext: true }, 'http://a:8200'],
])('address: %s', (_name, sources, address) => {
  expect(settings(sources).address).toBe(address)
})

test.each<[string, Partial<VaultSources>, string]>([
  ['no address', {}, 'ICE2001'],
  ['BAO_ADDR set to nothing hides VAULT_ADDR, as in bao', { env: { BAO_ADDR: '', VAULT_ADDR: A } }, 'ICE2001'],
  ['no scheme', { env: { VAULT_ADDR: '127.0.0.1:8200' } }, 'ICE2002'],
  ['a socket', { env: { VAULT_ADDR: 'unix:///run/vault' } }, 'ICE2002'],
  ['credentials', { env: { VAULT_ADDR: 'https://me:pass-word-1@a:8200' } }, 'ICE2002'],
  ['a query', { env: { VAULT_ADDR: `${A}/?x=1` } }, 'ICE2002'],
  ['http elsewhere', { env: { VAULT_ADDR: 'http://a.example:8200' } }, 'ICE2003'],
  ['http to a name that only looks like loopback', { env: { VAULT_ADDR: 'http://127.0.0.1.example:8200' } }, 'ICE2003'],
  ['VAULT_SKIP_VERIFY', { env: { VAULT_ADDR: A, VAULT_SKIP_VERIFY: '1' } }, 'ICE2004'],
  ['BAO_SKIP_VERIFY=TRUE', { env: { VAULT_ADDR: A, BAO_SKIP_VERIFY: 'TRUE' } }, 'ICE2004'],
  ['a SKIP_VERIFY that Go cannot read', { env: { VAULT_ADDR: A, VAULT_SKIP_VERIFY: 'no' } }, 'ICE2004'],
  ['a timeout that is none', { env: { VAULT_ADDR: A, VAULT_CLIENT_TIMEOUT: 'soon' } }, 'ICE2005'],
  ['retries that are none', { env: { VAULT_ADDR: A, VAULT_MAX_RETRIES: '-1' } }, 'ICE2005'],
  ['a namespace with ..', { env: { VAULT_ADDR: A, VAULT_NAMESPACE: 'a/../b' } }, 'ICE2005'],
  ['a certificate without its key', { env: { VAULT_ADDR: A, VAULT_CLIENT_CERT: '/x.pem' } }, 'ICE2005'],
  ['a proxy that is none', { env: { VAULT_ADDR: A, VAULT_PROXY_ADDR: 'ftp://p' } }, 'ICE2005'],
])('refused: %s', (_name, sources, code) => {
  expect(refusal(sources)).toMatchObject({ code, exitCode: 2 })
})

test('an address with a password is not repeated in the error', () => {
  const error = refusal({ env: { VAULT_ADDR: 'https://me:pass-word-1@a:8200' } })
  expect(JSON.stringify([error.message, error.details])).not.toContain('pass-word-1')
})

test.each(['0', 'f', 'false', 'False', 'FALSE', ''])('VAULT_SKIP_VERIFY=%j switches nothing off', (value) => {
  expect(settings({ env: { VAULT_ADDR: A, VAULT_SKIP_VERIFY: value } }).address).toBe(A)
})

test.each([
  ['90', 90_000],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['250ms', 250],
  ['0', undefined],
])('VAULT_CLIENT_TIMEOUT=%s is %p ms', (value, timeoutMs) => {
  expect(settings({ env: { VAULT_ADDR: A, VAULT_CLIENT_TIMEOUT: value } }).timeoutMs).toBe(timeoutMs)
})

test('what the environment says of retries, namespace and TLS', () => {
  const env = {
    VAULT_ADDR: A,
    VAULT_MAX_RETRIES: '0',
    VAULT_NAMESPACE: '/team-a/',
    VAULT_CACERT: '/ca.pem',
    VAULT_CACERT_BYTES: 'x',
    VAULT_CAPATH: '/cas',
    VAULT_CLIENT_CERT: '/c.pem',
    BAO_CLIENT_KEY: '/k.pem',
    VAULT_TLS_SERVER_NAME: 'vault.internal',
  }
  expect(settings({ env })).toMatchObject({
    retries: 0,
    namespace: 'team-a',
    tls: {
      ca: { kind: 'file', value: '/ca.pem', from: 'VAULT_CACERT' },
      certificate: { kind: 'file', value: '/c.pem' },
      key: { kind: 'file', value: '/k.pem', from: 'BAO_CLIENT_KEY' },
      serverName: 'vault.internal',
    },
  })
  expect(settings({ env, file: { caFile: '/mine.pem', tlsServerName: 'mine', namespace: 'b' } })).toMatchObject({
    namespace: 'b',
    tls: { ca: { value: '/mine.pem' }, serverName: 'mine' },
  })
  expect(settings({ env: { VAULT_ADDR: A, VAULT_CACERT_BYTES: 'x', VAULT_CAPATH: '/cas' } }).tls.ca).toMatchObject({
    kind: 'text',
  })
})

test('where the token is', () => {
  const from = (env: Record<string, string>) => settings({ env: { VAULT_ADDR: A, ...env }, home: '/home/me' }).token
  const value = from({ VAULT_TOKEN: 'token-of-vault', BAO_TOKEN: 'token-of-bao' })
  expect(value).toMatchObject({ kind: 'value', from: 'BAO_TOKEN' })
  expect(value.kind === 'value' && Secret.reveal(value.token)).toBe('token-of-bao')
  expect(from({ VAULT_TOKEN: 'token-of-vault' })).toMatchObject({ from: 'VAULT_TOKEN' })
  const config = { paths: ['/home/me/.bao', '/home/me/.vault'], named: false }
  expect(from({})).toEqual({ kind: 'kept', config, path: '/home/me/.vault-token' })
  expect(from({ BAO_TOKEN_PATH: '/t' })).toEqual({ kind: 'kept', config, path: '/t' })
  expect(from({ VAULT_CONFIG_PATH: '~/own' })).toMatchObject({ config: { paths: ['/home/me/own'], named: true } })
  expect(from({ BAO_CONFIG_PATH: '/a', VAULT_CONFIG_PATH: '/b' })).toMatchObject({ config: { paths: ['/a'] } })
  expect(settings({ env: { VAULT_ADDR: A } }).token).toEqual({ kind: 'none' })
})

test.each<[string, Partial<VaultSources>, boolean]>([
  ['the environment names it', { env: { VAULT_ADDR: A } }, false],
  ['a flag names it', { flags: { vaultAddress: A }, env: { VAULT_ADDR: B } }, false],
  ['ICEBREAKER_VAULT_ADDRESS names it', { env: { ICEBREAKER_VAULT_ADDRESS: A, VAULT_ADDR: B } }, false],
  ['the file and the environment agree', { file: { address: A }, env: { VAULT_ADDR: A } }, false],
  [
    'they agree but for how it is written',
    { file: { address: 'https://A.example' }, env: { VAULT_ADDR: 'https://a.example:443/' } },
    false,
  ],
  ['only the file names it', { file: { address: A } }, true],
  ['the file names another host', { file: { address: A }, env: { VAULT_ADDR: B } }, true],
  ['the file names another port', { file: { address: 'https://a.example:8300' }, env: { VAULT_ADDR: A } }, true],
  [
    'the file names the same host over http',
    { file: { address: 'http://localhost' }, env: { VAULT_ADDR: 'https://localhost' } },
    true,
  ],
])('the token may not go there: %s', (_name, sources, foreign) => {
  expect(settings(sources).foreign?.code).toBe(foreign ? 'ICE2006' : undefined)
})

test('the refusal shows both addresses and what to set', () => {
  const { foreign } = settings({ file: { address: A }, env: { VAULT_ADDR: `${B}/x` } })
  expect(foreign?.exitCode).toBe(2)
  expect(foreign?.details.evidence).toEqual({ 'vault.address in the file': A, VAULT_ADDR: B })
  expect(foreign?.next.join('\n')).toContain(`export VAULT_ADDR=${A}`)
})
