import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { clusterFlags, placeOptions } from '../base/place.js'
import { reviewerFlags, reviewerAuth } from '../base/reviewer-flags.js'

export default class ReviewerShow extends IceCommand {
  static override summary = 'Show what stands of the reviewer in the cluster: account, binding, token.'

  static override description = `Whose token it is, who issued it and when it expires is decoded; the token itself is not shown. Exit code 3 where something lacks.`

  static override examples = [
    { description: 'Is it ready?', command: '<%= config.bin %> reviewer show' },
    {
      description: 'Another one',
      command: '<%= config.bin %> reviewer show --namespace infra --service-account vault',
    },
  ]

  static override flags = { ...clusterFlags, ...reviewerFlags }

  async run(): Promise<void> {
    const { flags } = await this.parse(ReviewerShow)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { reviewerShow } = await import('../../operations/reviewer-show.js')
      const result = await reviewerShow({
        ...placeOptions(flags, reviewerAuth(flags)),
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: result.missing.length === 0 ? EXIT.done : EXIT.problems }
    })
  }
}
