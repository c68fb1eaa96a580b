import { IceError, isIceError, SANDBOX } from '../catalogue/index.js'
import type { Emit } from '../events/index.js'
import { privateFolder } from './files.js'
import { withLock } from './lock.js'
import { sandboxesFolder, type Places } from './places.js'

/**
 * Does work on a sandbox while no other run can; waits for one that does. What the file system refuses is told as ICE6013.
 */
export async function exclusively<T>(
  places: Places,
  { emit, signal }: { readonly emit: Emit; readonly signal?: AbortSignal | undefined },
  work: () => Promise<T>,
): Promise<T> {
  const onWait = ({ pid }: { pid: number }) => {
    emit({ type: 'note', level: 'info', text: `Waiting for process ${pid}, which is working on this sandbox.` })
  }
  try {
    privateFolder(sandboxesFolder())
    return await withLock(places.lock, { signal, onWait }, work)
  } catch (error) {
    throw isSystemError(error) ? fileError(error) : error
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && !isIceError(error) && 'syscall' in error && 'code' in error
}

function fileError({ code = 'unknown', syscall = '', path = '' }: NodeJS.ErrnoException): IceError {
  return new IceError(SANDBOX.files, {
    message: `The sandbox's files cannot be read or written: ${code}.`,
    evidence: { path, call: syscall },
  })
}
