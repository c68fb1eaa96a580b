import * as Args from '@oclif/core/args'
import { mountAndName } from '../../operations/steps/target.js'
import { transitKeyStep } from '../../operations/steps/transit.js'
import { fieldFlags } from '../base/field-flags.js'
import { StepCommand, stepFlags } from '../base/step-command.js'

export default class TransitKey extends StepCommand {
  static override summary = 'Make a transit key, or change how it is used.'

  static override description = `Its type, and what else is said once, stays as it was made; fields that no flag speaks of stay as they are. A key is never deleted by this, and one that others made is refused, unless --adopt takes it over.`

  static override examples = [
    {
      description: 'For encryption, rotated every month',
      command: '<%= config.bin %> transit key transit/app --auto-rotate-period 720h',
    },
    { description: 'For signatures', command: '<%= config.bin %> transit key transit/sign --type ed25519' },
    {
      description: 'What was encrypted before version 3 is no longer decrypted',
      command: '<%= config.bin %> transit key transit/app --min-decryption-version 3',
    },
  ]

  static override args = {
    key: Args.string({ required: true, ignoreStdin: true, description: 'MOUNT/NAME of the key.' }),
  }

  static override flags = { ...stepFlags, ...fieldFlags(transitKeyStep.fields, {}, 'ICEBREAKER_TRANSIT') }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TransitKey)
    await this.step(transitKeyStep, args.key, flags, async (options) => {
      const { engineStep } = await import('../../operations/engine-mount.js')
      return engineStep(options, mountAndName(args.key, 'KEY').mount, 'transit')
    })
  }
}
