import * as Args from '@oclif/core/args'
import { Help as CommandHelp } from '@oclif/core/help'
import { EXIT } from '../catalogue/index.js'
import { EXIT_CODES } from '../catalogue/exit-codes.js'
import type { HelpResult } from '../views/results.js'
import { IceCommand } from './base/command.js'
import type { Manifest } from './base/complete.js'
import { outputFlags } from './base/flags.js'
import { HELP_TOPICS, isHelpTopic, type HelpTopic } from './base/help-topics.js'

export default class Help extends IceCommand {
  static override summary =
    'Show what icebreaker can do, all about one command, the exit codes, the variables, or the output.'

  static override examples = [
    '<%= config.bin %> help',
    '<%= config.bin %> help sandbox up',
    ...Object.entries(HELP_TOPICS).map(([topic, description]) => ({
      description,
      command: `<%= config.bin %> help ${topic}`,
    })),
  ]

  static override args = {
    about: Args.string({
      multiple: true,
      ignoreStdin: true,
      description: `A command, or one of ${Object.keys(HELP_TOPICS).join(', ')}.`,
    }),
  }

  static override flags = outputFlags(['human', 'json'])

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Help)
    const words = args.about ?? []
    const [topic] = words
    if (isHelpTopic(topic)) {
      await this.perform(flags, async () => ({ result: await this.#explain(topic), exit: EXIT.done }))
      return
    }
    await new CommandHelp(this.config, this.config.pjson.oclif.helpOptions).showHelp(words)
  }

  async #explain(topic: HelpTopic): Promise<HelpResult> {
    switch (topic) {
      case 'exit-codes':
        return { operation: 'help exit-codes', exitCodes: EXIT_CODES }
      case 'environment': {
        const { variableGroups } = await import('./base/environment.js')
        const commands = Object.fromEntries(this.config.commands.map((command) => [command.id, command]))
        return { operation: 'help environment', groups: variableGroups({ commands } as Manifest) }
      }
      case 'output': {
        const { outputHelp } = await import('../views/output-help.js')
        return { operation: 'help output', ...outputHelp(this.config.version) }
      }
    }
  }
}
