import * as Args from '@oclif/core/args'
import { kvEngine } from '../../operations/steps/engine.js'
import { fieldFlags } from '../base/field-flags.js'
import { StepCommand, stepFlags } from '../base/step-command.js'

export default class KvEnable extends StepCommand {
  static override summary = 'Mount a KV engine, or change how one is tuned and keeps versions.'

  static override description = `Mounts the engine where it is missing; fields that no flag speaks of stay as they are. An engine that was mounted by others is refused, unless --adopt takes it over.`

  static override examples = [
    {
      description: 'Version 2, ten versions of each secret',
      command: '<%= config.bin %> kv enable static --max-versions 10',
    },
    { description: 'Only look', command: '<%= config.bin %> kv enable static --version 1 --dry-run' },
  ]

  static override args = {
    mount: Args.string({ default: 'kv', ignoreStdin: true, description: 'Where: the path of the mount.' }),
  }

  static override flags = { ...stepFlags, ...fieldFlags(kvEngine.fields, {}, 'ICEBREAKER_KV') }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KvEnable)
    await this.step(kvEngine, args.mount, flags, async (options) => {
      const { kvEnable } = await import('../../operations/kv-enable.js')
      return kvEnable(options, args.mount)
    })
  }
}
