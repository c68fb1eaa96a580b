import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { loadConnection } from '../../src/kubernetes/kubeconfig.js'
import { createAuthority, type Authority } from '../../src/sandbox/certificates.js'

let authority: Authority
let folder: string
const environment = { ...process.env }
beforeAll(async () => {
  authority = await createAuthority('kubeconfig test')
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-kubeconfig-'))
  process.env['HOME'] = folder
  delete process.env['KUBECONFIG']
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
  process.env = { ...environment }
})

interface Parts {
  readonly name: string
  readonly cluster?: object
  readonly user?: object
  readonly current?: string
}

function write(file: string, content: unknown): string {
  const path = join(folder, file)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** A kubeconfig with one context, cluster and user of the same name. */
function config(file: string, { name, cluster, user, current = name }: Parts): string {
  return write(file, {
    'current-context': current,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [{ name, cluster: { server: `https://${name}.example:6443`, ...cluster } }],
    users: [{ name, user: user ?? { token: `token-of-${name}` } }],
  })
}

const load = (kubeconfig: string, more: object = {}) => loadConnection({ kubeconfig, ...more })
const bearer = async (...given: Parameters<typeof load>) =>
  (await (await load(...given)).authenticate()).headers['Authorization']

test('the default is ~/.kube/config, then what KUBECONFIG says, then what is named', async () => {
  config('.kube/config', { name: 'home' })
  expect((await loadConnection({})).server).toBe('https://home.example:6443')
  process.env['KUBECONFIG'] = config('env', { name: 'env' })
  expect((await loadConnection({})).server).toBe('https://env.example:6443')
  expect((await load(config('flag', { name: 'flag' }))).server).toBe('https://flag.example:6443')
})

test('of several files the first wins, and a missing one is passed over', async () => {
  const first = config('a/first', { name: 'one' })
  const second = config('second', { name: 'two', current: 'two' })
  const again = config('third', { name: 'one', user: { token: 'other' }, current: 'two' })
  const files = [join(folder, 'missing'), first, second, again].join(delimiter)
  expect((await load(files)).server).toBe('https://one.example:6443')
  expect(await bearer(files)).toBe('Bearer token-of-one')
  expect(await bearer(files, { context: 'two' })).toBe('Bearer token-of-two')
})

test('without a kubeconfig it fails instead of falling back to localhost', async () => {
  await expect(loadConnection({})).rejects.toMatchObject({
    code: 'ICE3001',
    exitCode: 2,
    message: `No kubeconfig was found at ${join(folder, '.kube', 'config')}.`,
  })
  await expect(load(join(folder, 'nope'))).rejects.toMatchObject({ code: 'ICE3001' })
})

test('an unknown context is named, with the nearest and the list of those that are there', async () => {
  const files = [config('a', { name: 'kind-demo' }), config('b', { name: 'production' })].join(delimiter)
  await expect(load(files, { context: 'kind-dmeo' })).rejects.toMatchObject({
    code: 'ICE3003',
    exitCode: 2,
    message: 'The kubeconfig has no context "kind-dmeo". Do you mean "kind-demo"? It has: "kind-demo", "production".',
  })
  await expect(load(config('c', { name: 'x', current: '' }))).rejects.toThrow('has no current context')
})

test.each([
  ['a cluster that is not there', { clusters: [] }, 'refers to the cluster "x", which is not there'],
  ['a user that is not there', { users: [] }, 'refers to the user "x", which is not there'],
  ['a list that is none', { users: { x: 1 } }, 'users in the kubeconfig'],
  ['no address', { clusters: [{ name: 'x', cluster: {} }] }, 'has no valid address'],
  [
    'an auth-provider that was removed',
    { users: [{ name: 'x', user: { 'auth-provider': { name: 'gcp' } } }] },
    'auth-provider',
  ],
])('it is refused with %s', async (_name, change, message) => {
  const valid = {
    'current-context': 'x',
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
    clusters: [{ name: 'x', cluster: { server: 'https://x:6443' } }],
    users: [{ name: 'x', user: { token: 't' } }],
  }
  const failure = load(write('config', { ...valid, ...change }))
  await expect(failure).rejects.toMatchObject({
    code: 'ICE3002',
    exitCode: 2,
    message: expect.stringContaining(message),
  })
})

test.each(['users: [{token: CANARY', 'a: 1\na: CANARY', '- CANARY', '"CANARY"', '\u0000CANARY: {'])(
  'a file that is no kubeconfig is refused without quoting it: %j',
  async (content) => {
    const error = (await load(write('config', content)).catch((reason: unknown) => reason)) as Error
    expect(error).toMatchObject({ exitCode: 2 })
    expect(JSON.stringify([error.message, (error as never as { details: object }).details])).not.toContain('CANARY')
  },
)

test('entries that are not used may be broken', async () => {
  const file = write('config', {
    'current-context': 'x',
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }, { name: 'y' }, null],
    clusters: [
      { name: 'x', cluster: { server: 'https://x:6443/' } },
      { name: 'y', cluster: {} },
    ],
    users: [{ name: 'x', user: { token: 't' } }, { name: 'y', user: { tokenFile: '/nope' } }, {}],
  })
  expect((await load(file)).server).toBe('https://x:6443')
})

test('relative paths are relative to their file; certificate and key are read', async () => {
  const { certificate, key } = await authority.client('admin', 'system:masters')
  write('a/pki/ca.crt', authority.certificate)
  write('a/pki/admin.crt', certificate)
  write('a/pki/admin.key', key)
  const file = config('a/config', {
    name: 'x',
    cluster: { 'certificate-authority': 'pki/ca.crt', 'tls-server-name': 'kubernetes' },
    user: { 'client-certificate': 'pki/admin.crt', 'client-key': 'pki/admin.key' },
  })
  const connection = await load(file)
  expect(connection).toMatchObject({
    certificateAuthority: authority.certificate,
    login: 'user x of context x (client certificate)',
  })
  expect(await connection.authenticate()).toEqual({
    headers: {},
    tls: { ca: authority.certificate, cert: certificate, key, servername: 'kubernetes' },
  })
  expect(connection.expiresAt()!.getTime()).toBeGreaterThan(Date.now())
})

test('a file that a kubeconfig names and that is not there is named', async () => {
  const ca = config('a', { name: 'x', cluster: { 'certificate-authority': 'nope.crt' } })
  await expect(load(ca)).rejects.toMatchObject({
    code: 'ICE3002',
    message: expect.stringContaining(join(folder, 'nope.crt')),
  })
  const key = config('b', { name: 'x', user: { 'client-certificate': 'gone.crt', 'client-key': 'gone.key' } })
  await expect((await load(key)).authenticate()).rejects.toMatchObject({
    code: 'ICE3002',
    message: expect.stringContaining(join(folder, 'gone.crt')),
  })
})

test('a CA that is no certificate is refused: Node would take it and trust nobody', async () => {
  const data = (text: string) => ({ 'certificate-authority-data': Buffer.from(text).toString('base64') })
  await expect(load(config('a', { name: 'x', cluster: data('garbage') }))).rejects.toMatchObject({ code: 'ICE3008' })
  const twice = Buffer.from(authority.certificate).toString('base64')
  await expect(load(config('b', { name: 'x', cluster: data(twice) }))).rejects.toThrow('base64 of a PEM')
})

test('unsafe connections are refused, unless insecure is said', async () => {
  const skipping = config('a', { name: 'x', cluster: { 'insecure-skip-tls-verify': true } })
  await expect(load(skipping)).rejects.toMatchObject({ code: 'ICE3004', exitCode: 2 })
  expect((await (await load(skipping, { insecure: true })).authenticate()).tls).toEqual({ rejectUnauthorized: false })
  const http = config('b', { name: 'x', cluster: { server: 'http://x:8080' } })
  await expect(load(http)).rejects.toMatchObject({ code: 'ICE3004' })
  await expect(load(http, { insecure: true })).rejects.toMatchObject({ code: 'ICE3004' })
})

test('a token file is read, without its line end, and again after a refusal', async () => {
  write('token', 'first\n')
  const connection = await load(config('config', { name: 'x', user: { tokenFile: 'token', token: 'stale' } }))
  expect((await connection.authenticate()).headers).toEqual({ Authorization: 'Bearer first' })
  write('token', 'second\n')
  expect((await connection.authenticate(true)).headers).toEqual({ Authorization: 'Bearer second' })
})

test('a token with a line break in it is refused before it is sent', async () => {
  const failure = (await load(config('a', { name: 'x', user: { token: 'CANARY\r\nX-Evil: 1' } }))).authenticate()
  await expect(failure).rejects.toMatchObject({ code: 'ICE3002', message: expect.not.stringContaining('CANARY') })
})

test('password and impersonation become headers', async () => {
  const user = { username: 'u', password: 'p', as: 'someone', 'as-groups': ['a', 'b'], 'as-uid': '7' }
  expect((await (await load(config('a', { name: 'x', user }))).authenticate()).headers).toEqual({
    Authorization: `Basic ${Buffer.from('u:p').toString('base64')}`,
    'Impersonate-User': 'someone',
    'Impersonate-Group': ['a', 'b'],
    'Impersonate-Uid': ['7'],
  })
})

test('a credential plug-in is run when it is needed, kept until its credential expires, and run anew after a refusal', async () => {
  write('runs', '')
  const script = `#!/bin/sh\necho x >> "$(dirname "$0")/runs"\necho '{"status":{"token":"t'$(wc -l < "$(dirname "$0")/runs" | tr -d ' ')'","expirationTimestamp":"'$EXPIRES'"}}'\n`
  writeFileSync(join(folder, 'plugin'), script, { mode: 0o755 })
  const exec = (expires: string) => ({ command: './plugin', args: null, env: [{ name: 'EXPIRES', value: expires }] })
  const connection = await load(config('a', { name: 'x', user: { exec: exec('2090-01-01T00:00:00Z') } }))
  expect(connection.login).toBe(`user x of context x (credential plug-in ${join(folder, 'plugin')})`)
  const token = async (renew?: boolean) => (await connection.authenticate(renew)).headers['Authorization']
  expect([await token(), await token(), await token(true)]).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t2'])

  const expired = await load(config('b', { name: 'x', user: { exec: exec('2020-01-01T00:00:00Z') } }))
  await expired.authenticate()
  expect((await expired.authenticate()).headers).toEqual({ Authorization: 'Bearer t4' })
})

test('a plug-in’s failure is told as its own', async () => {
  const exec = { command: 'icebreaker-no-such-plugin' }
  const connection = await load(config('a', { name: 'x', user: { exec } }))
  await expect(connection.authenticate()).rejects.toMatchObject({ code: 'ICE3006', exitCode: 5 })
})

test('in a pod the service account is used', async () => {
  Object.assign(process.env, { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' })
  const mounted = 'var/run/secrets/kubernetes.io/serviceaccount'
  await expect(loadConnection({ inCluster: true }, folder)).rejects.toMatchObject({ code: 'ICE3005', exitCode: 2 })
  write(`${mounted}/token`, 'pod-token')
  write(`${mounted}/ca.crt`, authority.certificate)
  const connection = await loadConnection({ inCluster: true }, folder)
  expect(connection).toMatchObject({ server: 'https://10.0.0.1:443', certificateAuthority: authority.certificate })
  expect((await connection.authenticate()).headers).toEqual({ Authorization: 'Bearer pod-token' })
})

test('a plug-in is not run, nor anything contacted, before it is needed', async () => {
  writeFileSync(join(folder, 'plugin'), `#!/bin/sh\ntouch "$(dirname "$0")/ran"\n`, { mode: 0o755 })
  await load(config('a', { name: 'x', user: { exec: { command: './plugin' } } }))
  expect(() => rmSync(join(folder, 'ran'))).toThrow('ENOENT')
})
