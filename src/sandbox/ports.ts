import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Below what systems hand out to outgoing connections (32768, 49152) and below Kubernetes' node ports (30000), so that a
// stopped server's port is likely still free when it is started again.
const FIRST = 20_000
const LAST = 29_999

/** Can a server listen on this port of 127.0.0.1 now? */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<boolean>()
  server.once('error', () => resolve(false))
  server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  return promise
}

/** A port on which nobody listens, other than the given ones (which somebody may be about to use). */
export async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST + 1)
    if (!taken.has(port) && (await isFree(port))) return port
  }
}
