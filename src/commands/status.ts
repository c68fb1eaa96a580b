import { EXIT } from '../catalogue/index.js'
import { IceCommand } from './base/command.js'
import { fileFlags, fileOptions, outputFlags } from './base/flags.js'

export default class Status extends IceCommand {
  static override summary =
    'Show what stands: trusts, what is owned, when it was applied and verified, what expires when.'

  static override description = `Reads the record of what this file made, and asks both servers a few questions. It compares nothing: plan does.`

  static override examples = [
    { description: 'At a glance', command: '<%= config.bin %> status' },
    { description: 'For monitoring', command: '<%= config.bin %> status --json' },
  ]

  static override flags = { ...outputFlags(['human', 'json', 'ndjson']), ...fileFlags }

  async run(): Promise<void> {
    const { flags } = await this.parse(Status)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { status } = await import('../operations/status.js')
      return { result: await status({ ...fileOptions(flags), emit: view.listen, stop, ...terminal }), exit: EXIT.done }
    })
  }
}
