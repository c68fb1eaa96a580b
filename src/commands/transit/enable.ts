import * as Args from '@oclif/core/args'
import { transitEngine } from '../../operations/steps/engine.js'
import { fieldFlags } from '../base/field-flags.js'
import { StepCommand, stepFlags } from '../base/step-command.js'

export default class TransitEnable extends StepCommand {
  static override summary = 'Mount a transit engine (encryption as a service), or change how one is tuned.'

  static override description = `Mounts the engine where it is missing; fields that no flag speaks of stay as they are. An engine that was mounted by others is refused, unless --adopt takes it over.`

  static override examples = [
    { description: 'At its usual place', command: '<%= config.bin %> transit enable' },
    { description: 'Only look', command: '<%= config.bin %> transit enable keys --max-lease-ttl 1h --dry-run' },
  ]

  static override args = {
    mount: Args.string({ default: 'transit', ignoreStdin: true, description: 'Where: the path of the mount.' }),
  }

  static override flags = { ...stepFlags, ...fieldFlags(transitEngine.fields, {}, 'ICEBREAKER_TRANSIT') }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TransitEnable)
    await this.step(transitEngine, args.mount, flags, async (options) => {
      const { mountStep } = await import('../../operations/engine-mount.js')
      return mountStep(options, args.mount, 'transit')
    })
  }
}
