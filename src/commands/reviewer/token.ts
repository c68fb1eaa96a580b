import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { defined, durationFlag, withVariables } from '../base/flags.js'
import { clusterFlags, placeOptions, secretFlags } from '../base/place.js'
import { reviewerFlags, reviewerAuth } from '../base/reviewer-flags.js'

export default class ReviewerToken extends IceCommand {
  static override summary = "Get a token of the reviewer: its Secret's, or a short-lived one."

  static override description = `Masked, unless --show-secret prints it or --secret-out writes it to a file. With --duration Kubernetes is asked for a token that is bound to a Secret: deleting that ends it. One that nobody is given is ended at once.`

  static override examples = [
    { description: 'Whose is it, and until when?', command: '<%= config.bin %> reviewer token' },
    {
      description: 'For another tool',
      command: '<%= config.bin %> reviewer token --duration 1h --secret-out reviewer.jwt',
    },
  ]

  static override flags = {
    ...clusterFlags,
    ...reviewerFlags,
    ...secretFlags,
    ...withVariables(
      { duration: durationFlag({ description: 'Ask for a token that lives so long: 1h. At least 10m.' }) },
      'ICEBREAKER_REVIEWER',
    ),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(ReviewerToken)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { reviewerToken } = await import('../../operations/reviewer-token.js')
      const { duration } = flags
      const result = await reviewerToken({
        ...placeOptions(flags, reviewerAuth(flags)),
        ...defined({ duration: duration && duration / 1000, secretOut: flags['secret-out'] }),
        showSecret: flags['show-secret'],
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: EXIT.done }
    })
  }
}
