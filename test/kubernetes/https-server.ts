import { createServer } from 'node:https'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo, Server as NetServer } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Connection } from '../../src/kubernetes/index.js'
import { createAuthority } from '../../src/sandbox/certificates.js'

/** A server of our own, only for wire faults that no real API server can be made to show. */
export interface FaultServer {
  readonly url: string
  readonly connection: Connection
  /** `GET /version`, in the order they came. */
  readonly requests: string[]
  close(): Promise<void>
}

export type Reply = (request: IncomingMessage, response: ServerResponse, count: number) => void

export async function startFaultServer(reply: Reply): Promise<FaultServer> {
  const authority = await createAuthority('fault server')
  const { certificate, key } = await authority.server()
  const requests: string[] = []
  const listener: RequestListener = (request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`)
    const count = requests.length
    request.resume().once('end', () => reply(request, response, count))
  }
  const server = createServer({ cert: certificate, key }, listener)
  const sockets = new Set<Duplex>()
  server.on('connection', (socket) => sockets.add(socket))
  const port = await listen(server)
  const url = `https://127.0.0.1:${port}`
  return {
    url,
    requests,
    connection: connectionTo(url, authority.certificate),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export function connectionTo(server: string, ca: string): Connection {
  return {
    server,
    certificateAuthority: ca,
    proxy: undefined,
    login: 'user tester of context test (token)',
    authenticate: async () => ({ headers: { Authorization: 'Bearer t' }, tls: { ca } }),
    expiresAt: () => undefined,
  }
}

export async function listen(server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

export function json(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
