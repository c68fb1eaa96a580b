import { defined, durationFlag, withVariables } from '../base/flags.js'
import { actFlags, leaseArgs, LeaseCommand } from '../base/lease-command.js'

export default class LeaseRenew extends LeaseCommand {
  static override summary = 'Renew leases, or the tokens of a role or a workload.'

  static override description =
    'For as long as the role or the engine gives, or as --increment asks for; never longer than their maximum.'

  static override examples = [
    { description: 'One lease', command: '<%= config.bin %> lease renew postgres/creds/app/aBcD' },
    {
      description: 'All of an engine',
      command: '<%= config.bin %> lease renew --engine postgres --increment 1h --yes',
    },
  ]

  static override strict = false
  static override args = leaseArgs

  static override flags = {
    ...actFlags,
    ...withVariables({ increment: durationFlag({ description: 'How long they are to live from now.' }) }),
  }

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(LeaseRenew)
    const increment = flags.increment === undefined ? undefined : Math.ceil(flags.increment / 1000)
    await this.act(flags, argv as string[], 'Renew these?', async (options) => {
      const { leaseRenew } = await import('../../operations/lease/act.js')
      return leaseRenew({ ...options, ...defined({ increment }) })
    })
  }
}
