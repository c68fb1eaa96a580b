import { existsSync, rmSync } from 'node:fs'
import type { Emit } from '../events/index.js'
import { serversOf } from './composition.js'
import { exclusively } from './exclusively.js'
import { inOrder } from './in-order.js'
import { placesOf, sharedFolder, type Places } from './places.js'
import { isAlive } from './process.js'
import { loadRecord, saveRecord, type SandboxRecord } from './record.js'
import type { Server } from './servers/server.js'
import { step } from './step.js'
import { stopServer } from './stop.js'

export interface DownOptions {
  readonly name: string
  /** Also remove its data, keys and files; what is installed stays in the cache. */
  readonly purge?: boolean
  readonly emit: Emit
  readonly signal?: AbortSignal
}

/**
 * Stops what `up` started and nothing else. Without a sandbox of that name there is nothing to do, which is no error.
 * Gives the names of the servers that ran. @throws IceError ICE6001, ICE6005, ICE6008, ICE6013
 */
export async function down(options: DownOptions): Promise<{ readonly stopped: readonly string[] }> {
  const { name, purge = false, emit } = options
  const places = placesOf(name)
  if (!existsSync(places.folder)) return { stopped: [] }
  return exclusively(places, options, async () => {
    const record = loadRecord(places)
    const stopped = record ? await stopAll(record, places, emit) : []
    if (purge) {
      if (record?.postgres) rmSync(sharedFolder(name, record.postgres.folderId), { recursive: true, force: true })
      rmSync(places.folder, { recursive: true, force: true })
    }
    return { stopped }
  })
}

/** Each after those that need it, so that none waits for a server that is gone. */
async function stopAll(record: SandboxRecord, places: Places, emit: Emit): Promise<string[]> {
  const servers = serversOf(record, places)
  const users = ({ name }: Server) => servers.filter(({ needs }) => needs.includes(name)).map((user) => user.name)
  const stopped = await inOrder(servers.toReversed(), users, async (server, ready) => {
    await ready
    const running = record.processes[server.name]
    if (!running) return []
    const wasAlive = isAlive(running)
    if (wasAlive) await step(emit, server.name, `Stop ${server.title}`, () => stopServer(server, running))
    record.processes = without(record.processes, server.name)
    saveRecord(places, record)
    return wasAlive ? [server.name] : []
  })
  return stopped.flat()
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name))
}
