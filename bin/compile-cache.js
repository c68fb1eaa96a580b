import { existsSync, mkdirSync, statSync } from 'node:fs'
import module from 'node:module'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

/** Turns Node's compile cache on in a folder of our own that nobody else can write to; goes without one if there is none. */
export function enableCompileCache() {
  try {
    const named = process.env.XDG_CACHE_HOME ?? ''
    const base = isAbsolute(named) ? named : join(homedir(), '.cache')
    if (!isAbsolute(base)) return
    const folder = join(base, 'icebreaker', 'compile')
    // One by one: what the cache folder is to stand in must be there. A missing home is not ours to make, and in /proc a
    // recursive mkdir never ends.
    for (const each of [base, dirname(folder), folder]) if (!existsSync(each)) mkdirSync(each, { mode: 0o700 })
    const { mode, uid } = statSync(folder)
    if ((mode & 0o077) === 0 && (process.getuid === undefined || uid === process.getuid())) {
      module.enableCompileCache?.(folder)
    }
  } catch {
    // Only slower: a read-only or missing home is no reason to fail.
  }
}
