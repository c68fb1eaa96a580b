import * as Flags from '@oclif/core/flags'
import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { defined, durationFlag, withVariables } from '../base/flags.js'
import { mountFlag, placeFlags, placeOptions } from '../base/place.js'

export default class ReviewerRotate extends IceCommand {
  static override summary = 'Give Vault a new token of the reviewer, without a failed login.'

  static override description = `The new token is tried by itself and on a scratch mount, written with the whole config as it stands, and proven again when no cache can hide that it does not work; only then the old one is ended. Whose token it is, and in which mode, is as the record says. It takes half a minute, most of it waiting for caches.`

  static override examples = [
    { description: 'Now', command: '<%= config.bin %> reviewer rotate' },
    {
      description: 'From a scheduled job: only where the token expires soon',
      command: '<%= config.bin %> reviewer rotate --if-expires-within 6h -o json',
    },
    { description: 'Is it due, and is it allowed?', command: '<%= config.bin %> reviewer rotate --dry-run' },
  ]

  static override flags = {
    ...placeFlags,
    ...mountFlag,
    ...withVariables({
      name: Flags.string({
        helpValue: 'NAME',
        description: 'On whose record the config is. Default: the file’s name, or `steps`.',
      }),
      'dry-run': Flags.boolean({
        default: false,
        description: 'Write nothing; say whether it is due, and check what it needs.',
      }),
      'if-expires-within': durationFlag({
        description:
          'Only where the token expires within this time, by what was granted: 6h. Otherwise nothing is done.',
      }),
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(ReviewerRotate)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { rotate } = await import('../../operations/rotate.js')
      const within = flags['if-expires-within']
      const result = await rotate({
        ...placeOptions(flags),
        ...defined({ name: flags.name, ifExpiresWithin: within && within / 1000 }),
        dryRun: flags['dry-run'],
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: result.left.length === 0 ? EXIT.done : EXIT.failed }
    })
  }
}
