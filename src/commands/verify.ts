import * as Flags from '@oclif/core/flags'
import { IceCommand } from './base/command.js'
import { verifyExit } from './base/exit-code.js'
import { defined, fileFlags, fileOptions, several, withVariables } from './base/flags.js'

export default class Verify extends IceCommand {
  static override summary = 'Prove the trust as the workloads: what is allowed works, what is not is refused.'

  static override description = `Logs in as the service accounts that the roles name, uses every grant, and tries what must be refused: another account, another namespace, another audience, a path outside the policies.
It asks for short-lived tokens and credentials, and gives all of them back. Exit code 3 where a probe fails.`

  static override examples = [
    { description: 'All roles', command: '<%= config.bin %> verify' },
    {
      description: 'One role, as a report for a pipeline',
      command: '<%= config.bin %> verify --role app -o junit > verify.xml',
    },
    {
      description: 'Three accounts of each role, without trying what must fail',
      command: '<%= config.bin %> verify --sample 3 --positive-only',
    },
  ]

  static override flags = {
    ...fileFlags,
    ...withVariables({
      'positive-only': Flags.boolean({ description: 'Do not try what must be refused.' }),
      role: Flags.string({
        multiple: true,
        multipleNonGreedy: true,
        helpValue: 'ROLE',
        description: 'Only this role. May be given several times.',
      }),
      sample: Flags.integer({ min: 1, helpValue: 'N', description: 'So many service accounts of each role at most.' }),
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Verify)
    await this.perform(flags, async ({ view, stop, prompt, terminal }) => {
      const { verify } = await import('../operations/verify.js')
      const result = await verify({
        ...fileOptions(flags),
        ...defined({ sample: flags.sample, prompt }),
        roles: several(flags.role),
        positiveOnly: flags['positive-only'],
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: verifyExit(result) }
    })
  }
}
