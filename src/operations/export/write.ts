import { lstat, mkdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { IceError } from '../../catalogue/index.js'
import { USAGE } from '../../catalogue/usage.js'
import { writeNew } from '../init/write.js'
import type { ExportedFile } from './types.js'

/**
 * Before any server is asked: is there nothing of that name?
 * @throws IceError USAGE.fileExists
 */
export async function requireNew(folder: string): Promise<void> {
  const stat = await lstat(folder).catch(() => undefined)
  if (stat !== undefined) throw refused(folder, 'EEXIST')
}

/**
 * Writes the files into a folder that it makes: all of them or nothing, never over what is there.
 * @throws IceError USAGE.fileExists, USAGE.fileNotWritten
 */
export async function writeFolder(folder: string, files: readonly ExportedFile[]): Promise<void> {
  await mkdir(folder).catch((error: unknown) => {
    throw refused(folder, (error as NodeJS.ErrnoException).code)
  })
  const made: string[] = []
  try {
    for (const { name, text } of files) {
      const path = join(folder, name)
      await writeNew(path, text)
      made.push(path)
    }
  } catch (error) {
    for (const path of made) await rm(path)
    // Where somebody else has put something into it meanwhile, it stays.
    await rmdir(folder).catch(() => undefined)
    throw error
  }
}

function refused(folder: string, code = 'unknown error'): IceError {
  const next = ['Name a folder that does not exist yet with --out.']
  if (code === 'EEXIST') {
    return new IceError(USAGE.fileExists, { message: `There is a ${folder} already; it was left as it is.`, next })
  }
  const why = code === 'ENOENT' ? 'the folder that it would be in does not exist' : code
  return new IceError(USAGE.fileNotWritten, { message: `${folder} cannot be made: ${why}.`, next })
}
