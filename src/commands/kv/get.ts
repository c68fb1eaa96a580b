import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { defined, withVariables } from '../base/flags.js'
import { placeOptions, secretFlags, vaultFlags } from '../base/place.js'

export default class KvGet extends IceCommand {
  static override summary =
    'Show a secret of a KV engine: its keys, version and metadata; its values only where asked for.'

  static override description = `Values are masked, unless --show-secret prints them or --secret-out writes them to a file (JSON; with --field the value alone).`

  static override examples = [
    { description: 'What is in it?', command: '<%= config.bin %> kv get static/app/creds' },
    {
      description: 'One value, for a script',
      command: '<%= config.bin %> kv get static/app/creds --field password --show-secret',
    },
    { description: 'An earlier version', command: '<%= config.bin %> kv get static/app/creds --version 2 --json' },
  ]

  static override args = {
    path: Args.string({ required: true, ignoreStdin: true, description: 'MOUNT/PATH of the secret.' }),
  }

  static override flags = {
    ...vaultFlags,
    ...secretFlags,
    ...withVariables(
      {
        field: Flags.string({ helpValue: 'KEY', description: 'Only this key.' }),
        version: Flags.integer({
          helpValue: 'N',
          min: 1,
          description: 'This version of it (KV version 2). Default: the newest.',
        }),
      },
      'ICEBREAKER_KV',
    ),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KvGet)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { kvGet } = await import('../../operations/kv-get.js')
      const { field, version } = flags
      const result = await kvGet({
        ...placeOptions(flags),
        ...defined({ field, version, secretOut: flags['secret-out'] }),
        target: args.path,
        showSecret: flags['show-secret'],
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: EXIT.done }
    })
  }
}
