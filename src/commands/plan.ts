import * as Flags from '@oclif/core/flags'
import { IceCommand } from './base/command.js'
import { planExit } from './base/exit-code.js'
import { adopted, adoptFlag, defined, fileFlags, fileOptions, outputFlags, withVariables } from './base/flags.js'

export default class Plan extends IceCommand {
  static override summary = 'Show what apply would change, and why, without changing anything.'

  static override description = `Reads both servers and compares them, field by field, with the file. Secrets are shown as (secret).
A plan saved with --out holds no secret values; \`icebreaker apply FILE\` applies it as it stands, or refuses when the servers have changed since.`

  static override examples = [
    { description: 'What is there to do?', command: '<%= config.bin %> plan' },
    {
      description: 'In a pipeline: exit code 4 where there are changes, 8 where something is refused',
      command: '<%= config.bin %> plan --exit-code -o json',
    },
    { description: 'Save the plan, and apply exactly that later', command: '<%= config.bin %> plan --out plan.json' },
  ]

  static override flags = {
    ...outputFlags(['human', 'json', 'ndjson']),
    ...fileFlags,
    ...adoptFlag,
    ...withVariables({
      'exit-code': Flags.boolean({
        description: 'Exit with 4 where there are changes, with 8 where something is refused.',
      }),
      out: Flags.string({ helpValue: 'FILE', description: 'Save the plan there.' }),
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Plan)
    await this.perform(flags, async ({ view, stop, prompt, terminal }) => {
      const { plan } = await import('../operations/plan.js')
      const result = await plan({
        ...fileOptions(flags),
        ...defined({ out: flags.out, prompt, adopt: adopted(flags.adopt) }),
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: planExit(result, flags['exit-code']) }
    })
  }
}
