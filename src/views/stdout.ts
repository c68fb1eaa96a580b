import type { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { IceError } from '../catalogue/index.js'
import { USAGE } from '../catalogue/usage.js'

/** What is needed of standard output to know what becomes of what is written to it. */
export interface Stream extends EventEmitter {
  readonly writableLength: number
  write(text: string, done: () => void): boolean
}

/**
 * Keeps the first error of a stream for the end, so that a full disk does not break off what is being done; whoever else
 * listened to its errors listens no more. A reader that has gone away (`| head`) has all that it wanted: no error.
 * @returns waits until all is written; the error USAGE.outputLost where something could not be
 */
export function watchOutput(stream: Stream): () => Promise<IceError | undefined> {
  let failed: NodeJS.ErrnoException | undefined
  stream.removeAllListeners('error').on('error', (error: NodeJS.ErrnoException) => {
    failed ??= error
  })
  return async () => {
    if (stream.writableLength > 0) await new Promise<void>((resolve) => stream.write('', () => resolve()))
    // A file is written at once, but its error is told in the next round.
    await setImmediate()
    const { code = 'unknown' } = failed ?? { code: 'EPIPE' }
    if (code === 'EPIPE') return undefined
    return new IceError(USAGE.outputLost, {
      message: 'The result, or a part of it, could not be written to standard output.',
      evidence: { reason: code },
    })
  }
}
