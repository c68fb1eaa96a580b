import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { IceError, SANDBOX } from '../catalogue/index.js'
import { lastLines, privateFolder } from './files.js'
import { isAlive, startDetached, type ProcessId } from './process.js'
import type { Server, Start } from './servers/server.js'

const READY_MS = 60_000
const POLL_MS = 50

async function startServer(server: Server, start: Start, recordIt: (started: ProcessId) => void): Promise<ProcessId> {
  privateFolder(dirname(start.log))
  await server.prepare(start)
  const command = await server.command(start.program)
  try {
    return await startDetached({ ...command, folder: server.folder, log: start.log }, recordIt)
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    throw new IceError(SANDBOX.serverFailed, {
      message: `${server.title} could not be run (${code}).`,
      evidence: { program: command.program },
    })
  }
}

/** Waits until a running server does its work. False: it ended instead, or it takes too long. */
export async function becomesReady(server: Server, running: ProcessId, signal?: AbortSignal): Promise<boolean> {
  for (const deadline = Date.now() + READY_MS; Date.now() < deadline;) {
    signal?.throwIfAborted()
    if (!isAlive(running)) return false
    if (await server.isReady(running.pid)) return true
    await sleep(POLL_MS)
  }
  return false
}

/** Starts a server and waits until it does its work. @throws IceError ICE6006, with the log's name and last lines */
export async function startAndWait(
  server: Server,
  start: Start,
  recordIt: (started: ProcessId) => void,
): Promise<ProcessId> {
  const started = await startServer(server, start, recordIt)
  if (await becomesReady(server, started, start.signal)) return started
  const what = isAlive(started) ? `was not ready after ${READY_MS / 1000} s` : 'ended before it was ready'
  throw new IceError(SANDBOX.serverFailed, {
    message: `${server.title} ${what}.`,
    evidence: { log: start.log, 'last lines': lastLines(start.log) || '(the log is empty)' },
  })
}
