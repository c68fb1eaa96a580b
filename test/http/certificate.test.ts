import 'reflect-metadata' // @peculiar/x509 needs it to be there before itself.
import { X509Certificate } from 'node:crypto'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { createServer } from 'node:tls'
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509'
import { afterEach, expect, test } from '@jest/globals'
import { factsOf, presentedCertificate } from '../../src/http/certificate.js'

const servers: Server[] = []
afterEach(() => servers.splice(0).forEach((server) => server.close()))

async function listen(server: Server): Promise<URL> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

async function selfSigned(name: string): Promise<{ cert: string; key: string }> {
  const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify'])
  const extensions = [new SubjectAlternativeNameExtension([{ type: 'dns', value: 'a.example' }])]
  const certificate = await X509CertificateGenerator.createSelfSigned({ name, keys, signingAlgorithm, extensions })
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    cert: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
  }
}

test('the certificate that a server shows is described, whoever signed it', async () => {
  const server = await listen(createServer(await selfSigned('O=one, CN=two')))
  expect(await presentedCertificate(server, AbortSignal.timeout(2_000))).toMatchObject({
    subject: 'O=one, CN=two',
    issuer: 'O=one, CN=two',
    sans: ['DNS:a.example'],
  })
})

test('a certificate without a subject is described, too', async () => {
  const { cert } = await selfSigned('')
  expect(factsOf(new X509Certificate(cert))).toMatchObject({ subject: '(empty)', sans: ['DNS:a.example'] })
})

test('where nothing is shown in time, there is nothing', async () => {
  const silent = await listen(createTcpServer())
  expect(await presentedCertificate(silent, AbortSignal.timeout(100))).toBeUndefined()
  servers.pop()!.close()
  expect(await presentedCertificate(silent, AbortSignal.timeout(2_000))).toBeUndefined()
})
