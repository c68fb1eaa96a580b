import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer, type ServerOptions } from 'node:https'
import { createServer as createListener, type Server } from 'node:net'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { createRoot, type Issuer } from '../kubernetes/certificates.js'
import { servers } from '../servers/index.js'
import type { Scenario } from '../operations/scenario.js'

/** What stands before an API server, or in its place. */
export interface Front {
  readonly address: string
  close(): Promise<void>
}

export type Reply = (request: IncomingMessage, response: ServerResponse) => void

/** Passes everything on to the API server of the tests, as a load balancer with a certificate of its own does. */
export const toTheCluster: Reply = (incoming, response) => {
  const { apiServer, apiServerCA } = servers()
  const passed = request(
    `${apiServer}${incoming.url ?? ''}`,
    { method: incoming.method, headers: incoming.headers, ca: readFileSync(apiServerCA) },
    (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers)),
  )
  passed.on('error', () => response.destroy())
  incoming.pipe(passed)
}

/** Always the same answer. */
export const saying =
  (status: number, body: string, type = 'application/json'): Reply =>
  (incoming, response) => {
    incoming.resume()
    response.writeHead(status, { 'content-type': type }).end(body)
  }

export const LOGIN_PAGE = '<!DOCTYPE html><html><body>Please log in</body></html>'

export interface FrontOptions {
  readonly issuer: Issuer
  readonly reply: Reply
  readonly sans?: Parameters<Issuer['issue']>[0]['sans']
  readonly notAfter?: Date
  readonly tls?: ServerOptions
  readonly port?: number
  readonly host?: string
}

export const LOOPBACK: FrontOptions['sans'] = [{ type: 'ip', value: '127.0.0.1' }]

export async function startFront({
  issuer,
  reply,
  sans = LOOPBACK,
  notAfter,
  tls,
  port,
  host,
}: FrontOptions): Promise<Front> {
  const { certificate, key } = await issuer.issue({ ...(sans && { sans }), ...(notAfter && { notAfter }) })
  const server = createServer({ cert: certificate, key, ...tls }, reply)
  return { address: `https://${host ?? '127.0.0.1'}:${await listen(server, port, host)}`, close: closing(server) }
}

/** Takes connections and does with them as told; nothing: it is silent. */
export async function startListener(take: (socket: Duplex) => void = () => undefined): Promise<Front> {
  const server = createListener(take)
  return { address: `https://127.0.0.1:${await listen(server)}`, close: closing(server) }
}

/** An address at which nothing listens (any more). */
export async function closedAddress(): Promise<string> {
  const front = await startListener()
  await front.close()
  return front.address
}

async function listen(server: Server, port = 0, host = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  return (server.address() as AddressInfo).port
}

function closing(server: Server): () => Promise<void> {
  const sockets = new Set<Duplex>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  return async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
}

export { createRoot }

/** The config of the trust's mount as somebody writes it by hand, with the reviewer's token from its Secret. */
export async function writeConfig(
  { vault, cluster, id }: Pick<Scenario, 'vault' | 'cluster' | 'id'>,
  changes: Readonly<Record<string, string | boolean | Secret>>,
): Promise<void> {
  const { data } = (await vault.read(path`auth/${id}/config`))!
  const { token_reviewer_jwt_set: _set, ...config } = data as Record<string, string>
  const token = await cluster.readSecret(`${id}-auth`, 'reviewer-token', 'token')
  await vault.write(path`auth/${id}/config`, { ...config, ...(token && { token_reviewer_jwt: token }), ...changes })
}
