import { authMount } from '../../operations/steps/auth.js'
import { fieldFlags } from '../base/field-flags.js'
import { mountFlag, StepCommand, stepFlags } from '../base/step-command.js'

export default class AuthEnable extends StepCommand {
  static override summary =
    'Mount the auth method `kubernetes`, or tune the mount: the door for the workloads of one cluster.'

  static override description = `Makes the mount where it is missing, and changes what the flags speak of; other fields stay as they are. \`auth configure\` comes next.`

  static override examples = [
    { description: 'At its usual path', command: '<%= config.bin %> auth enable' },
    {
      description: 'One for each cluster, with a limit for its tokens',
      command: '<%= config.bin %> auth enable --path demo --max-lease-ttl 24h --description "cluster demo"',
    },
    { description: 'Only look', command: '<%= config.bin %> auth enable --path demo --dry-run' },
  ]

  static override flags = {
    ...stepFlags,
    ...mountFlag,
    ...fieldFlags(authMount.fields, {}, 'ICEBREAKER_AUTH'),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(AuthEnable)
    await this.step(authMount, '', flags)
  }
}
