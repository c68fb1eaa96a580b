import { dirname, resolve } from 'node:path'
import { FILE, IceError, type Origin } from '../catalogue/index.js'
import { readSmallFile } from '../secrets/small-file.js'
import { quoted } from './words.js'

/**
 * The text of a configuration file.
 * @throws IceError FILE.unreadable, with what to do
 */
export async function readConfigFile(path: string): Promise<string> {
  const file = await readSmallFile(path)
  if ('text' in file) return file.text
  throw new IceError(file.tooLarge ? FILE.tooLarge : FILE.unreadable, {
    message: `The file ${quoted(path)} ${file.problem}.`,
    evidence: { path: resolve(path) },
    ...(file.missing && {
      next: [
        'Name the file with --file (-f) or ICEBREAKER_FILE; without them it is ./icebreaker.yaml in the current directory.',
      ],
    }),
  })
}

/** A path that a configuration file names: relative ones start at the file's folder, and may lead out of it. */
export function resolveBeside(configFile: string, reference: string): string {
  return resolve(dirname(configFile), reference)
}

/**
 * The text of a file (HCL, PEM) that a configuration file names: at most 1 MiB, no device, no directory.
 * @param at where it is named, if that is known
 * @throws IceError FILE.unreadableBeside at that place
 */
export async function readBeside(configFile: string, reference: string, at: Origin | undefined): Promise<string> {
  const path = resolveBeside(configFile, reference)
  const file = await readSmallFile(path)
  if ('text' in file) return file.text.replace(/^\ufeff/, '')
  throw new IceError(FILE.unreadableBeside, {
    message: `The file ${quoted(reference)} ${file.problem}.`,
    evidence: { path },
    ...(at !== undefined && { at }),
  })
}
