import * as Flags from '@oclif/core/flags'
import { EXIT } from '../catalogue/index.js'
import { ADDABLE, TEMPLATE_NAMES } from '../operations/init/types.js'
import { IceCommand } from './base/command.js'
import { defined, durationFlag, fileFlags, outputFlags, several, withVariables } from './base/flags.js'
import { answerFlags, answersOf } from './base/init-flags.js'

const { file: _file, timeout: _timeout, ...serverFlags } = fileFlags

export default class Init extends IceCommand {
  static override summary = 'Begin an icebreaker.yaml, or add to one: looks at both servers, and asks.'

  static override description = `Looks at the kubeconfig, the cluster and Vault before it asks, and writes a file with comments. Nothing is written to a server, and a server that is away is no error: what could not be seen is marked by CHECK in the file.
A file that is there is added to (a role, a policy, an engine, a cluster), after the difference was shown; it is never overwritten.`

  static override examples = [
    { description: 'A conversation', command: '<%= config.bin %> init' },
    {
      description: 'Without questions: what is found, and defaults for the rest',
      command: '<%= config.bin %> init --template postgres --connection-url db.example.com:5432/shop --yes',
    },
    { description: 'Only show it', command: '<%= config.bin %> init --template vso --yes --out -' },
    {
      description: 'Let another application in',
      command: '<%= config.bin %> init --add role --namespace shop --service-account cart --policy default',
    },
  ]

  static override flags = {
    ...outputFlags(['human', 'json']),
    ...serverFlags,
    ...answerFlags,
    ...withVariables({
      yes: Flags.boolean({ char: 'y', description: 'Do not ask: take what is found, and defaults.' }),
    }),
    ...withVariables(
      {
        template: Flags.option({ options: TEMPLATE_NAMES, description: 'What a new file is for.' })(),
        add: Flags.string({
          multiple: true,
          multipleNonGreedy: true,
          helpValue: ADDABLE.join('|'),
          description: 'What to add to the file that is there. May be given several times.',
        }),
        out: Flags.string({
          helpValue: 'FILE',
          description: 'The file; `-`: only to standard output. Default: ICEBREAKER_FILE, or icebreaker.yaml.',
        }),
        'dry-run': Flags.boolean({ description: 'Write nothing; show the file.' }),
        timeout: durationFlag({ description: 'For each thing that is looked at, such as 5s. Default: 5s.' }),
      },
      'ICEBREAKER_INIT',
    ),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Init)
    const out = flags.out ?? (process.env['ICEBREAKER_FILE'] || 'icebreaker.yaml')
    await this.perform({ ...flags, file: out }, async ({ view, stop, ask, confirm }) => {
      const { init } = await import('../operations/init/index.js')
      const result = await init({
        ...defined({ template: flags.template, ask, timeout: flags.timeout }),
        ...defined({ tokenFile: flags['token-file'], kubeconfig: flags.kubeconfig }),
        out,
        add: several(flags.add),
        given: answersOf(flags),
        yes: flags.yes,
        dryRun: flags['dry-run'],
        confirm: async (proposal) => {
          await view.proposal(proposal)
          return confirm(`Write ${out}?`)
        },
        emit: view.listen,
        stop,
      })
      return { result, exit: EXIT.done }
    })
  }
}
