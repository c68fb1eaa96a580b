import * as Flags from '@oclif/core/flags'
import { IceCommand } from './base/command.js'
import { driftExit } from './base/exit-code.js'
import { defined, fileFlags, fileOptions, outputFlags, withVariables } from './base/flags.js'

export default class Drift extends IceCommand {
  static override summary = 'Find what is no longer as it was applied, also where it cannot be read back.'

  static override description = `Compares every readable field, as plan does, and proves by use what cannot be read: a login of each role proves the reviewer's token, a database credential the password that Vault holds. It borrows tokens and credentials and gives them back; it changes nothing.`

  static override examples = [
    { description: 'Has anybody changed anything?', command: '<%= config.bin %> drift' },
    {
      description: 'A nightly job: exit code 3 where something has drifted',
      command: '<%= config.bin %> drift --exit-code -o junit',
    },
    { description: 'Only read', command: '<%= config.bin %> drift --no-prove' },
  ]

  static override flags = {
    ...outputFlags(),
    ...fileFlags,
    ...withVariables({
      'exit-code': Flags.boolean({ description: 'Exit with 3 where something has drifted.' }),
      'no-prove': Flags.boolean({ description: 'Only compare what can be read; borrow nothing.' }),
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Drift)
    await this.perform(flags, async ({ view, stop, prompt, terminal }) => {
      const { drift } = await import('../operations/drift.js')
      const result = await drift({
        ...fileOptions(flags),
        ...defined({ prompt }),
        prove: !flags['no-prove'],
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: driftExit(result, flags['exit-code']) }
    })
  }
}
