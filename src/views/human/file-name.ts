import { shellQuote } from '../text.js'
import type { Environment } from '../theme.js'

/** What the operator calls the file. */
export interface FileName {
  readonly name: string
  /** What must be typed for a command to read the same file; nothing where it does so by itself. */
  readonly flag: string
}

export function fileName(name: string, env: Environment): FileName {
  const isDefault = env['ICEBREAKER_FILE'] ? env['ICEBREAKER_FILE'] === name : /^(?:\.\/)?icebreaker\.yaml$/.test(name)
  return { name, flag: isDefault ? '' : ` --file ${shellQuote(name)}` }
}
