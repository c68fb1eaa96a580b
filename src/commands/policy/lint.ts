import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { IceCommand } from '../base/command.js'
import { lintExit } from '../base/exit-code.js'
import { outputFlags, several, withVariables } from '../base/flags.js'
import { mountFlags, POLICY, policyFlags, policyOptions } from '../base/policy-flags.js'

export default class PolicyLint extends IceCommand {
  static override summary =
    'Find what is wrong with policies: what a server refuses, and what does not do what it seems to.'

  static override description = `Judges the HCL (or JSON) files that are named, policies that Vault has, or, without either, every policy of the file. Texts are read by Vault's own parser.
Paths are judged by what is mounted: Vault is asked, which takes no more than a token; with --offline only the file and --engine say it, and what could not be looked for is listed.
Exit code 3 where there is an error or a warning; notes alone are no failure. Nothing is changed.`

  static override examples = [
    { description: 'All policies of the file', command: '<%= config.bin %> policy lint' },
    { description: 'Some texts', command: '<%= config.bin %> policy lint policies/*.hcl' },
    {
      description: 'In a pipeline, without servers',
      command: '<%= config.bin %> policy lint --offline --engine static=kv:2 -o junit policies/app.hcl > lint.xml',
    },
    { description: 'What Vault has now', command: '<%= config.bin %> policy lint --all-live' },
    { description: 'Standard input', command: 'vault policy read app | <%= config.bin %> policy lint -' },
  ]

  static override args = {
    file: Args.string({
      multiple: true,
      ignoreStdin: true,
      description: 'Policies as HCL or JSON; - is standard input.',
    }),
  }

  static override flags = {
    ...outputFlags(['human', 'json', 'junit']),
    ...policyFlags,
    ...mountFlags,
    ...withVariables(
      {
        live: Flags.string({
          multiple: true,
          multipleNonGreedy: true,
          helpValue: 'NAME',
          description: 'A policy that Vault has. May be given several times.',
        }),
        'all-live': Flags.boolean({ description: 'Every policy that Vault has.' }),
      },
      POLICY,
    ),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PolicyLint)
    await this.perform(flags, async ({ view, stop, terminal }) => {
      const { policyLint } = await import('../../operations/policy-lint.js')
      const result = await policyLint({
        ...policyOptions(flags),
        files: args.file ?? [],
        live: several(flags.live),
        allLive: flags['all-live'],
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: lintExit(result) }
    })
  }
}
