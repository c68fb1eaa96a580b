import { createPublicKey, X509Certificate } from 'node:crypto'
import { factsOf, type CertificateFacts } from '../http/certificate.js'

/** What is stored as the CA of the API server. */
export type StoredCA =
  | { readonly kind: 'none' }
  /** No certificate can be read from it; `looksLike`: what it seems to be, for people. */
  | { readonly kind: 'unreadable'; readonly looksLike: string }
  | { readonly kind: 'certificates'; readonly certificates: readonly CertificateFacts[] }

const CERTIFICATE = /^-----BEGIN CERTIFICATE-----[^]*?^-----END CERTIFICATE-----[ \t]*$/gm

/**
 * Reads it as Go’s pem.Decode and AppendCertsFromPEM do: a block begins at the start of a line, and one that is broken is
 * passed over where another is good. Pure.
 */
export function storedCA(text: string): StoredCA {
  if (text.trim() === '') return { kind: 'none' }
  const blocks = text.replaceAll('\r\n', '\n').match(CERTIFICATE) ?? []
  const certificates = blocks.flatMap((block) => {
    try {
      return [factsOf(new X509Certificate(block))]
    } catch {
      return []
    }
  })
  return certificates.length > 0
    ? { kind: 'certificates', certificates }
    : { kind: 'unreadable', looksLike: likeness(text) }
}

/** In words of our own: whatever it is, it may be secret. */
function likeness(text: string): string {
  const decoded = Buffer.from(text.trim(), 'base64').toString('latin1')
  if (decoded.includes('-----BEGIN')) return 'base64 of a PEM'
  if (text.includes('PRIVATE KEY')) return 'a private key'
  if (text.includes('-----BEGIN') && text.includes('\\n')) return 'a PEM whose line breaks are the two characters \\n'
  if (/^[ \t]+-----BEGIN/m.test(text)) return 'a PEM that is indented'
  if (text.includes('-----BEGIN CERTIFICATE')) return 'a broken PEM'
  if (/^(?:\.{0,2}\/|@)[\w./-]+$/.test(text.trim())) return 'the name of a file'
  return `a text of ${text.length} characters without a PEM block`
}

/** One element of pem_keys. */
export interface StoredKey {
  /** How many PEM blocks it has. */
  readonly blocks: number
  /** The key of the first block, which is the one that Vault uses; undefined: it cannot be read. */
  readonly used: string | undefined
  /** Those of the others. */
  readonly ignored: readonly string[]
}

const BLOCK = /^-----BEGIN ([A-Z ]+)-----[^]*?^-----END \1-----/gm

/** The public keys of pem_keys, each as SPKI in PEM, so that they can be compared. Pure. */
export function storedKeys(elements: readonly string[]): readonly StoredKey[] {
  return elements.map((element) => {
    const blocks = element.replaceAll('\r\n', '\n').match(BLOCK) ?? []
    const [used, ...ignored] = blocks.map(keyOf)
    return { blocks: blocks.length, used, ignored: ignored.filter((key) => key !== undefined) }
  })
}

/** A key, or a certificate that has one. */
function keyOf(pem: string): string | undefined {
  try {
    return createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString()
  } catch {
    return undefined
  }
}

/** Why Vault cannot use this as the address of an API server; undefined: it can. Pure. */
export function hostProblem(host: string): string | undefined {
  // As Go’s net/url and net/http read it, with the path put behind.
  if (host.trim() !== host || /\s/.test(host)) return 'it holds white space'
  if (!/^https?:\/\//i.test(host)) {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(host)?.[1]
    return scheme === undefined ? 'it has no scheme' : `its scheme is ${scheme}`
  }
  if (/^https?:\/\/(?:[/:?#]|$)/i.test(host)) return 'it has no host'
  if (!URL.canParse(host)) return 'it is no URL'
  if (/^https?:\/\/[^/]*:\/\//i.test(host)) return 'it has two schemes'
  if (/[?#]/.test(host)) return 'it has a query or a fragment, and Vault puts the path of the API behind that'
  return undefined
}
