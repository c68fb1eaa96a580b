import * as Flags from '@oclif/core/flags'
import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { defined, outputFlags, withVariables } from '../base/flags.js'

export default class SandboxStatus extends IceCommand {
  static override summary = 'Show which sandboxes there are, and what of them runs.'

  static override examples = [
    { description: 'All sandboxes of this user', command: '<%= config.bin %> sandbox status' },
    { description: 'One of them, for a script', command: '<%= config.bin %> sandbox status --name default --json' },
  ]

  static override flags = {
    ...outputFlags(['human', 'json']),
    ...withVariables(
      { name: Flags.string({ helpValue: 'NAME', description: 'Only this one.' }) },
      'ICEBREAKER_SANDBOX',
    ),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxStatus)
    await this.perform(flags, async () => {
      const { status } = await import('../../sandbox/index.js')
      return {
        result: { operation: 'sandbox status', sandboxes: status(defined({ name: flags.name })) },
        exit: EXIT.done,
      }
    })
  }
}
