import * as Args from '@oclif/core/args'
import { role } from '../../operations/steps/role.js'
import { fieldFlags } from '../base/field-flags.js'
import { mountFlag, StepCommand, stepFlags } from '../base/step-command.js'

export default class RoleWrite extends StepCommand {
  static override summary = 'Write a role: which service accounts may log in, and what they get.'

  static override description = `Makes the role or changes it; of one that exists only what changes must be said, all else stays as it is. What was made by others is refused, unless --adopt takes it over.`

  static override examples = [
    {
      description: 'One service account, one policy',
      command:
        '<%= config.bin %> role write app --service-accounts exampleapp --namespaces app --audience vault --policies static',
    },
    { description: 'Only look', command: '<%= config.bin %> role write app --token-ttl 1h --dry-run' },
  ]

  static override args = {
    role: Args.string({ required: true, ignoreStdin: true, description: 'Name of the role.' }),
  }

  static override flags = { ...stepFlags, ...mountFlag, ...fieldFlags(role.fields) }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RoleWrite)
    await this.step(role, args.role, flags)
  }
}
