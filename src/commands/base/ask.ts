import { checkbox, confirm, input, password, select } from '@inquirer/prompts'
import type { Choice } from '../../operations/options.js'

/** Questions go to standard error: standard output is data. */
const onStderr = (signal: AbortSignal) => ({ output: process.stderr, signal })

export function askYesNo(message: string, signal: AbortSignal): Promise<boolean> {
  return confirm({ message, default: false }, onStderr(signal))
}

export function askSecret(message: string, signal: AbortSignal): Promise<string> {
  return password({ message, mask: '*' }, onStderr(signal))
}

/**
 * @param initial what Enter alone gives; without it the answer must not be empty
 * @param problem what is wrong with an answer, a sentence, so that it is asked for again; it decides on the empty one, too
 */
export function askText(
  message: string,
  signal: AbortSignal,
  initial?: string,
  problem?: (answer: string) => string | undefined,
): Promise<string> {
  return input(
    {
      message,
      required: initial === undefined && problem === undefined,
      ...(initial !== undefined && { default: initial }),
      ...(problem !== undefined && { validate: (answer: string) => problem(answer) ?? true }),
    },
    onStderr(signal),
  )
}

/** @param initial the choice that is offered first to Enter; default: the first one */
export function askSelect(
  message: string,
  choices: readonly Choice[],
  signal: AbortSignal,
  initial?: string,
): Promise<string> {
  return select({ message, choices, loop: false, ...(initial !== undefined && { default: initial }) }, onStderr(signal))
}

/** At least one of them. */
export function askCheckbox(message: string, choices: readonly Choice[], signal: AbortSignal): Promise<string[]> {
  return checkbox({ message, choices, loop: false, required: true }, onStderr(signal))
}
