import * as Flags from '@oclif/core/flags'
import { withVariables } from '../base/flags.js'
import { IntegrateCommand, integrateFlags, patchFlags, tokenFlags } from '../base/integrate-command.js'

const { container: _container, ...ofPatch } = patchFlags

export default class IntegrateInjector extends IntegrateCommand {
  static override summary = 'Write what pods need to get their secrets by the Vault Agent Injector.'

  static override description = `A patch for the pods: the annotations that the injector (vault-k8s) looks for, with the right mount path, role and templates, and a token made for Vault; and the CA of Vault as the Secret that the injector mounts.
Worked out from the file alone: nothing is contacted, and nothing is applied.`

  static override examples = [
    {
      description: 'The annotations for the pods of one workload',
      command: '<%= config.bin %> integrate injector --workload app/exampleapp --role static --patch > patch.yaml',
    },
    {
      description: 'All of it as files, with a Kustomization',
      command: '<%= config.bin %> integrate injector --role static --out injector/',
    },
  ]

  static override flags = {
    ...integrateFlags,
    ...ofPatch,
    ...tokenFlags,
    ...withVariables({
      containers: Flags.option({
        options: ['both', 'init', 'sidecar'] as const,
        default: 'both' as const,
        description:
          'init: secrets are there once, before the application starts. sidecar: they are kept up to date beside it.',
      })(),
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(IntegrateInjector)
    await this.write('injector', flags, { containers: flags.containers })
  }
}
