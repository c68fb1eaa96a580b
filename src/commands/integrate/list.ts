import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { outputFlags } from '../base/flags.js'
import { selectionFlags, selectionOf } from '../base/integrate-command.js'

export default class IntegrateList extends IceCommand {
  static override summary = 'List the ways to bring secrets to pods, and which of them fit each workload.'

  static override description =
    'For each way: whether secrets stay in memory or become Secrets in etcd, what happens when they change, whether the application must be restarted, and what has to be installed. Nothing is contacted.'

  static override examples = [
    { description: 'Which way for which workload?', command: '<%= config.bin %> integrate list' },
    { description: 'For one of them', command: '<%= config.bin %> integrate list --workload app/exampleapp' },
  ]

  static override flags = { ...outputFlags(['human', 'json']), ...selectionFlags }

  async run(): Promise<void> {
    const { flags } = await this.parse(IntegrateList)
    await this.perform(flags, async () => {
      const { integrateList } = await import('../../operations/integrate-list.js')
      return { result: await integrateList({ file: flags.file, ...selectionOf(flags) }), exit: EXIT.done }
    })
  }
}
