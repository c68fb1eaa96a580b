import * as Args from '@oclif/core/args'
import { EXIT, IceError } from '../../catalogue/index.js'
import { USAGE } from '../../catalogue/usage.js'
import { IceCommand, type Run } from '../base/command.js'
import { probeAddressFlag, rotateFlags } from '../base/database-flags.js'
import { defined } from '../base/flags.js'
import { placeFlags, placeOptions } from '../base/place.js'

export default class DatabaseRotateRoot extends IceCommand {
  static override summary = 'Have Vault change the password of its own database user, so that only Vault knows it.'

  static override description = `The user must be Vault's alone, and no superuser: whoever else uses it would be locked out. So it is looked up first: in Vault, and in PostgreSQL as Vault's user, with the password that the file or --password names. Of other databases, or where that is not possible, --accept unchecked says that you know. A superuser, or a user whom somebody else uses, is always refused (exit code 8).
To tell Vault's sessions from others', Vault is made to log in anew. Afterwards a fresh credential of a role, and the old password, are tried. No later apply sends the old password again.`

  static override examples = [
    {
      description: 'What speaks against it?',
      command: '<%= config.bin %> database rotate-root postgres/main --password env:PGPASSWORD --dry-run',
    },
    {
      description: 'In a pipeline',
      command: '<%= config.bin %> database rotate-root postgres/main --password env:PGPASSWORD --confirm postgres/main',
    },
  ]

  static override args = {
    connection: Args.string({ required: true, ignoreStdin: true, description: 'MOUNT/NAME of the connection.' }),
  }

  static override flags = {
    ...placeFlags,
    ...probeAddressFlag,
    ...rotateFlags,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DatabaseRotateRoot)
    await this.perform(flags, async (run) => {
      const { connection } = args
      if (!flags['dry-run']) requireConfirmable(connection, flags.confirm, run)
      const [{ databaseRotateRoot }, { sourceOf }] = await Promise.all([
        import('../../operations/database-rotate-root.js'),
        import('../../operations/steps/source.js'),
      ])
      const source = (flag: 'username' | 'password') => {
        const said = flags[flag]
        return said === undefined ? undefined : sourceOf(`--${flag}`, said)
      }
      const result = await databaseRotateRoot({
        ...placeOptions(flags),
        ...defined({
          prompt: run.prompt,
          probeAddress: flags['probe-address'],
          username: source('username'),
          password: source('password'),
          role: flags.role,
          name: flags.name,
        }),
        target: connection,
        acceptUnchecked: flags.accept !== undefined,
        dryRun: flags['dry-run'],
        confirm: async () => flags.confirm === connection || isTyped(connection, run),
        emit: run.view.listen,
        stop: run.stop,
        ...run.terminal,
      })
      // Only a dry run comes so far with that.
      return { result, exit: result.checks.some(({ verdict }) => verdict === 'failed') ? EXIT.refused : EXIT.done }
    })
  }
}

/** Before anything is contacted. */
function requireConfirmable(connection: string, given: string | undefined, { text }: Run): void {
  if (given !== undefined && given !== connection)
    throw new IceError(USAGE.wrongUsage, {
      message: `--confirm says ${JSON.stringify(given)}, but the connection is ${JSON.stringify(connection)}.`,
    })
  if (given === undefined && text === undefined)
    throw new IceError(USAGE.nobodyToAsk, {
      message: 'There is no terminal to ask at, and only Vault would know the password afterwards.',
      next: [`Add --confirm ${connection}.`],
    })
}

async function isTyped(connection: string, { text }: Run): Promise<boolean> {
  const typed = await text?.(`Only Vault will know the password. Type ${connection} to rotate it`)
  return typed === connection
}
