import { portsByServer } from './composition.js'
import { placesOf } from './places.js'
import { becomesFree, freePort } from './ports.js'
import { isAlive } from './process.js'
import { loadRecord, sandboxNames, type SandboxRecord } from './record.js'

/**
 * Gives every server its ports: the ones it had, where they are still free. Changes the record; gives the names of the
 * servers that had others before.
 */
export async function settlePorts(record: SandboxRecord): Promise<ReadonlySet<string>> {
  const taken = new Set([...portsOfOthers(record.name), ...Object.values(record.ports)])
  const moved = new Set<string>()
  for (const [server, names] of Object.entries(portsByServer(record))) {
    const process = record.processes[server]
    if (process && isAlive(process)) continue
    for (const name of names) {
      const before = record.ports[name]
      if (before !== undefined && (await becomesFree(before))) continue
      const port = await freePort(taken)
      taken.add(port)
      record.ports[name] = port
      if (before !== undefined) moved.add(server)
    }
  }
  return moved
}

/** Other sandboxes that are down want their ports back. */
function portsOfOthers(name: string): number[] {
  return sandboxNames()
    .filter((other) => other !== name)
    .flatMap((other) => {
      try {
        return Object.values(loadRecord(placesOf(other))?.ports ?? {})
      } catch {
        // Damaged: it says so when it is used itself.
        return []
      }
    })
}
