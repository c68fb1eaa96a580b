import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { EXIT } from '../catalogue/index.js'
import { IceCommand } from './base/command.js'
import { defined, fileFlags, fileOptions, outputFlags, withVariables } from './base/flags.js'

export default class WhoCan extends IceCommand {
  static override summary = 'Show which service accounts can do something, by which role and policy.'

  static override description = `Takes a verb of a secrets engine and a path in it, as grants have them; or, with --raw, a capability and a path of the API. A path may be a pattern.
Roles and policies are those of the file, or with --live those that Vault has; the service accounts are those that the clusters have. What could not be read is listed: it is never taken for nobody. Nothing is changed.`

  static override examples = [
    { description: 'Who reads this secret?', command: '<%= config.bin %> who-can read static/exampleapp/creds' },
    {
      description: 'The same of a live Vault',
      command: '<%= config.bin %> who-can read static/exampleapp/creds --live',
    },
    { description: 'Who can encrypt with any key?', command: "<%= config.bin %> who-can encrypt 'transit/*'" },
    {
      description: 'A capability on a path of the API',
      command: '<%= config.bin %> who-can --raw --live update sys/policies/acl/app',
    },
  ]

  static override args = {
    verb: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'read, list, encrypt …; with --raw a capability.',
    }),
    path: Args.string({ required: true, ignoreStdin: true, description: 'MOUNT/PATH; with --raw a path of the API.' }),
  }

  static override flags = {
    ...outputFlags(['human', 'json', 'ndjson']),
    ...fileFlags,
    ...withVariables({
      live: Flags.boolean({ description: 'What Vault has, instead of what the file says.' }),
      raw: Flags.boolean({ description: 'VERB is a capability, PATH one of the API.' }),
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(WhoCan)
    await this.perform(flags, async ({ view, stop, prompt, terminal }) => {
      const { whoCan } = await import('../operations/who-can.js')
      const { live, raw } = flags
      const result = await whoCan({
        ...fileOptions(flags),
        ...defined({ prompt }),
        ...args,
        live,
        raw,
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: EXIT.done }
    })
  }
}
