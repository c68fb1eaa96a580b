import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { apiServerFlags, clusterFlags, placeOptions } from '../base/place.js'

export default class ClusterCa extends IceCommand {
  static override summary = 'Print the CA of the API server, as Vault must be told it, proven by a TLS handshake.'

  static override description = `PEM on standard output; on standard error whose it is, its fingerprint, and for which names the server's certificate is. Exit code 6 where the address cannot be reached from here: then nothing is proven.`

  static override examples = [
    { description: 'Into a file', command: '<%= config.bin %> cluster ca > ca.pem' },
    {
      description: 'Of a load balancer',
      command: '<%= config.bin %> cluster ca --api-server https://10.0.0.1:6443 --api-server-ca ./lb-ca.pem',
    },
    {
      description: 'The fingerprint alone',
      command: '<%= config.bin %> cluster ca --json | jq -r .caCertificates[0].fingerprint256',
    },
  ]

  static override flags = { ...clusterFlags, ...apiServerFlags }

  async run(): Promise<void> {
    const { flags } = await this.parse(ClusterCa)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { clusterCa } = await import('../../operations/cluster-ca.js')
      const result = await clusterCa({ ...placeOptions(flags), emit: view.listen, stop, ...terminal })
      return { result, exit: result.proof.by === 'operator' ? EXIT.done : EXIT.unreachable }
    })
  }
}
