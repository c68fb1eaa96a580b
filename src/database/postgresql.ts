import { checkServerIdentity, type ConnectionOptions } from 'node:tls'
import type { Client } from 'pg'
import { redact, Secret } from '../secrets/index.js'
import type { Credential, Login, Target } from './prove.js'

const TIMEOUT_MS = 5000

/**
 * What PostgreSQL says to a user that it does not let in: SQLSTATE class 28 (wrong password, no such role, a role without
 * LOGIN), and a role that may not connect to this database.
 */
const REFUSED = /^28|^42501$/

/** One login to PostgreSQL, by password. */
export async function connectPostgresql(target: Target, credential: Credential, signal: AbortSignal): Promise<Login> {
  const done = await withPostgresql(target, credential, signal, (client) => client.query('SELECT 1'))
  return typeof done === 'object' && 'value' in done ? 'accepted' : done
}

/** Logs in, with one attempt, for as long as `use` runs. Never rejects for what the database or the network does. */
export async function withPostgresql<T>(
  target: Target,
  credential: Credential,
  signal: AbortSignal,
  use: (client: Client) => Promise<T>,
): Promise<{ readonly value: T } | Exclude<Login, 'accepted'>> {
  const place = placeOf(target)
  if (place === undefined) return { untried: 'the connection has no URL such as postgresql://HOST:PORT/DATABASE' }
  let last: Exclude<Login, 'accepted'> = { untried: `${place.host}:${place.port}: no answer` }
  for (const ssl of place.tls) {
    signal.throwIfAborted()
    try {
      return {
        value: await logIn({ host: place.host, port: place.port, database: place.database, ssl }, credential, use),
      }
    } catch (error) {
      last = meaning(error as PostgresError, `${place.host}:${place.port}`)
      if (!dependsOnTls(error as PostgresError)) break
    }
  }
  return last
}

interface Options {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly ssl: false | ConnectionOptions
}

/** How its sessions are named in the database. */
export const APPLICATION = 'icebreaker'

async function logIn<T>(
  options: Options,
  { username, password }: Credential,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({
    ...options,
    application_name: APPLICATION,
    user: typeof username === 'string' ? username : Secret.reveal(username),
    password: Secret.reveal(password),
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  })
  // A connection that the server ends is told as an event too, and one that nobody listens to ends the process.
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await use(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Errors of the server have all of these (pg-protocol's DatabaseError); those of the network at most a code. */
interface PostgresError {
  readonly message: string
  readonly code?: string
  readonly severity?: string
  /** PostgreSQL's function that raised it: unlike the message it is never translated. */
  readonly routine?: string
}

function meaning(error: PostgresError, where: string): Exclude<Login, 'accepted'> {
  const { message, code = '', severity } = error
  if (isHostRefused(error)) return { untried: `${where}: its pg_hba.conf lets nobody in from here` }
  if (REFUSED.test(code)) return 'refused'
  const words = severity === undefined ? code || message : `${message} (SQLSTATE ${code})`
  return { untried: `${where}: ${redact(words)}` }
}

/** pg_hba.conf has no line for this host: that says nothing about the credential, which is for other hosts. */
const isHostRefused = ({ code, routine }: PostgresError): boolean =>
  code === '28000' && routine === 'ClientAuthentication'

const dependsOnTls = (error: PostgresError): boolean =>
  isHostRefused(error) || error.message === 'The server does not support SSL connections'

/** Host, port, database and TLS of the URL template; the probe address replaces host and port. */
export function placeOf({
  url: template = '',
  probeAddress,
  tlsCA,
}: Target): (Omit<Options, 'ssl'> & { readonly tls: readonly Options['ssl'][] }) | undefined {
  const url = URL.parse(template.replaceAll('{{username}}', 'u').replaceAll('{{password}}', 'p'))
  if (url === null || !/^postgres(?:ql)?:$/.test(url.protocol)) return undefined
  const asked = probeAddress === undefined ? url : new URL(`postgresql://${probeAddress}`)
  return {
    host: unbracketed(asked.hostname),
    port: Number(asked.port || 5432),
    database: url.pathname.slice(1) === '' ? 'postgres' : decoded(url.pathname.slice(1)),
    tls: tlsOf(url.searchParams.get('sslmode') ?? 'prefer', unbracketed(url.hostname), tlsCA),
  }
}

const unbracketed = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1')

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** In the order in which libpq tries them. A certificate is for the URL's host, also where we go to the probe address. */
function tlsOf(mode: string, host: string, ca: string | undefined): readonly Options['ssl'][] {
  const unverified = { rejectUnauthorized: false }
  const verified = { rejectUnauthorized: true, ...(ca !== undefined && { ca }) }
  switch (mode) {
    case 'disable':
      return [false]
    case 'allow':
      return [false, unverified]
    case 'require':
      return [unverified]
    case 'verify-ca':
      return [{ ...verified, checkServerIdentity: () => undefined }]
    case 'verify-full':
      return [{ ...verified, checkServerIdentity: (_host, certificate) => checkServerIdentity(host, certificate) }]
    default:
      return [unverified, false]
  }
}
