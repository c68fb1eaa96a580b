import * as Args from '@oclif/core/args'
import { policyStep } from '../../operations/steps/policy.js'
import { fieldFlags } from '../base/field-flags.js'
import { several } from '../base/flags.js'
import { mountFlags, POLICY } from '../base/policy-flags.js'
import { StepCommand, stepFlags } from '../base/step-command.js'

const { engine } = mountFlags

export default class PolicyWrite extends StepCommand {
  static override summary = 'Write a policy, from grants or from a text, and say what the change means.'

  static override description = `A grant is VERB ENGINE MOUNT/PATH, as in the file; which paths that means depends on the engine: --engine says what is mounted, or else the file, or else Vault is asked. The policy is written whole: grants that are not named again end.
What changes is shown by text and by meaning. A policy that others made is refused, unless --adopt takes it over. \`policy lint\` finds what is wrong with a text.`

  static override examples = [
    {
      description: 'From grants',
      command: '<%= config.bin %> policy write static --grant "read kv static/app/creds" --grant "list kv static/app"',
    },
    {
      description: 'From a text',
      command: '<%= config.bin %> policy write by-hand --file-policy policies/by-hand.hcl',
    },
    {
      description: 'What would change?',
      command: 'cat app.hcl | <%= config.bin %> policy write app --file-policy - --dry-run',
    },
  ]

  static override args = {
    policy: Args.string({ required: true, ignoreStdin: true, description: 'Name of the policy.' }),
  }

  static override flags = { ...stepFlags, engine, ...fieldFlags(policyStep.fields, {}, POLICY) }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PolicyWrite)
    const { policy } = args
    await this.step(policyStep, policy, flags, async (options) => {
      const { policyWrite } = await import('../../operations/steps/policy-write.js')
      return policyWrite({ ...options, policy, engines: several(flags.engine) })
    })
  }
}
