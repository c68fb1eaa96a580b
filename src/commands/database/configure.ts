import * as Args from '@oclif/core/args'
import { databaseConnectionStep } from '../../operations/steps/database.js'
import { mountAndName } from '../../operations/steps/target.js'
import { fieldFlags } from '../base/field-flags.js'
import { StepCommand, stepFlags } from '../base/step-command.js'

export default class DatabaseConfigure extends StepCommand {
  static override summary = 'Tell Vault of a database: where it is, and as whom Vault logs in there.'

  static override description = `Mounts the database engine where it is missing, and makes the connection or changes it; fields that no flag speaks of stay as they are. Vault tries the connection before it stores it.
The password comes from a SOURCE, and is sent when the connection is made and when another source or user is named: one that was rotated meanwhile is not undone.`

  static override examples = [
    {
      description: 'PostgreSQL',
      command:
        '<%= config.bin %> database configure postgres/main --plugin postgresql-database-plugin --url "postgresql://{{username}}:{{password}}@db:5432/app" --username vault --password env:PGPASSWORD',
    },
    {
      description: 'Another role may use it',
      command: '<%= config.bin %> database configure postgres/main --allowed-roles app,reports',
    },
  ]

  static override args = {
    connection: Args.string({ required: true, ignoreStdin: true, description: 'MOUNT/NAME of the connection.' }),
  }

  static override flags = {
    ...stepFlags,
    ...fieldFlags(
      databaseConnectionStep.fields,
      { 'tls-ca': 'The CA that signed the certificate of the database, as PEM; @FILE reads it from a file.' },
      'ICEBREAKER_DATABASE',
    ),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DatabaseConfigure)
    await this.step(databaseConnectionStep, args.connection, flags, async (options) => {
      const { databaseConfigure } = await import('../../operations/database-configure.js')
      return databaseConfigure(options, mountAndName(args.connection, 'CONNECTION'))
    })
  }
}
