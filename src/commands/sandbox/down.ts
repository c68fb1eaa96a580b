import * as Flags from '@oclif/core/flags'
import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { withVariables } from '../base/flags.js'
import { sandboxFlags } from '../base/sandbox-flags.js'

export default class SandboxDown extends IceCommand {
  static override summary = 'Stop what `sandbox up` started, and nothing else.'

  static override examples = [
    { description: 'Stop it; `sandbox up` brings it back with its data', command: '<%= config.bin %> sandbox down' },
    { description: 'Stop it and remove all it has', command: '<%= config.bin %> sandbox down --purge' },
  ]

  static override flags = {
    ...sandboxFlags,
    ...withVariables(
      { purge: Flags.boolean({ description: 'Also remove its data, keys and files.' }) },
      'ICEBREAKER_SANDBOX',
    ),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxDown)
    const { name, purge } = flags
    await this.perform(flags, async ({ view }) => {
      const { down } = await import('../../sandbox/index.js')
      const { stopped } = await down({ name, purge, emit: view.listen })
      return { result: { operation: 'sandbox down', name, stopped, purged: purge }, exit: EXIT.done }
    })
  }
}
