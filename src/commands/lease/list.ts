import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { leaseFlags, leaseOptions } from '../base/lease-command.js'

export default class LeaseList extends IceCommand {
  static override summary = 'List tokens and leases: who is logged in, and what hangs below.'

  static override description =
    'Looks at every token that Vault has and shows those of the auth mount, with the tokens that they made, and the leases (database users, mostly). Vault does not say on which token a lease hangs: of a role or a workload those are shown that it could have.'

  static override examples = [
    { description: 'Who is logged in, and what is out?', command: '<%= config.bin %> lease list' },
    { description: 'Of one workload', command: '<%= config.bin %> lease list --workload app/exampleapp' },
    {
      description: 'The users that a database engine has made',
      command: '<%= config.bin %> lease list --engine postgres',
    },
  ]

  static override flags = leaseFlags

  async run(): Promise<void> {
    const { flags } = await this.parse(LeaseList)
    await this.perform(flags, async ({ view, stop }) => {
      const { leaseList } = await import('../../operations/lease/list.js')
      const result = await leaseList({ ...leaseOptions(flags), emit: view.listen, stop })
      return { result, exit: EXIT.done }
    })
  }
}
