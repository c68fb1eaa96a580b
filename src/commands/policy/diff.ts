import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { IceCommand } from '../base/command.js'
import { policyDiffExit } from '../base/exit-code.js'
import { defined, outputFlags, withVariables } from '../base/flags.js'
import { policyFlags, policyOptions } from '../base/policy-flags.js'

export default class PolicyDiff extends IceCommand {
  static override summary = 'Compare a policy that Vault has with what it should be, by text and by meaning.'

  static override description =
    'What it should be is said by the file (its grants, or its HCL file), or by --against. By meaning a change narrows, widens, does both, or changes nothing. Nothing is written.'

  static override examples = [
    { description: 'With what the file says', command: '<%= config.bin %> policy diff app' },
    { description: 'With a text', command: '<%= config.bin %> policy diff app --against policies/app.hcl' },
    {
      description: 'In a pipeline: exit code 4 where the texts differ',
      command: '<%= config.bin %> policy diff app --exit-code -o json',
    },
  ]

  static override args = { name: Args.string({ required: true, ignoreStdin: true, description: 'Of the policy.' }) }

  static override flags = {
    ...outputFlags(['human', 'json']),
    ...policyFlags,
    ...withVariables({
      against: Flags.string({ helpValue: 'FILE', description: 'Compare with this text; - is standard input.' }),
      'exit-code': Flags.boolean({ description: 'Exit with 4 where the texts differ.' }),
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PolicyDiff)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { policyDiff } = await import('../../operations/policy-diff.js')
      const result = await policyDiff({
        ...policyOptions(flags),
        ...defined({ against: flags.against }),
        name: args.name,
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: policyDiffExit(result, flags['exit-code']) }
    })
  }
}
