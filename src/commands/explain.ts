import * as Args from '@oclif/core/args'
import { EXIT } from '../catalogue/index.js'
import { IceCommand } from './base/command.js'
import { defined, fileFlags, outputFlags } from './base/flags.js'

export default class Explain extends IceCommand {
  static override summary = 'Say what a code, a section of the file, or an object of it is.'

  static override description = `A code: what it means and what to do. A section or a field: what can be set, with the API's own names. An address: what the object is, who needs it, where in the file it comes from, and the commands that would make it. Nothing is contacted.`

  static override examples = [
    { description: 'What is there to explain?', command: '<%= config.bin %> explain' },
    { description: 'A code that a message names', command: '<%= config.bin %> explain ICE2008' },
    { description: 'A section of the file, or one field', command: '<%= config.bin %> explain roles.tokenTTL' },
    { description: 'An object of the file', command: '<%= config.bin %> explain vault:auth/demo/role/app' },
  ]

  static override args = {
    name: Args.string({ ignoreStdin: true, description: 'A code, a section or field of the file, or an address.' }),
  }

  static override flags = { ...outputFlags(['human', 'json']), file: fileFlags.file, kubeconfig: fileFlags.kubeconfig }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Explain)
    await this.perform(flags, async () => {
      const { explain } = await import('../operations/explain.js')
      const result = await explain(defined({ what: args.name, file: flags.file, kubeconfig: flags.kubeconfig }))
      return { result, exit: EXIT.done }
    })
  }
}
