import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { TLSSocket, type TlsOptions } from 'node:tls'
import { servers } from '../servers/index.js'

/** A way to the PostgreSQL of this run that is not the direct one. */
export interface Front {
  readonly port: number
  close(): Promise<void>
}

export const directly = (): Promise<Front> => front((socket) => pass(socket))

/** Passes connections on from another address of this machine, for which pg_hba.conf has no line. */
export const fromElsewhere = (): Promise<Front> => front((socket) => pass(socket, '127.0.0.2'))

/** Speaks TLS, as PostgreSQL does, before the server of this run, which does not. */
export const withTls = (options: TlsOptions): Promise<Front> =>
  front((socket) => {
    socket.once('data', () => {
      // The client's SSLRequest. Paused, so that the handshake is left for the TLS socket.
      socket.pause()
      socket.write('S')
      pass(new TLSSocket(socket, { ...options, isServer: true }))
    })
  })

/** Takes connections and says nothing. */
export const silent = (): Promise<Front> => front(() => undefined)

/** Takes connections and ends them at once. */
export const hangingUp = (): Promise<Front> => front((socket) => socket.destroy())

function pass(socket: Socket, localAddress?: string): void {
  const { host, port } = servers().postgres
  const onward = connect({ host, port, ...(localAddress !== undefined && { localAddress }) })
  for (const [from, to] of [
    [socket, onward],
    [onward, socket],
  ] as const) {
    from.pipe(to)
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
  }
}

async function front(onConnection: (socket: Socket) => unknown): Promise<Front> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
