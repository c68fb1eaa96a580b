import * as Args from '@oclif/core/args'
import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { defined } from '../base/flags.js'
import { placeOptions, secretFlags, vaultFlags } from '../base/place.js'
import { probeAddressFlag } from '../base/database-flags.js'

export default class DatabaseCreds extends IceCommand {
  static override summary = 'Issue a credential of a database role, prove that it works, and revoke it again.'

  static override description = `Masked, and revoked at the end, unless --show-secret prints it or --secret-out writes it to a file: then it lives until its lease ends. The password of a static role always stays.
With --probe-address the credential is tried in PostgreSQL: it must let in, and once it is revoked it must not. Exit code 3 where that could not be proven.`

  static override examples = [
    {
      description: 'Does the role work?',
      command: '<%= config.bin %> database creds postgres/app --probe-address localhost:5432',
    },
    { description: 'To use it', command: '<%= config.bin %> database creds postgres/app --secret-out creds.json' },
  ]

  static override args = {
    role: Args.string({ required: true, ignoreStdin: true, description: 'MOUNT/NAME of the role.' }),
  }

  static override flags = { ...vaultFlags, ...secretFlags, ...probeAddressFlag }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DatabaseCreds)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { databaseCreds } = await import('../../operations/database-creds.js')
      const result = await databaseCreds({
        ...placeOptions(flags),
        ...defined({ secretOut: flags['secret-out'], probeAddress: flags['probe-address'] }),
        target: args.role,
        showSecret: flags['show-secret'],
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: result.proof?.verdict === 'skipped' ? EXIT.problems : EXIT.done }
    })
  }
}
