import * as Flags from '@oclif/core/flags'
import { EXIT } from '../../catalogue/index.js'
import type { Variable } from '../../views/index.js'
import { IceCommand } from '../base/command.js'
import { withVariables } from '../base/flags.js'
import { sandboxFlags } from '../base/sandbox-flags.js'

export default class SandboxEnv extends IceCommand {
  static override summary = 'Print the variables with which icebreaker, kubectl, vault and bao find a sandbox.'

  static override description = 'Secrets are not printed: the shell reads them from their files.'

  static override examples = [
    { description: 'Work with the sandbox in this shell', command: 'eval "$(<%= config.bin %> sandbox env)"' },
    { description: 'For a script', command: '<%= config.bin %> sandbox env --json' },
  ]

  static override flags = {
    ...sandboxFlags,
    ...withVariables(
      { 'show-secret': Flags.boolean({ description: 'Print the token and the password themselves.' }) },
      'ICEBREAKER_SANDBOX',
    ),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxEnv)
    await this.perform(flags, async () => {
      const { env } = await import('../../sandbox/index.js')
      const { placesOf } = await import('../../sandbox/places.js')
      const { rootToken, vaultPassword } = placesOf(flags.name)
      const files: Readonly<Record<string, string>> = flags['show-secret']
        ? {}
        : { VAULT_TOKEN: rootToken, PGPASSWORD: vaultPassword }
      const variables = Object.entries(env(flags)).map(([name, value]): Variable => {
        const file = files[name]
        return file === undefined ? { name, value } : { name, file }
      })
      return { result: { operation: 'sandbox env', variables }, exit: EXIT.done }
    })
  }
}
