import { open, unlink, type FileHandle } from 'node:fs/promises'
import { IceError } from '../catalogue/index.js'
import { USAGE } from '../catalogue/usage.js'
import { Secret } from './secret.js'

/** JSON with secrets in it. */
export type Handover =
  Secret | string | number | boolean | null | readonly Handover[] | { readonly [key: string]: Handover | undefined }

/** A new file that a secret will be written to. */
export interface SecretFile {
  readonly path: string
  /** A secret alone, to the letter; anything else as JSON, with the secrets opened. */
  write(value: Handover): Promise<void>
  /** Without a `write` the file is taken away again. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Makes the file, for its owner alone, before the secret is there: where that fails nothing was asked for in vain. It never
 * replaces a file or follows a link (O_EXCL).
 * @throws IceError USAGE.secretNotSaved
 */
export async function openSecretFile(path: string): Promise<SecretFile> {
  const file = await attempt(path, () => open(path, 'wx', 0o600))
  let isWritten = false
  return {
    path,
    async write(value) {
      await attempt(path, () => writeWhole(file, textOf(value)))
      isWritten = true
    },
    async [Symbol.asyncDispose]() {
      await file.close()
      if (!isWritten) await unlink(path)
    },
  }
}

async function writeWhole(file: FileHandle, text: string): Promise<void> {
  await file.writeFile(text)
  await file.sync()
}

async function attempt<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    const why = code === 'EEXIST' ? 'there is such a file already' : code
    throw new IceError(USAGE.secretNotSaved, { message: `The secret could not be written to ${path}: ${why}.` })
  }
}

function textOf(value: Handover): string {
  if (value instanceof Secret) return Secret.reveal(value)
  const opened = function (this: Record<string, unknown>, key: string, member: unknown): unknown {
    // Called after Secret.toJSON, so the holder is asked.
    const held = this[key]
    return held instanceof Secret ? Secret.reveal(held) : member
  }
  return `${JSON.stringify(value, opened, 2)}\n`
}
