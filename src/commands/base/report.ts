import { createView } from '../../views/index.js'
import { asUsageError, formatOf, type Known } from './usage.js'

/** Tells of an error that came before a command could open its view, in the format that was asked for. @returns the exit code */
export function report(error: unknown, argv: readonly string[], version: string, known: Known): Promise<number> {
  const { stdout, stderr, env } = process
  const noColor = argv.includes('--no-color')
  const view = createView(formatOf(argv, env['ICEBREAKER_OUTPUT']), {
    stdout,
    stderr,
    env,
    command: known.command ?? '',
    version,
    noColor,
  })
  return view.error(asUsageError(error, known))
}
