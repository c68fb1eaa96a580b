import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { EXIT, IceError, USAGE } from '../catalogue/index.js'
import { IceCommand, requireTerminal } from './base/command.js'
import { applyExit } from './base/exit-code.js'
import { adopted, adoptFlag, defined, fileFlags, fileOptions, several, withVariables } from './base/flags.js'

export default class Apply extends IceCommand {
  static override summary = 'Bring the servers to what the file says, then prove that the trust works.'

  static override description = `Shows the plan, asks, writes what differs, and verifies. Running it again changes nothing; after a failure it goes on where it stopped.
Nothing that this file did not make is changed, unless --adopt takes it over.`

  static override examples = [
    { description: 'Introduce the two to each other', command: '<%= config.bin %> apply' },
    { description: 'In a pipeline', command: '<%= config.bin %> apply --yes -o ndjson' },
    { description: 'Exactly what was planned before', command: '<%= config.bin %> apply plan.json --yes' },
    { description: 'The same by hand', command: '<%= config.bin %> apply --print-commands >by-hand.sh' },
    { description: 'One role, and what it needs', command: '<%= config.bin %> apply --only vault:auth/demo/role/app' },
  ]

  static override args = {
    plan: Args.string({ ignoreStdin: true, description: 'A plan that `plan --out` saved; the file is not read then.' }),
  }

  static override flags = {
    ...fileFlags,
    ...adoptFlag,
    ...withVariables({
      yes: Flags.boolean({ char: 'y', description: 'Do not ask.' }),
      verify: Flags.boolean({ description: 'Verify also where nothing was changed.', exclusive: ['no-verify'] }),
      'no-verify': Flags.boolean({ description: 'Do not verify.' }),
      'dry-run': Flags.boolean({ description: 'Write nothing; show what would be written.' }),
      'print-commands': Flags.boolean({
        description: 'Write nothing; print the kubectl and vault commands that would do it, as a script.',
      }),
      only: Flags.string({
        multiple: true,
        multipleNonGreedy: true,
        helpValue: 'ADDRESS',
        description: 'Only this object, and what it needs. May be given several times.',
      }),
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Apply)
    const asks = !flags.yes && !flags['dry-run']
    await this.perform(flags, async ({ view, stop, prompt, confirm, terminal }) => {
      const options = {
        ...fileOptions(flags),
        ...defined({ savedPlan: args.plan, prompt, adopt: adopted(flags.adopt) }),
        only: several(flags.only),
        emit: view.listen,
        stop,
        ...terminal,
      }
      if (flags['print-commands']) {
        refuseJUnit(flags)
        const { printCommands } = await import('../operations/print-commands.js')
        return { result: await printCommands(options), exit: EXIT.done }
      }
      if (asks) requireTerminal('--yes')
      const { apply } = await import('../operations/apply.js')
      const result = await apply({
        ...options,
        dryRun: flags['dry-run'],
        verify: flags['no-verify'] ? 'never' : flags.verify ? 'always' : 'changed',
        confirm: async (plan) => {
          await view.plan(plan, asks)
          return !asks || confirm('Apply this?')
        },
      })
      return { result, exit: applyExit(result) }
    })
  }
}

/** A script has no form in JUnit. */
function refuseJUnit({ output, json }: { readonly output: string; readonly json: boolean }): void {
  if (output !== 'junit' || json) return
  throw new IceError(USAGE.wrongUsage, {
    message: '--print-commands has no form in JUnit.',
    next: ['Leave --output away.'],
  })
}
