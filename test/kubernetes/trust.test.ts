import { createServer as createTcpServer, type Server } from 'node:net'
import tls, { createServer } from 'node:tls'
import { createServer as createHttpServer } from 'node:http'
import { afterEach, beforeAll, expect, test } from '@jest/globals'
import { describeCertificates, proveCertificate } from '../../src/kubernetes/index.js'
import { createRoot, type Issuer } from './certificates.js'
import { listen } from './https-server.js'

const LOOPBACK = [{ type: 'ip', value: '127.0.0.1' } as const]
const limits = { timeoutMs: 2_000, signal: new AbortController().signal }

let root: Issuer
let other: Issuer
beforeAll(async () => {
  ;[root, other] = await Promise.all([createRoot('the cluster'), createRoot('somebody else')])
})

const servers: Server[] = []
afterEach(() => servers.splice(0).forEach((server) => server.close()))

async function serve(server: Server): Promise<string> {
  servers.push(server)
  return `https://127.0.0.1:${await listen(server)}`
}
const serveTls = (cert: string, key: string, more: object = {}) =>
  serve(createServer({ cert, key, ...more }, (s) => s.end()))

test('a certificate of this CA for this address is proven, and described', async () => {
  const { certificate, key } = await root.issue({ sans: [...LOOPBACK, { type: 'dns', value: 'kubernetes' }] })
  expect(await proveCertificate(await serveTls(certificate, key), root.certificate, limits)).toEqual({
    verdict: 'proven',
    subject: 'CN=leaf',
    issuer: 'CN=the cluster',
    sans: ['IP Address:127.0.0.1', 'DNS:kubernetes'],
    notBefore: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    notAfter: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    fingerprint256: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
    ca: false,
  })
})

test('only the given CA counts: another one, and this machine’s roots, refuse it', async () => {
  const { certificate, key } = await root.issue({ sans: LOOPBACK })
  const url = await serveTls(certificate, key)
  for (const ca of [other.certificate, 'system']) {
    expect(await proveCertificate(url, ca, limits)).toMatchObject({
      verdict: 'refused',
      reason: 'untrusted',
      issuer: 'CN=the cluster',
    })
  }
  expect(await proveCertificate(url, other.certificate + root.certificate, limits)).toMatchObject({ verdict: 'proven' })
})

test('of this machine’s roots it is told to which one the certificate leads, be that an intermediate', async () => {
  const intermediate = await root.issue({ commonName: 'intermediate', ca: true })
  const { certificate, key } = await intermediate.issue({ sans: LOOPBACK })
  const chained = await serveTls(certificate + intermediate.certificate, key)
  const before = tls.getCACertificates('default')
  try {
    for (const trusted of [root, intermediate]) {
      tls.setDefaultCACertificates([...before, other.certificate, trusted.certificate])
      const proof = await proveCertificate(chained, 'system', limits)
      const found = 'root' in proof ? proof.root : undefined
      expect(found?.trim()).toBe(trusted.certificate.trim())
      expect(await proveCertificate(chained, found!, limits)).toMatchObject({ verdict: 'proven' })
    }
  } finally {
    tls.setDefaultCACertificates(before)
  }
})

test('an intermediate is accepted as the CA, as Go does', async () => {
  const intermediate = await root.issue({ commonName: 'intermediate', ca: true })
  const { certificate, key } = await intermediate.issue({ sans: LOOPBACK })
  expect(await proveCertificate(await serveTls(certificate, key), intermediate.certificate, limits)).toMatchObject({
    verdict: 'proven',
  })
})

test('a certificate for other names is refused, also where only its common name fits', async () => {
  for (const options of [{ sans: [{ type: 'dns', value: 'kubernetes' } as const] }, { commonName: '127.0.0.1' }]) {
    const { certificate, key } = await root.issue(options)
    expect(await proveCertificate(await serveTls(certificate, key), root.certificate, limits)).toMatchObject({
      verdict: 'refused',
      reason: 'name',
    })
  }
  const { certificate, key } = await root.issue({ commonName: 'localhost' })
  const url = (await serveTls(certificate, key)).replace('127.0.0.1', 'localhost')
  expect(await proveCertificate(url, root.certificate, limits)).toMatchObject({ verdict: 'refused', reason: 'name' })
})

test('an expired certificate is refused', async () => {
  const notAfter = new Date(Date.now() - 60_000)
  const { certificate, key } = await root.issue({ sans: LOOPBACK, notAfter })
  expect(await proveCertificate(await serveTls(certificate, key), root.certificate, limits)).toMatchObject({
    verdict: 'refused',
    reason: 'expired',
    notAfter: new Date(Math.floor(notAfter.getTime() / 1000) * 1000).toISOString(),
  })
})

test('what does not speak TLS 1.2 or later is refused', async () => {
  const plain = await serve(createHttpServer())
  const { certificate, key } = await root.issue({ sans: LOOPBACK })
  const old = await serveTls(certificate, key, {
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'ALL@SECLEVEL=0',
  })
  for (const url of [plain, old, plain.replace('https', 'http')]) {
    expect(await proveCertificate(url, root.certificate, limits)).toMatchObject({
      verdict: 'refused',
      reason: 'notTLS',
    })
  }
})

test('what cannot be reached is told apart from what is refused', async () => {
  const closed = await serve(createTcpServer())
  servers.pop()!.close()
  expect(await proveCertificate(closed, root.certificate, limits)).toEqual({
    verdict: 'unreachable',
    reason: 'refused',
    code: 'ECONNREFUSED',
  })
  expect(await proveCertificate('https://icebreaker.invalid', root.certificate, limits)).toMatchObject({
    verdict: 'unreachable',
    reason: 'dns',
  })
  const silent = await serve(createTcpServer())
  expect(await proveCertificate(silent, root.certificate, { ...limits, timeoutMs: 100 })).toMatchObject({
    verdict: 'unreachable',
    reason: 'timeout',
  })
})

test('an abort passes its reason on', async () => {
  const abort = new AbortController()
  const silent = await serve(createTcpServer())
  setTimeout(() => abort.abort(new Error('Ctrl-C')), 50)
  await expect(proveCertificate(silent, root.certificate, { timeoutMs: 5_000, signal: abort.signal })).rejects.toThrow(
    'Ctrl-C',
  )
})

test('the certificates of a bundle are described in order', async () => {
  const described = await describeCertificates(`# two\n${other.certificate}\ntext\n${root.certificate}`)
  expect(described.map(({ subject, ca }) => [subject, ca])).toEqual([
    ['CN=somebody else', true],
    ['CN=the cluster', true],
  ])
})

test('what holds no certificate is refused, base64 of a PEM by its name', async () => {
  const cut = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  for (const pem of ['', 'garbage', cut, root.certificate + cut]) {
    await expect(describeCertificates(pem)).rejects.toMatchObject({ code: 'ICE3008', exitCode: 2 })
    await expect(proveCertificate('https://127.0.0.1:1', pem, limits)).rejects.toMatchObject({ code: 'ICE3008' })
  }
  const twice = Buffer.from(root.certificate).toString('base64')
  await expect(describeCertificates(twice)).rejects.toThrow('base64 of a PEM')
})
