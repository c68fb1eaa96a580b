import * as Args from '@oclif/core/args'
import { EXIT } from '../../catalogue/index.js'
import { IceCommand } from '../base/command.js'
import { placeOptions, vaultFlags } from '../base/place.js'

export default class TransitCheck extends IceCommand {
  static override summary = 'Prove that a transit key works: encrypt, decrypt and compare, or sign and verify.'

  static override description = `With random text, which is thrown away. A key that is missing is not made. Exit code 3 where what comes back is not what went in, or one half may not be tried.`

  static override examples = [{ description: 'Does it work?', command: '<%= config.bin %> transit check transit/app' }]

  static override args = {
    key: Args.string({ required: true, ignoreStdin: true, description: 'MOUNT/NAME of the key.' }),
  }

  static override flags = vaultFlags

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TransitCheck)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { transitCheck } = await import('../../operations/transit-check.js')
      const result = await transitCheck({
        ...placeOptions(flags),
        target: args.key,
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: result.uses.every(({ verdict }) => verdict === 'passed') ? EXIT.done : EXIT.problems }
    })
  }
}
