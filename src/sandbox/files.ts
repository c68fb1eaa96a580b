import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { remember, redact } from '../secrets/redact.js'

/** Makes a folder, and those above it, that only this user can enter. One by one: in /proc a recursive mkdir never ends. */
export function privateFolder(folder: string): void {
  if (existsSync(folder)) return
  privateFolder(dirname(folder))
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Writes a file that only this user can read; a reader sees the old content or the new, never half of it. */
export function writePrivate(file: string, content: string): void {
  const temporary = `${file}.${process.pid}.new`
  writeFileSync(temporary, content, { mode: 0o600 })
  renameSync(temporary, file)
}

/** Reads a secret of the sandbox's own, which from then on is blanked out of everything that is shown. */
export function readSecret(file: string): string {
  const value = readFileSync(file, 'utf8').trim()
  remember(value)
  return value
}

/** A password in a file, made up when it is first asked for. */
export function password(file: string): string {
  if (!existsSync(file)) writePrivate(file, `${randomBytes(18).toString('base64url')}\n`)
  return readSecret(file)
}

const TAIL_BYTES = 8192

/** The last lines of a log, fit to be shown; empty where there is none. */
export function lastLines(file: string, count = 8): string {
  if (!existsSync(file)) return ''
  const handle = openSync(file, 'r')
  try {
    const { size } = fstatSync(handle)
    const length = Math.min(size, TAIL_BYTES)
    const buffer = Buffer.alloc(length)
    readSync(handle, buffer, 0, length, size - length)
    return redact(buffer.toString('utf8').trimEnd().split('\n').slice(-count).join('\n'))
  } finally {
    closeSync(handle)
  }
}
