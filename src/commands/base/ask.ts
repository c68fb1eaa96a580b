import { confirm, password } from '@inquirer/prompts'

/** Questions go to standard error: standard output is data. */
const onStderr = (signal: AbortSignal) => ({ output: process.stderr, signal })

export function askYesNo(message: string, signal: AbortSignal): Promise<boolean> {
  return confirm({ message, default: false }, onStderr(signal))
}

export function askSecret(message: string, signal: AbortSignal): Promise<string> {
  return password({ message, mask: '*' }, onStderr(signal))
}
