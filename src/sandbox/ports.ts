import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'

// Below what systems hand out to outgoing connections (32768, 49152) and below Kubernetes' node ports (30000), so that a
// stopped server's port is likely still free when it is started again.
const FIRST = 20_000
const LAST = 29_999

/** Can a server listen on this port of 127.0.0.1 now? */
async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<boolean>()
  server.once('error', () => resolve(false))
  server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  return promise
}

/**
 * Is this port of 127.0.0.1 free now, or within two seconds? The sockets of a killed server go with the last of its threads,
 * a moment after the process counts as dead.
 */
export async function becomesFree(port: number): Promise<boolean> {
  for (let look = 0; look < LOOKS; look += 1) {
    if (await isFree(port)) return true
    await setTimeout(PAUSE_MS)
  }
  return false
}

const LOOKS = 40
const PAUSE_MS = 50

/** A port on which nobody listens, other than the given ones (which somebody may be about to use). */
export async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST + 1)
    if (!taken.has(port) && (await isFree(port))) return port
  }
}
