import { IceErrors, isIceError } from '../catalogue/index.js'
import type { Server } from './servers/server.js'

/**
 * Works on all servers side by side. `ready` settles when those are done that the server waits for; they come before it
 * in the list. Returns when nothing is at work any more, also if something failed, and then throws all that failed.
 */
export async function inOrder<T>(
  servers: readonly Server[],
  waitsFor: (server: Server) => readonly string[],
  work: (server: Server, ready: Promise<unknown>) => Promise<T>,
): Promise<T[]> {
  const working = new Map<string, Promise<T>>()
  for (const server of servers) {
    const ready = Promise.all(waitsFor(server).flatMap((name) => working.get(name) ?? []))
    // Whoever awaits it gets the failure; until then it must not count as one that nobody handles.
    ready.catch(() => undefined)
    working.set(server.name, work(server, ready))
  }
  const outcomes = await Promise.allSettled(working.values())
  // A server whose need failed fails with the very same error: told once.
  const failures = [
    ...new Set(outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason as unknown)),
  ]
  if (failures.length > 1 && failures.every(isIceError)) throw new IceErrors(failures)
  return Promise.all(working.values())
}
