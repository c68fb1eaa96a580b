import { mkdirSync, statSync } from 'node:fs'
import module from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Turns Node's compile cache on in a folder of our own that nobody else can write to; goes without one if there is none. */
export function enableCompileCache() {
  try {
    const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
    const folder = join(base, 'icebreaker', 'compile')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { mode, uid } = statSync(folder)
    if ((mode & 0o077) === 0 && (process.getuid === undefined || uid === process.getuid())) {
      module.enableCompileCache?.(folder)
    }
  } catch {
    // Only slower: a read-only or missing home is no reason to fail.
  }
}
