import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'

/** 1 MiB: more than any file that an operator writes by hand. */
export const LARGEST_FILE = 1024 * 1024

export type SmallFile =
  | { readonly text: string }
  /** The rest of a sentence: `is a directory`. */
  | { readonly problem: string; readonly missing: boolean; readonly tooLarge: boolean }

/**
 * Reads a text file of at most 1 MiB. Links are followed (the operator named the file), devices and pipes are not read.
 * @returns the text, or what is wrong
 */
export async function readSmallFile(path: string): Promise<SmallFile> {
  let file: FileHandle | undefined
  try {
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = await file.stat()
    if (stat.isDirectory()) return problem('is a directory')
    if (!stat.isFile()) return problem('is not a regular file')
    if (stat.size > LARGEST_FILE) return { ...problem('is larger than 1 MiB'), tooLarge: true }
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await file.readFile()) }
  } catch (error) {
    return wrong(error)
  } finally {
    await file?.close()
  }
}

function wrong(error: unknown): SmallFile {
  const { code = 'unknown' } = error as { code?: string }
  return { ...problem(PROBLEMS[code] ?? `cannot be read (${code})`), missing: code === 'ENOENT' }
}

function problem(text: string) {
  return { problem: text, missing: false, tooLarge: false }
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: a part of its path is not a directory',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  ELOOP: 'is a link that leads in a circle',
  ENAMETOOLONG: 'has too long a name',
  ENXIO: 'is not a regular file',
  ERR_INVALID_ARG_VALUE: 'has a name with a zero byte',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8 text',
}
