import * as Flags from '@oclif/core/flags'
import { outputFlags, withVariables } from './flags.js'

/** What every command of the sandbox takes. */
export const sandboxFlags = {
  ...outputFlags(['human', 'json']),
  ...withVariables(
    {
      name: Flags.string({
        default: 'default',
        helpValue: 'NAME',
        description: 'Which sandbox; several can run side by side.',
      }),
    },
    'ICEBREAKER_SANDBOX',
  ),
}
