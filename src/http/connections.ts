import type { ConnectionOptions } from 'node:tls'
import type { Agent, Dispatcher, ProxyAgent, WebSocket } from 'undici'
import request from 'undici/lib/api/api-request.js'
import buildConnector from 'undici/lib/core/connect.js'
import DirectAgent from 'undici/lib/dispatcher/agent.js'
import { failureOf, type Failure } from './failure.js'
import { inTime } from './in-time.js'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** No answer: after a lost one it is not known whether the request was carried out. */
export interface NoAnswer {
  readonly failure: Failure
}

export type HttpRequest = Omit<Dispatcher.RequestOptions, 'signal'> & { readonly origin: string }

export interface ConnectOptions extends Pick<ConnectionOptions, 'secureContext' | 'servername' | 'rejectUnauthorized'> {
  /** For the TCP connection and the TLS handshake together, milliseconds. */
  readonly timeout: number
  readonly keepAliveInitialDelay?: number
  /** Connects to this port of this machine, whatever the address; names and certificates stay those of the address. */
  readonly port?: number
}

export type WebSocketHeaders = Readonly<Record<string, string | readonly string[]>>

/** Kept-alive connections to one server. */
export interface Connections {
  /** Sends a request once and reads the whole answer. Never throws; an abort is a failure too. */
  exchange(request: HttpRequest, signal: AbortSignal | undefined): Promise<Answer | NoAnswer>
  /**
   * Opens a WebSocket (wss:, ws:) the same way, beside the exchanges. Only `open`, `error` and `close` tell what becomes of it.
   */
  webSocket(url: string, protocol: string, headers: WebSocketHeaders): Promise<WebSocket>
  /** Ends all of them, also those that are still being made, and with them every exchange. */
  close(): Promise<void>
}

/**
 * Opens connections when they are needed, perhaps through a proxy. Certificates are verified unless `connect` says
 * otherwise; whatever is wrong with the proxy's address is undici's error.
 */
export async function openConnections(
  { port, ...connect }: ConnectOptions,
  options: Omit<Agent.Options, 'connect' | 'factory'>,
  proxy: Pick<ProxyAgent.Options, 'uri' | 'token'> | undefined,
): Promise<Connections> {
  const closed = new AbortController()
  // Said aloud, since NODE_TLS_REJECT_UNAUTHORIZED=0 would change the default. undici forgets a socket whose handshake
  // has not ended, and it would hold the process; the signal does not.
  const sockets = { rejectUnauthorized: true, timeout: connect.timeout, signal: closed.signal }
  const target = { ...sockets, ...connect }
  const dispatcher: Dispatcher =
    proxy === undefined
      ? new DirectAgent({
          ...options,
          connect: port === undefined ? target : connectorTo(port, { ...target, allowH2: options.allowH2 !== false }),
        })
      : new (await import('undici')).ProxyAgent({ ...options, ...proxy, requestTls: target, proxyTls: sockets })
  return {
    exchange: (wire, signal) => exchange(dispatcher, wire, signal),
    async webSocket(url, protocol, headers) {
      const { WebSocket } = await import('undici')
      const pairs = Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => [name, value]))
      return new WebSocket(url, { dispatcher, protocols: [protocol], headers: pairs as [string, string][] })
    },
    async close() {
      await dispatcher.destroy()
      closed.abort()
    },
  }
}

function connectorTo(port: number, options: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildConnector(options)
  return (target, callback) => connect({ ...target, hostname: '127.0.0.1', port: String(port) }, callback)
}

/** Knows whether its request has begun: before that there was no connection, or none to spare, and nothing was sent. */
class Watched extends request.RequestHandler {
  begun = false

  override onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.begun = true
    super.onRequestStart(controller, context)
  }
}

async function exchange(
  dispatcher: Dispatcher,
  wire: HttpRequest,
  signal: AbortSignal | undefined,
): Promise<Answer | NoAnswer> {
  const { promise: response, resolve, reject } = Promise.withResolvers<Dispatcher.ResponseData>()
  const handler = new Watched({ ...wire, ...(signal && { signal }) }, (error, data) =>
    error === null ? resolve(data) : reject(error),
  )
  const answer = async (): Promise<Answer> => {
    const { statusCode: status, headers, body } = await response
    return { status, headers, text: await body.text() }
  }
  try {
    dispatcher.dispatch(wire, handler)
    // undici obeys the signal only once a request has begun, not while it waits for a handshake or for its turn.
    return await inTime(answer(), signal)
  } catch (error) {
    return { failure: failureOf(error, handler.begun) }
  }
}
