import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type JsonGeneralName,
  type X509Certificate,
} from '@peculiar/x509'

export interface Pair {
  readonly certificate: X509Certificate
  readonly keys: webcrypto.CryptoKeyPair
  readonly cert: string
  readonly key: string
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY = 24 * 3600 * 1000

/** A certificate authority. */
export async function authority(name: string): Promise<Pair> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  })
  return pair(certificate, keys)
}

/** A server's certificate, for 127.0.0.1 unless told otherwise, valid for `days` from now (or until so many days ago). */
export async function issue(
  signer: Pair,
  { names = [{ type: 'ip', value: '127.0.0.1' }], days = 1 }: { names?: JsonGeneralName[]; days?: number } = {},
): Promise<Pair> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.create({
    subject: 'CN=vault for tests',
    issuer: signer.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: signer.keys.privateKey,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - 10 * DAY),
    notAfter: new Date(Date.now() + days * DAY),
    extensions: [new SubjectAlternativeNameExtension(names)],
  })
  return pair(certificate, keys)
}

async function pair(certificate: X509Certificate, keys: webcrypto.CryptoKeyPair): Promise<Pair> {
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`
  return { certificate, keys, cert: certificate.toString('pem'), key }
}
