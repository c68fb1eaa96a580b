import * as Args from '@oclif/core/args'
import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { outputFlags } from '../base/flags.js'
import { mountFlags, policyFlags, policyOptions } from '../base/policy-flags.js'

export default class PolicyGenerate extends IceCommand {
  static override summary = 'Print the policy that grants amount to.'

  static override description = `A grant is VERB ENGINE MOUNT/PATH, as in the file. Which paths that means depends on the engine: --engine says what is mounted, or else the file, or else Vault is asked. Nothing is changed.`

  static override examples = [
    {
      description: 'From what Vault has mounted',
      command: '<%= config.bin %> policy generate "read kv static/app/creds"',
    },
    {
      description: 'Without a server, and straight into Vault',
      command:
        '<%= config.bin %> policy generate --offline --engine static=kv:2 "read kv static/app/*" "list kv static/app" | vault policy write app -',
    },
  ]

  static override args = {
    grant: Args.string({ multiple: true, required: true, ignoreStdin: true, description: 'Each in quotes.' }),
  }

  static override flags = { ...outputFlags(['human', 'json']), ...policyFlags, ...mountFlags }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PolicyGenerate)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { policyGenerate } = await import('../../operations/policy-generate.js')
      const result = await policyGenerate({
        ...policyOptions(flags),
        grants: args.grant,
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: EXIT.done }
    })
  }
}
