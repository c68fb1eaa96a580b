import * as Flags from '@oclif/core/flags'
import { withVariables } from '../base/flags.js'
import { IntegrateCommand, integrateFlags, tokenFlags } from '../base/integrate-command.js'

export default class IntegrateVso extends IntegrateCommand {
  static override summary = 'Write what the Vault Secrets Operator needs to keep Secrets for workloads.'

  static override description = `VaultConnection, VaultAuth, and a VaultStaticSecret or VaultDynamicSecret for each secret that the role may read; each becomes a Kubernetes Secret, kept the same as the secret in Vault.
Worked out from the file alone: nothing is contacted, and nothing is applied. The operator has to be in the cluster.`

  static override examples = [
    { description: 'The objects for all workloads', command: '<%= config.bin %> integrate vso | kubectl apply -f -' },
    {
      description: 'With a restart of the application when its secrets change',
      command:
        '<%= config.bin %> integrate vso --workload app/exampleapp --role dynamic --target deployment/exampleapp',
    },
  ]

  static override flags = {
    ...integrateFlags,
    ...tokenFlags,
    ...withVariables({
      target: Flags.string({
        helpValue: 'KIND/NAME',
        description:
          'What the operator restarts when a secret changes: deployment/NAME, statefulset/NAME or daemonset/NAME. Default: nothing.',
      }),
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(IntegrateVso)
    await this.write('vso', flags)
  }
}
