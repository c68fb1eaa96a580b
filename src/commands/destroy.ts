import { RemovalCommand, removalFlags } from './base/removal-command.js'

export default class Destroy extends RemovalCommand {
  static override summary = 'Remove everything that this file made.'

  static override description = `Ends its tokens and leases (database users go with them), then removes roles, policies, mounts, entities that nothing but its logins made, and the objects in Kubernetes; at last the record of it all. The name of the file must be typed, or given by --confirm.
Data goes only with --delete-data: without it KV secrets, transit keys and their engines stay, and are named. A file that is truncated or empty removes nothing: what goes is what the record says.`

  static override examples = [
    { description: 'What would go?', command: '<%= config.bin %> destroy --dry-run' },
    {
      description: 'Everything, without a terminal',
      command: '<%= config.bin %> destroy --yes --confirm demo --delete-data',
    },
  ]

  static override flags = removalFlags

  async run(): Promise<void> {
    const { flags } = await this.parse(Destroy)
    await this.removal(
      flags,
      () => true,
      async (options) => (await import('../operations/destroy.js')).destroy(options),
    )
  }
}
