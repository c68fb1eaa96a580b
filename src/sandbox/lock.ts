import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, self, type ProcessId } from './process.js'

export interface LockOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once if somebody else holds the lock. */
  readonly onWait?: (holder: ProcessId) => void
}

const POLL_MS = 100

/** Does `work` while holding a lock file; waits for a living holder, takes the lock of a dead one. */
export async function withLock<T>(file: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  let told = false
  for (let holder = take(file); holder; holder = take(file)) {
    options.signal?.throwIfAborted()
    if (isAlive(holder)) {
      if (!told) options.onWait?.(holder)
      told = true
      await sleep(POLL_MS)
    } else {
      breakLock(file, holder)
    }
  }
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

/** Undefined: the lock is ours. A hard link appears with its content complete, unlike a file opened for writing. */
function take(file: string): ProcessId | undefined {
  const mine = `${file}.${randomUUID()}`
  writeFileSync(mine, JSON.stringify(self()), { mode: 0o600 })
  try {
    linkSync(mine, file)
    return undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return read(file)
  } finally {
    rmSync(mine)
  }
}

// A lock that is gone again, or that nobody can read, counts as a dead holder's.
function read(file: string): ProcessId {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessId
  } catch {
    return { pid: -1, began: '' }
  }
}

/** Moves the lock away before judging it: of two who break it only one does, and neither a new holder's lock. */
function breakLock(file: string, dead: ProcessId): void {
  const aside = `${file}.${randomUUID()}`
  try {
    renameSync(file, aside)
  } catch {
    return
  }
  const moved = read(aside)
  if (moved.pid !== dead.pid || moved.began !== dead.began) linkSync(aside, file)
  rmSync(aside)
}
