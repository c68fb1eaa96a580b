import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { mountFlag, placeOptions, vaultFlags } from '../base/place.js'

export default class AuthShow extends IceCommand {
  static override summary = 'Show an auth mount: how it is tuned, and its config.'

  static override description = `Every field that can be read, in the words of the file; with -o json also by the names of the API. Of the reviewer's token Vault says only whether it is set.`

  static override examples = [
    { description: "The cluster's auth mount", command: '<%= config.bin %> auth show' },
    { description: 'Another one', command: '<%= config.bin %> auth show --path demo' },
  ]

  static override flags = { ...vaultFlags, ...mountFlag }

  async run(): Promise<void> {
    const { flags } = await this.parse(AuthShow)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { authShow } = await import('../../operations/auth-show.js')
      return {
        result: await authShow({ ...placeOptions(flags), emit: view.listen, stop, ...terminal }),
        exit: EXIT.done,
      }
    })
  }
}
