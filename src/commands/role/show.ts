import * as Args from '@oclif/core/args'
import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { mountFlag, placeOptions, vaultFlags } from '../base/place.js'

export default class RoleShow extends IceCommand {
  static override summary = 'Show a role: every field of it, as it stands in Vault.'

  static override description = `In the words of the file; with -o json also by the names of the API. Policies that the role names and that do not exist are pointed out.`

  static override examples = [
    { description: 'What does this role give to whom?', command: '<%= config.bin %> role show app' },
    { description: 'For a script', command: '<%= config.bin %> role show app --path demo --json' },
  ]

  static override args = {
    role: Args.string({ required: true, ignoreStdin: true, description: 'Name of the role.' }),
  }

  static override flags = { ...vaultFlags, ...mountFlag }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RoleShow)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { roleShow } = await import('../../operations/role-show.js')
      const result = await roleShow({ ...placeOptions(flags), role: args.role, emit: view.listen, stop, ...terminal })
      return { result, exit: EXIT.done }
    })
  }
}
