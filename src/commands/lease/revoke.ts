import { actFlags, leaseArgs, LeaseCommand } from '../base/lease-command.js'

export default class LeaseRevoke extends LeaseCommand {
  static override summary = 'Revoke leases, or the tokens of a role or a workload with all that hangs on them.'

  static override description =
    'Waits until what a lease stands for is gone. Whoever was logged in can log in again: `lockdown` keeps an intruder out. The token that runs this is never revoked.'

  static override examples = [
    { description: 'One lease', command: '<%= config.bin %> lease revoke postgres/creds/app/aBcD' },
    { description: 'All tokens of a workload', command: '<%= config.bin %> lease revoke --workload app/exampleapp' },
    {
      description: 'All users of a database role, in a pipeline',
      command: '<%= config.bin %> lease revoke --prefix postgres/creds/app --yes',
    },
  ]

  static override strict = false
  static override args = leaseArgs
  static override flags = actFlags

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(LeaseRevoke)
    await this.act(flags, argv as string[], 'Revoke these?', async (options) => {
      const { leaseRevoke } = await import('../../operations/lease/act.js')
      return leaseRevoke(options)
    })
  }
}
