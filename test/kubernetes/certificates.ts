import 'reflect-metadata' // @peculiar/x509 needs it to be there before itself.
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** Certificates with the faults that a sandbox's never have. */
export interface Issuer {
  readonly certificate: string
  issue(options: {
    readonly commonName?: string
    readonly sans?: x509.JsonGeneralNames
    readonly ca?: boolean
    readonly notAfter?: Date
  }): Promise<Issuer & { readonly key: string }>
}

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000
x509.cryptoProvider.set(webcrypto)

export async function createRoot(commonName: string): Promise<Issuer> {
  const keys = await webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [commonName] }],
    keys,
    signingAlgorithm: ECDSA,
    notBefore: new Date(Date.now() - 9 * DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  })
  return issuerOf(root, keys.privateKey)
}

function issuerOf(own: x509.X509Certificate, ownKey: webcrypto.CryptoKey): Issuer {
  return {
    certificate: `${own.toString('pem')}\n`,
    async issue({ commonName = 'leaf', sans, ca = false, notAfter = new Date(Date.now() + DAY_MS) }) {
      const keys = await webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])
      const certificate = await x509.X509CertificateGenerator.create({
        subject: [{ CN: [commonName] }],
        issuer: own.subjectName,
        publicKey: keys.publicKey,
        signingKey: ownKey,
        signingAlgorithm: ECDSA,
        notBefore: new Date(Date.now() - 8 * DAY_MS),
        notAfter,
        extensions: [
          new x509.BasicConstraintsExtension(ca, undefined, true),
          ...(sans === undefined ? [] : [new x509.SubjectAlternativeNameExtension(sans)]),
        ],
      })
      const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
      return { ...issuerOf(certificate, keys.privateKey), key }
    },
  }
}
