import * as Flags from '@oclif/core/flags'
import { defined, withVariables } from '../base/flags.js'
import { IntegrateCommand, integrateFlags, patchFlags, tokenFlags } from '../base/integrate-command.js'

export default class IntegrateAgent extends IntegrateCommand {
  static override summary = 'Write what pods need to get their secrets by Vault Agent or OpenBao Agent.'

  static override description = `The configuration of the agent for each workload, as ConfigMaps, with the CA of Vault; and a patch for the pods: the agent as init container and as sidecar, the token that it logs in with, and a volume in memory where it renders the secrets that the role may read.
Worked out from the file alone: nothing is contacted, and nothing is applied.`

  static override examples = [
    {
      description: 'The objects for one workload',
      command: '<%= config.bin %> integrate agent --workload app/exampleapp --role static | kubectl apply -f -',
    },
    {
      description: 'What its pods need besides',
      command: '<%= config.bin %> integrate agent --workload app/exampleapp --role static --patch > patch.yaml',
    },
    {
      description: 'All of it as files, with a Kustomization, for OpenBao',
      command: '<%= config.bin %> integrate agent --product bao --out agent/',
    },
  ]

  static override flags = {
    ...integrateFlags,
    ...patchFlags,
    ...tokenFlags,
    ...withVariables({
      containers: Flags.option({
        options: ['both', 'init', 'sidecar'] as const,
        default: 'both' as const,
        description:
          'init: secrets are there once, before the application starts. sidecar: they are kept up to date beside it.',
      })(),
      image: Flags.string({ helpValue: 'IMAGE', description: 'The image of the agent. Default: the product’s own.' }),
      product: Flags.option({
        options: ['vault', 'bao'] as const,
        default: 'vault' as const,
        description: 'Whose agent runs; each works with both servers.',
      })(),
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(IntegrateAgent)
    const { product, containers, image } = flags
    await this.write('agent', flags, { product, containers, ...defined({ image }) })
  }
}
