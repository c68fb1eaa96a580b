import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { withVariables } from '../base/flags.js'
import { placeOptions, vaultFlags } from '../base/place.js'

export default class TransitRotate extends IceCommand {
  static override summary = 'Make a new version of a transit key.'

  static override description = `What is encrypted or signed from now on uses it. What was before can still be decrypted and verified, down to the least version that the key allows, which is shown. Each run makes one more version.`

  static override examples = [
    { description: 'A new version', command: '<%= config.bin %> transit rotate transit/app' },
    { description: 'Only look at the versions', command: '<%= config.bin %> transit rotate transit/app --dry-run' },
  ]

  static override args = {
    key: Args.string({ required: true, ignoreStdin: true, description: 'MOUNT/NAME of the key.' }),
  }

  static override flags = {
    ...vaultFlags,
    ...withVariables({ 'dry-run': Flags.boolean({ description: 'Write nothing; show the versions.' }) }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TransitRotate)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { transitRotate } = await import('../../operations/transit-rotate.js')
      const result = await transitRotate({
        ...placeOptions(flags),
        target: args.key,
        dryRun: flags['dry-run'],
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: EXIT.done }
    })
  }
}
