import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { placeOptions, vaultFlags } from '../base/place.js'

export default class AuthList extends IceCommand {
  static override summary = 'List the auth mounts through which the workloads of clusters log in.'

  static override description = `All of the types kubernetes and jwt, with the API server that they ask, and whether they have a reviewer's token.`

  static override examples = [
    { description: 'Which clusters does this Vault know?', command: '<%= config.bin %> auth list' },
    { description: 'For a script', command: '<%= config.bin %> auth list --json' },
  ]

  static override flags = vaultFlags

  async run(): Promise<void> {
    const { flags } = await this.parse(AuthList)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { authList } = await import('../../operations/auth-list.js')
      return {
        result: await authList({ ...placeOptions(flags), emit: view.listen, stop, ...terminal }),
        exit: EXIT.done,
      }
    })
  }
}
