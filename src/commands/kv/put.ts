import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { withVariables } from '../base/flags.js'
import { kvInput } from '../base/kv-input.js'
import { StepCommand, stepFlags } from '../base/step-command.js'

export default class KvPut extends StepCommand {
  static override summary = 'Create a secret in a KV engine. One that is there is not overwritten.'

  static override description = `Each value comes from a SOURCE: env:NAME, file:PATH, prompt, generate[:LENGTH], kubernetes:NAMESPACE/SECRET:KEY, or literal:TEXT for what is no secret; or all of them as a JSON object on standard input (-). No value stands on the command line, where others see it.
A secret that is there with the same values is left as it is. One with other values is refused (exit code 8), unless --overwrite says to replace it: then exactly the version that was compared is replaced. KV version 1 cannot check that: whoever writes at the same moment is overwritten.`

  static override examples = [
    {
      description: 'A user, and a password that is made here',
      command: '<%= config.bin %> kv put static/app/creds username=literal:app password=generate',
    },
    {
      description: 'From a variable, and from a Secret of the cluster',
      command: '<%= config.bin %> kv put static/app/creds password=env:PW token=kubernetes:app/creds:token',
    },
    { description: 'JSON', command: 'sops -d creds.json | <%= config.bin %> kv put static/app/creds -' },
  ]

  static override strict = false

  static override args = {
    path: Args.string({ required: true, ignoreStdin: true, description: 'MOUNT/PATH of the secret.' }),
    values: Args.string({ required: true, ignoreStdin: true, description: 'KEY=SOURCE, several; or - for JSON.' }),
  }

  static override flags = {
    ...stepFlags,
    ...withVariables({
      overwrite: Flags.boolean({ description: 'Replace what is there, all of its keys.' }),
    }),
  }

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(KvPut)
    const nothing = { kinds: [], fields: [], parts: () => ({ sections: () => ({}) }) }
    await this.step(nothing, args.path, flags, async (options) => {
      const { kvPut } = await import('../../operations/kv-put.js')
      const input = await kvInput(argv.slice(1).map(String), options.prompt)
      return kvPut({ ...options, ...input, target: args.path, overwrite: flags.overwrite })
    })
  }
}
