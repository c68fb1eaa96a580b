import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createSecureServer } from 'node:http2'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'

/** A server that misbehaves on the wire as a real Vault cannot be made to. Only for that: what Vault says is tested on Vault. */
export interface FaultyServer {
  readonly port: number
  readonly address: string
  /** What it got, as `METHOD url`. */
  readonly requests: string[]
  /** The most requests that it had at once, and the connections that it ever had. */
  readonly peak: { requests: number; connections: number }
  close(): Promise<void>
}

export type Response = ServerResponse & {
  json(status: number, body: unknown, headers?: Record<string, string>): void
}
type Handler = (request: IncomingMessage, response: Response, count: number) => void

/** Answers each request by `handler`, which gets its number, from 1. With `tls`, over HTTP/2 or HTTP/1.1. */
export async function faultyServer(
  handler: Handler,
  tls?: TlsOptions & { readonly http1?: boolean },
): Promise<FaultyServer> {
  const requests: string[] = []
  const peak = { requests: 0, connections: 0 }
  let running = 0
  const listener = (request: IncomingMessage, raw: ServerResponse) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`)
    peak.requests = Math.max(peak.requests, ++running)
    raw.on('close', () => (running -= 1))
    raw.on('error', () => undefined)
    const json: Response['json'] = (status, body, headers = {}) => {
      raw.writeHead(status, { 'content-type': 'application/json', ...headers })
      raw.end(JSON.stringify(body))
    }
    handler(request, Object.assign(raw, { json }), requests.length)
  }
  const protocols = tls?.http1 ? ['http/1.1'] : ['h2', 'http/1.1']
  const server: Server = tls
    ? // Its compatibility API has the shapes of node:http.
      createSecureServer({ ...tls, allowHTTP1: true, ALPNProtocols: protocols }, listener as never)
    : createHttpServer(listener)
  return { requests, peak, ...(await listening(server, tls ? 'https' : 'http', peak)) }
}

/** A server that does something with the bare connection. */
export async function tcpServer(onConnection: (socket: Socket) => void): Promise<FaultyServer> {
  const peak = { requests: 0, connections: 0 }
  return { requests: [], peak, ...(await listening(createTcpServer(onConnection), 'http', peak)) }
}

async function listening(server: Server, scheme: string, peak: FaultyServer['peak']) {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    peak.connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    address: `${scheme}://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
