import { RemovalCommand, removalFlags } from './base/removal-command.js'

export default class Prune extends RemovalCommand {
  static override summary = 'Remove what this file made and no longer names.'

  static override description = `Shows what would go, asks, and removes it: roles before policies, policies before mounts. What was changed since, what others made anew, and what holds something that is not ours stays, and is named.
Data goes only with --delete-data. Where more than half of all that the file made would go, the name of the file must be typed.`

  static override examples = [
    { description: 'What would go?', command: '<%= config.bin %> prune --dry-run' },
    { description: 'In a pipeline, after apply', command: '<%= config.bin %> prune --yes' },
  ]

  static override flags = removalFlags

  async run(): Promise<void> {
    const { flags } = await this.parse(Prune)
    const { prune, isGrave } = await import('../operations/prune.js')
    await this.removal(flags, isGrave, prune)
  }
}
