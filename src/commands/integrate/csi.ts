import { IntegrateCommand, integrateFlags, patchFlags } from '../base/integrate-command.js'

export default class IntegrateCsi extends IntegrateCommand {
  static override summary = 'Write what pods need to get their secrets by the Secrets Store CSI driver.'

  static override description = `A SecretProviderClass for each workload, and a patch for the pods with the volume that it fills.
Worked out from the file alone: nothing is contacted, and nothing is applied. The driver and the Vault provider have to be in the cluster.`

  static override examples = [
    {
      description: 'The objects for one workload',
      command: '<%= config.bin %> integrate csi --workload app/exampleapp --role static | kubectl apply -f -',
    },
    { description: 'All of it as files, with a Kustomization', command: '<%= config.bin %> integrate csi --out csi/' },
  ]

  static override flags = { ...integrateFlags, ...patchFlags }

  async run(): Promise<void> {
    const { flags } = await this.parse(IntegrateCsi)
    await this.write('csi', flags)
  }
}
