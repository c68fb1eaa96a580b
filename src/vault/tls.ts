import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { IceError, VAULT } from '../catalogue/index.js'
import { Secret } from '../secrets/index.js'
import { prefixed, type Env, type Setting } from './variables.js'

/** Where certificates come from; nothing is read yet. */
export interface TlsSources {
  readonly ca?: PemSource
  readonly certificate?: PemSource
  readonly key?: PemSource
  readonly serverName?: string
}

export type PemSource = Setting & { readonly kind: 'file' | 'directory' | 'text' }

/** What a TLS connection is made with. Verification is always on. */
export interface TlsOptions {
  /** PEM bundles that replace the system's roots. */
  readonly ca?: readonly string[]
  /** The client certificate (PEM) and its key, where Vault demands one. */
  readonly certificate?: string
  readonly key?: Secret
  /** The name that the certificate must carry and that is sent as SNI, where it is not the host of the address. */
  readonly serverName?: string
}

/** By the precedence of Go's clients: a file, then text, then a directory. Pure. */
export function tlsSources(env: Env, caFile: Setting | undefined, serverName: Setting | undefined): TlsSources {
  const ca =
    from('file', caFile) ??
    from('file', prefixed(env, 'CACERT')) ??
    from('text', prefixed(env, 'CACERT_BYTES')) ??
    from('directory', prefixed(env, 'CAPATH'))
  const certificate = from('file', prefixed(env, 'CLIENT_CERT')) ?? from('text', prefixed(env, 'CLIENT_CERT_BYTES'))
  const key = from('file', prefixed(env, 'CLIENT_KEY')) ?? from('text', prefixed(env, 'CLIENT_KEY_BYTES'))
  const name = serverName ?? prefixed(env, 'TLS_SERVER_NAME')
  if (!certificate !== !key) {
    throw new IceError(VAULT.badSetting, {
      message: `${(certificate ?? key)?.from ?? ''} is set, but a client certificate and its key must come together.`,
    })
  }
  return {
    ...(ca && { ca }),
    ...(certificate && { certificate }),
    ...(key && { key }),
    ...(name && { serverName: name.value }),
  }
}

function from(kind: PemSource['kind'], setting: Setting | undefined): PemSource | undefined {
  return setting && { kind, ...setting }
}

/**
 * Reads the certificates.
 * @throws IceError VAULT.badSetting naming the variable or key and the file
 */
export async function loadTls(sources: TlsSources): Promise<TlsOptions> {
  const [ca, certificate, key] = await Promise.all([
    sources.ca && loadAuthorities(sources.ca),
    sources.certificate && read(sources.certificate),
    sources.key && read(sources.key),
  ])
  return {
    ...(ca && { ca }),
    ...(certificate !== undefined && { certificate }),
    ...(key !== undefined && { key: new Secret(key) }),
    ...(sources.serverName !== undefined && { serverName: sources.serverName }),
  }
}

async function loadAuthorities(source: PemSource): Promise<string[]> {
  const files = source.kind === 'directory' ? await filesOf(source) : [source]
  const bundles = await Promise.all(files.map(read))
  // Node takes a bundle without any certificate in silence, and then trusts nobody.
  const empty = bundles.findIndex((text) => !/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/.test(text))
  if (empty === -1 && bundles.length > 0) return bundles
  throw unusable(files[empty] ?? source, 'holds no PEM certificate')
}

async function filesOf(source: PemSource): Promise<PemSource[]> {
  const entries = await readdir(source.value, { withFileTypes: true, recursive: true }).catch((error: unknown) => {
    throw unusable(source, `cannot be read (${codeOf(error)})`)
  })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({ kind: 'file', value: join(entry.parentPath, entry.name), from: source.from }))
}

async function read(source: PemSource): Promise<string> {
  if (source.kind === 'text') return source.value
  return readFile(source.value, 'utf8').catch((error: unknown) => {
    throw unusable(source, `cannot be read (${codeOf(error)})`)
  })
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'unknown'

function unusable({ kind, value, from: name }: PemSource, why: string): IceError {
  return kind === 'text'
    ? new IceError(VAULT.badSetting, { message: `${name} ${why}.` })
    : new IceError(VAULT.badSetting, { message: `${name} names ${value}, which ${why}.`, evidence: { path: value } })
}
