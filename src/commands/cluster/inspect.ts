import * as Flags from '@oclif/core/flags'
import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { withVariables } from '../base/flags.js'
import { apiServerFlags, clusterFlags, placeOptions } from '../base/place.js'
import { reviewerFlags, reviewerAuth } from '../base/reviewer-flags.js'

export default class ClusterInspect extends IceCommand {
  static override summary = 'Show what Vault has to know of a cluster: address, CA, token issuer, reviewer.'

  static override description = `Only reads; --probe asks for a token besides, which it gives back. Exit code 3 where the reviewer is not ready, 2 where no CA fits the API server.`

  static override examples = [
    { description: 'Before introducing a cluster', command: '<%= config.bin %> cluster inspect --context kind-demo' },
    { description: 'Which audiences does it issue tokens for?', command: '<%= config.bin %> cluster inspect --probe' },
  ]

  static override flags = {
    ...clusterFlags,
    ...apiServerFlags,
    ...reviewerFlags,
    ...withVariables({
      probe: Flags.boolean({
        description:
          'Ask for a token, to see its audiences; makes a Secret in the namespace of the account, and removes it again.',
      }),
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(ClusterInspect)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { clusterInspect } = await import('../../operations/cluster-inspect.js')
      const options = placeOptions(flags, reviewerAuth(flags))
      const result = await clusterInspect({ ...options, probe: flags.probe, emit: view.listen, stop, ...terminal })
      const ready = (result.reviewer?.missing ?? []).length === 0 ? EXIT.done : EXIT.problems
      return { result, exit: result.refused?.exitCode ?? ready }
    })
  }
}
