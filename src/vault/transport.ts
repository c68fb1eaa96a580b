import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { IceError, VAULT } from '../catalogue/index.js'
import { openConnections, type Answer as HttpAnswer, type Connections } from '../http/connections.js'
import type { Failure as NoAnswer } from '../http/failure.js'
import { Secret } from '../secrets/index.js'
import type { Proxy } from './proxy.js'
import type { TlsOptions } from './tls.js'

export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly url: URL
  readonly headers: Record<string, string>
  readonly body?: string
  /** From sending to the first byte of the answer, and between two pieces of it. */
  readonly timeoutMs: number
}

export type Outcome = Answer | Failure

export interface Answer extends HttpAnswer {
  readonly kind: 'answer'
}

export interface Failure extends NoAnswer {
  readonly kind: 'failure'
  /** Where it failed: the address, or where a redirect led. */
  readonly url: URL
}

export interface Transport {
  /** One attempt, with the whole answer read. Never throws. */
  exchange(wire: WireRequest): Promise<Outcome>
  close(): Promise<void>
}

export interface TransportOptions {
  readonly https: boolean
  readonly tls: TlsOptions
  readonly proxy: Proxy | undefined
  /** A port of this machine that leads to the server. */
  readonly tunnel: number | undefined
  readonly maxConnections: number
  readonly connectTimeoutMs: number
  readonly signal: AbortSignal | undefined
}

const LARGEST_ANSWER = 32 * 1024 * 1024
const MOST_REDIRECTS = 2

/**
 * HTTP by undici: HTTP/2 over one connection where the server speaks it (a handshake costs more than most requests),
 * else a pool of kept-alive connections.
 */
export async function openTransport(options: TransportOptions): Promise<Transport> {
  const connections = await connectionsFor(options)

  async function attempt(wire: WireRequest, url: URL, redirects: number): Promise<Outcome> {
    const request = {
      origin: url.origin,
      path: url.pathname + url.search,
      method: wire.method,
      headers: wire.headers,
      body: wire.body ?? null,
      headersTimeout: wire.timeoutMs,
      bodyTimeout: wire.timeoutMs,
    }
    const outcome = await connections.exchange(request, options.signal)
    if ('failure' in outcome) return { kind: 'failure', url, ...outcome.failure }
    const target = redirects < MOST_REDIRECTS ? redirectTarget(outcome, url) : undefined
    return target ? attempt(wire, target, redirects + 1) : { kind: 'answer', ...outcome }
  }

  return {
    exchange: (wire) => attempt(wire, wire.url, 0),
    close: () => connections.close(),
  }
}

/** Where a standby sends us, if a token may follow: the same request again, over verified TLS. */
function redirectTarget({ status, headers: { location } }: HttpAnswer, from: URL): URL | undefined {
  if ((status !== 307 && status !== 308) || typeof location !== 'string') return undefined
  const target = URL.parse(location, from.href)
  return target?.protocol === 'https:' ? target : undefined
}

function connectionsFor(options: TransportOptions): Promise<Connections> {
  const { https, tls, proxy, tunnel, maxConnections, connectTimeoutMs } = options
  const connect = {
    timeout: connectTimeoutMs,
    ...((https || tls.ca) && { secureContext: secureContext(tls) }),
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
    ...(tunnel !== undefined && { port: tunnel }),
  }
  const through = proxy && {
    uri: proxy.address,
    ...(proxy.authorization && { token: Secret.reveal(proxy.authorization) }),
  }
  return openConnections(connect, { connections: maxConnections, maxResponseSize: LARGEST_ANSWER }, through)
}

/** Made once: each connection of its own would read all the certificates again. */
function secureContext({ ca, certificate, key }: TlsOptions): SecureContext {
  const roots = ca ?? getCACertificates('system')
  try {
    return createSecureContext({
      // Without an operating system's store (a minimal container), those that come with Node.
      ...(roots.length > 0 && { ca: [...roots] }),
      ...(certificate !== undefined && { cert: certificate }),
      ...(key && { key: Secret.reveal(key) }),
    })
  } catch (error) {
    throw new IceError(VAULT.badSetting, {
      message: 'The certificates for the connection to Vault cannot be used.',
      evidence: { reason: (error as NodeJS.ErrnoException).code ?? 'unknown' },
    })
  }
}
