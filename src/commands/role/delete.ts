import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { withVariables } from '../base/flags.js'
import { RemovalCommand, removalFlags } from '../base/removal-command.js'
import { mountFlag, placeFlags, placeOptions } from '../base/place.js'

const { yes, 'dry-run': dryRun } = removalFlags

export default class RoleDelete extends RemovalCommand {
  static override summary = 'Delete a role: nobody logs in by it any more.'

  static override description =
    'Tokens that it has given out live until they expire. What others made is refused, unless --foreign says so.'

  static override examples = [
    { description: 'Ask, then delete', command: '<%= config.bin %> role delete app' },
    { description: 'In a pipeline', command: '<%= config.bin %> role delete app --yes' },
  ]

  static override args = {
    role: Args.string({ required: true, ignoreStdin: true, description: 'Name of the role.' }),
  }

  static override flags = {
    ...placeFlags,
    ...mountFlag,
    yes,
    'dry-run': dryRun,
    ...withVariables({ foreign: Flags.boolean({ description: 'Also a role that was not made by this file.' }) }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RoleDelete)
    const all = { ...flags, 'delete-data': false, 'also-changed': false, confirm: undefined }
    await this.removal(
      { ...all, file: flags.file ?? 'icebreaker.yaml' },
      () => false,
      async (options) => {
        const { roleDelete } = await import('../../operations/role-delete.js')
        return roleDelete({ ...options, ...placeOptions(flags), role: args.role, foreign: flags.foreign })
      },
    )
  }
}
