import { IceError, SANDBOX } from '../catalogue/index.js'
import { stopProcess, type ProcessId } from './process.js'
import type { Server } from './servers/server.js'

/** How long a server may take to end by itself. */
const GRACE_MS = 5_000

/** Ends a server's process, if it is the one that was started. @throws IceError ICE6008 */
export async function stopServer(server: Pick<Server, 'title' | 'stopSignal'>, running: ProcessId): Promise<void> {
  if (await stopProcess(running, server.stopSignal, GRACE_MS)) return
  throw new IceError(SANDBOX.willNotStop, {
    message: `${server.title} (process ${running.pid}) does not stop.`,
    evidence: { pid: running.pid },
  })
}
