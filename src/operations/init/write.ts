import { constants } from 'node:fs'
import { access, lstat, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { IceError, isIceError } from '../../catalogue/index.js'
import { USAGE } from '../../catalogue/usage.js'
import { readConfigFile } from '../../config/load.js'

/**
 * The text of the file that is there; undefined where there is none.
 * @throws IceError USAGE.fileNotWritten where something else is there (a link, a folder), FILE.unreadable
 */
export async function existingText(path: string): Promise<string | undefined> {
  const stat = await lstat(path).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw notWritten(path, code)
  })
  if (stat === undefined) return undefined
  if (!stat.isFile()) throw notWritten(path, stat.isSymbolicLink() ? 'ELOOP' : 'EISDIR')
  return readConfigFile(path)
}

/**
 * Before anybody is asked anything: could a file be made there?
 * @throws IceError USAGE.fileNotWritten
 */
export async function requirePlace(path: string): Promise<void> {
  const folder = dirname(resolve(path))
  await access(folder, constants.W_OK).catch((error: unknown) => {
    throw notWritten(path, (error as NodeJS.ErrnoException).code)
  })
}

/**
 * Makes the file, readable for all: it holds no secret. Never over another, never through a link.
 * @throws IceError USAGE.fileExists, USAGE.fileNotWritten
 */
export async function writeNew(path: string, text: string): Promise<void> {
  try {
    await create(path, text, 0o644)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === 'EEXIST' ? fileExists(path) : notWritten(path, code)
  }
}

/**
 * Puts a new text in the place of the one that was read; a reader sees one or the other.
 * @throws IceError USAGE.fileChanged where the file is not as it was read, USAGE.fileNotWritten
 */
export async function replaceText(path: string, before: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.new`
  try {
    const { mode } = await lstat(path)
    await create(beside, text, mode & 0o777)
    try {
      if ((await existingText(path)) !== before) {
        throw new IceError(USAGE.fileChanged, {
          message: `Somebody else has just changed ${path}; it was left as it is.`,
        })
      }
      await rename(beside, path)
    } catch (error) {
      await rm(beside)
      throw error
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw isIceError(error) ? error : notWritten(path, code)
  }
}

/** A new file, whole or not at all. */
async function create(path: string, text: string, mode: number): Promise<void> {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants
  const file: FileHandle = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
  try {
    await file.writeFile(text)
    await file.sync()
  } catch (error) {
    await rm(path)
    throw error
  } finally {
    await file.close()
  }
}

export function fileExists(path: string): IceError {
  return new IceError(USAGE.fileExists, {
    message: `There is a file ${path} already; it was left as it is.`,
    next: [
      'To add to it: icebreaker init --add role (or policy, engine, cluster), with --out where it has another name.',
      'For another file: --out FILE.',
      'To see what would be written: --out -',
    ],
  })
}

const WHY: Readonly<Record<string, string>> = {
  ELOOP: 'it is a link, and nothing is written through one',
  EISDIR: 'something else than a file is there',
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of its path is no folder',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'nothing can be written there',
  ENOSPC: 'there is no room',
  ENAMETOOLONG: 'its name is too long',
}

function notWritten(path: string, code = 'unknown error'): IceError {
  return new IceError(USAGE.fileNotWritten, { message: `${path} cannot be written: ${WHY[code] ?? code}.` })
}
