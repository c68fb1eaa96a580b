import * as Args from '@oclif/core/args'
import { Help as CommandHelp } from '@oclif/core/help'
import { EXIT } from '../catalogue/index.js'
import { EXIT_CODES } from '../catalogue/exit-codes.js'
import { IceCommand } from './base/command.js'
import { outputFlags } from './base/flags.js'

export default class Help extends IceCommand {
  static override summary = 'Show what icebreaker can do, all about one command, or the exit codes.'

  static override examples = [
    '<%= config.bin %> help',
    '<%= config.bin %> help sandbox up',
    '<%= config.bin %> help exit-codes',
  ]

  static override args = {
    about: Args.string({ multiple: true, ignoreStdin: true, description: 'A command, or exit-codes.' }),
  }

  static override flags = outputFlags(['human', 'json'])

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Help)
    const words = args.about ?? []
    if (words[0] === 'exit-codes') {
      await this.perform(flags, () =>
        Promise.resolve({ result: { operation: 'help exit-codes', exitCodes: EXIT_CODES }, exit: EXIT.done }),
      )
      return
    }
    await new CommandHelp(this.config, this.config.pjson.oclif.helpOptions).showHelp(words)
  }
}
