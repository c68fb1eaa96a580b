import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { servers } from '../servers/index.js'
import { authority, issue, type Pair } from '../vault/certificates.js'
import { faultyServer, type FaultyServer } from '../vault/faulty-server.js'

/** What stands before a Vault, or in its place, where the real one cannot be brought into that state. */
export interface Before {
  readonly address: string
  /** The CA of its certificate, PEM. */
  readonly ca: string
  close(): Promise<void>
}

/** A replay: the real Vault, whose clock seems to be off by so many seconds. */
export async function vaultWithClock(aheadSeconds: number): Promise<Before> {
  const real = new URL(servers().vaultAddress)
  const ca = readFileSync(servers().caFile, 'utf8')
  return served((incoming, response) => {
    const { method = 'GET', url = '/', headers } = incoming
    const { 'x-vault-token': token, 'content-type': type } = headers
    const sent = { ...(token !== undefined && { 'x-vault-token': token }), ...(type && { 'content-type': type }) }
    const outgoing = httpsRequest(
      { host: real.hostname, port: real.port, ca, method, path: url, headers: sent },
      (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.on('end', () => {
          const text = Buffer.concat(parts).toString()
          const shifted = text.replace(
            /"server_time_utc":(\d+)/,
            (_all, at: string) => `"server_time_utc":${Number(at) + aheadSeconds}`,
          )
          response.writeHead(answer.statusCode ?? 502, { 'content-type': 'application/json' })
          response.end(shifted)
        })
      },
    )
    outgoing.on('error', () => response.json(502, { errors: ['the real one did not answer'] }))
    incoming.pipe(outgoing)
  })
}

/** A replay of a node in this state of sys/health, that answers everything else as `other` says. */
export function vaultInState(
  state: { readonly initialized?: boolean; readonly sealed?: boolean; readonly standby?: boolean },
  other: { readonly status: number; readonly location?: string } = { status: 503 },
): Promise<Before> {
  const health = {
    initialized: true,
    sealed: false,
    standby: false,
    version: '1.21.0',
    server_time_utc: now(),
    ...state,
  }
  return served((request, response) => {
    if (request.url?.startsWith('/v1/sys/health')) return response.json(200, health)
    const { status, location } = other
    response.json(status, { errors: ['Vault is sealed'] }, location === undefined ? {} : { location })
  })
}

const now = (): number => Math.floor(Date.now() / 1000)

async function served(handler: Parameters<typeof faultyServer>[0]): Promise<Before> {
  const root: Pair = await authority('the CA of a stand-in')
  const { cert, key } = await issue(root)
  const server: FaultyServer = await faultyServer(handler, { cert, key })
  return { address: server.address, ca: root.cert, close: () => server.close() }
}

/** A proxy that leads every host to the Vault of this run: the real one, under another name. */
export async function leadingProxy(): Promise<Omit<Before, 'ca'>> {
  const port = Number(new URL(servers().vaultAddress).port)
  const open = new Set<Socket>()
  const proxy = createServer()
  proxy.on('connect', (_request, client: Socket) => {
    const tunnel = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(tunnel).pipe(client)
    })
    for (const socket of [client, tunnel]) open.add(socket.on('error', () => undefined))
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        proxy.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}
