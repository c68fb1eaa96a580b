import { existsSync } from 'node:fs'
import { lstat, mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { IceError } from '../../catalogue/index.js'
import { USAGE } from '../../catalogue/usage.js'
import { existingText, fileExists, writeNew } from '../init/write.js'
import type { Beside } from './types.js'

/**
 * Writes the file and what stands beside it: all of it or nothing, never over another file, never through a link.
 * @throws IceError USAGE.fileExists, USAGE.fileNotWritten
 */
export async function writeAll(out: string, yaml: string, beside: readonly Beside[]): Promise<void> {
  const folder = dirname(out)
  // The file comes last: where it is, what it names is there.
  const files = [...beside.map(({ file, text }) => ({ path: join(folder, file), text })), { path: out, text: yaml }]
  const inner = [...new Set(files.map(({ path }) => dirname(path)))].filter((path) => path !== folder)
  for (const path of inner) await requireFolder(path)
  for (const { path } of files) {
    if ((await existingText(path)) !== undefined) throw fileExists(path)
  }
  // Its own folder has to be there; where it is not, writing says so.
  if (inner.length > 0 && !existsSync(folder)) await writeNew(out, yaml)
  for (const path of inner) await mkdir(path, { recursive: true })
  const made: string[] = []
  try {
    for (const { path, text } of files) {
      await writeNew(path, text)
      made.push(path)
    }
  } catch (error) {
    for (const path of made) await rm(path)
    throw error
  }
}

/** A folder that is missing is made; in the place of one there may be nothing else. */
async function requireFolder(path: string): Promise<void> {
  const stat = await lstat(path).catch(() => undefined)
  if (stat === undefined || stat.isDirectory()) return
  throw new IceError(USAGE.fileNotWritten, {
    message: `${path} is ${stat.isSymbolicLink() ? 'a link, and nothing is written through one' : 'no folder'}.`,
  })
}
