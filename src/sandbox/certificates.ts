import 'reflect-metadata' // @peculiar/x509 needs it to be there before itself.
import * as x509 from '@peculiar/x509'
import { webcrypto } from 'node:crypto'

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string
  readonly key: string
}

export interface Authority {
  readonly certificate: string
  /** A server's certificate for 127.0.0.1, localhost and the given DNS names; it may act as a client too, as etcd's peers do. */
  server(names?: readonly string[]): Promise<KeyPair>
  /** A client's certificate; Kubernetes reads the user from its common name and the groups from its organisations. */
  client(user: string, group: string): Promise<KeyPair>
}

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000
// A sandbox may stand for a year or two; some verifiers refuse more than 825 days.
const LIFETIME_DAYS = 800

x509.cryptoProvider.set(webcrypto)

/** Makes a certificate authority that lives as long as what it signs. */
export async function createAuthority(commonName: string): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    name: [{ CN: [commonName] }],
    keys,
    signingAlgorithm: ECDSA,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  const sign = async (subject: x509.JsonName, usage: readonly string[], extensions: readonly x509.Extension[]) => {
    const own = await webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])
    const certificate = await x509.X509CertificateGenerator.create({
      ...validity(),
      subject,
      issuer: root.subjectName,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ECDSA,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([...usage]),
        await x509.AuthorityKeyIdentifierExtension.create(root),
        ...extensions,
      ],
    })
    return { certificate: `${certificate.toString('pem')}\n`, key: await privateKeyPem(own.privateKey) }
  }
  const { clientAuth, serverAuth } = x509.ExtendedKeyUsage
  return {
    certificate: `${root.toString('pem')}\n`,
    server: (names = []) =>
      sign(
        [{ CN: ['localhost'] }],
        [serverAuth, clientAuth],
        [
          new x509.SubjectAlternativeNameExtension([
            { type: 'ip', value: '127.0.0.1' },
            ...['localhost', ...names].map((value) => ({ type: 'dns' as const, value })),
          ]),
        ],
      ),
    client: (user, group) => sign([{ O: [group] }, { CN: [user] }], [clientAuth], []),
  }
}

/** The key pair that signs service-account tokens: RSA, as most clusters have it. */
export async function createSigningKey(): Promise<{ readonly publicKey: string; readonly privateKey: string }> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const spki = await webcrypto.subtle.exportKey('spki', keys.publicKey)
  return {
    publicKey: `${x509.PemConverter.encode(spki, 'PUBLIC KEY')}\n`,
    privateKey: await privateKeyPem(keys.privateKey),
  }
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`
}

function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + LIFETIME_DAYS * DAY_MS) }
}
