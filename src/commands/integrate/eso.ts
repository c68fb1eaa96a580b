import { IntegrateCommand, integrateFlags } from '../base/integrate-command.js'

export default class IntegrateEso extends IntegrateCommand {
  static override summary = 'Write what the External Secrets Operator needs to keep Secrets for workloads.'

  static override description = `A SecretStore for each KV engine, an ExternalSecret for each secret that the role may read, and a generator for each database role; each becomes a Kubernetes Secret.
Worked out from the file alone: nothing is contacted, and nothing is applied. The operator has to be in the cluster.`

  static override examples = [
    { description: 'The objects for all workloads', command: '<%= config.bin %> integrate eso | kubectl apply -f -' },
    {
      description: 'As files, with a Kustomization, for one workload',
      command: '<%= config.bin %> integrate eso --workload app/exampleapp --role static --out secrets/',
    },
  ]

  static override flags = { ...integrateFlags }

  async run(): Promise<void> {
    const { flags } = await this.parse(IntegrateEso)
    await this.write('eso', flags)
  }
}
