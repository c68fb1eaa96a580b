import * as Flags from '@oclif/core/flags'
import { IceError, USAGE } from '../catalogue/index.js'
import { IceCommand, requireTerminal } from './base/command.js'
import { lockdownExit } from './base/exit-code.js'
import { defined, several, withVariables } from './base/flags.js'
import { isTypedYes } from './base/lease-command.js'
import { mountFlag, placeFlags, placeOptions } from './base/place.js'

export default class Lockdown extends IceCommand {
  static override summary = 'Close Vault to an intruder: nothing new, and everything that is out revoked.'

  static override description = `Shows what it would do and asks. Narrows the roles first, so that nothing new is issued; then revokes every token with its leases; then proves it: the login is refused, the tokens are unknown, the database users are gone.
What it locks stays locked: \`apply\` refuses to open it. --reopen takes it back.`

  static override examples = [
    { description: 'A pod was broken into', command: '<%= config.bin %> lockdown --workload app/exampleapp' },
    { description: 'Everybody who logs in by a role', command: '<%= config.bin %> lockdown --role app --yes' },
    { description: 'A whole cluster', command: '<%= config.bin %> lockdown --cluster demo' },
    { description: 'Open it again', command: '<%= config.bin %> lockdown --reopen --workload app/exampleapp' },
  ]

  static override flags = {
    ...placeFlags,
    ...mountFlag,
    ...withVariables({
      workload: Flags.string({
        helpValue: 'NAMESPACE/NAME',
        description: 'This service account, in every role of the auth mount.',
        exclusive: ['role'],
      }),
      role: Flags.string({ helpValue: 'ROLE', description: 'Everybody who logs in by this role.' }),
      reopen: Flags.boolean({ description: 'Take a lockdown back: let in again whom it kept out.' }),
      foreign: Flags.boolean({ description: 'Also roles that were not made by this file.' }),
      accept: Flags.option({
        options: ['others'] as const,
        multiple: true,
        multipleNonGreedy: true,
        description: 'others: a role that cannot be narrowed for the workload alone may lock others out as well.',
      })(),
      yes: Flags.boolean({ char: 'y', description: 'Do not ask.' }),
      'dry-run': Flags.boolean({ description: 'Change nothing; show what would be done.' }),
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Lockdown)
    await this.perform(flags, async (run) => {
      const { workload, role, cluster, reopen } = flags
      if (workload === undefined && role === undefined && cluster === undefined)
        throw new IceError(USAGE.wrongUsage, { message: 'What is to be closed? Say --workload, --role or --cluster.' })
      const asks = !flags.yes && !flags['dry-run']
      if (asks) requireTerminal('--yes')
      const { lockdown } = await import('../operations/lockdown/index.js')
      const result = await lockdown({
        ...placeOptions(flags),
        ...defined({ workload, role, prompt: run.prompt }),
        reopen,
        foreign: flags.foreign,
        acceptOthers: several(flags.accept).includes('others'),
        asks,
        dryRun: flags['dry-run'],
        confirm: async (planned) => {
          await run.view.cut(planned)
          return !asks || isTypedYes(run, reopen ? 'Open this again?' : 'Lock this down?')
        },
        emit: run.view.listen,
        stop: run.stop,
      })
      return { result, exit: lockdownExit(result) }
    })
  }
}
