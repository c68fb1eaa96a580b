import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { mountFlag, placeOptions, vaultFlags } from '../base/place.js'

export default class RoleList extends IceCommand {
  static override summary = 'List the roles of an auth mount: who may log in, and which policies they get.'

  static override examples = [
    { description: 'Who may log in?', command: '<%= config.bin %> role list' },
    { description: 'At another mount', command: '<%= config.bin %> role list --path demo' },
  ]

  static override flags = { ...vaultFlags, ...mountFlag }

  async run(): Promise<void> {
    const { flags } = await this.parse(RoleList)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { roleList } = await import('../../operations/role-list.js')
      return {
        result: await roleList({ ...placeOptions(flags), emit: view.listen, stop, ...terminal }),
        exit: EXIT.done,
      }
    })
  }
}
