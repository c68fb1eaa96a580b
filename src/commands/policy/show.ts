import * as Args from '@oclif/core/args'
import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { outputFlags } from '../base/flags.js'
import { policyFlags, policyOptions } from '../base/policy-flags.js'

export default class PolicyShow extends IceCommand {
  static override summary = 'Print a policy that Vault has.'

  static override description =
    'The text as Vault keeps it; with -o json also its stanzas, as Vault’s own parser reads them.'

  static override examples = [
    { description: 'The text', command: '<%= config.bin %> policy show app' },
    { description: 'Path by path, for a script', command: '<%= config.bin %> policy show app --json' },
  ]

  static override args = { name: Args.string({ required: true, ignoreStdin: true, description: 'Of the policy.' }) }

  static override flags = { ...outputFlags(['human', 'json']), ...policyFlags }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PolicyShow)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { policyShow } = await import('../../operations/policy-show.js')
      const result = await policyShow({
        ...policyOptions(flags),
        name: args.name,
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: EXIT.done }
    })
  }
}
