import * as Flags from '@oclif/core/flags'
import { IceError } from '../../catalogue/index.js'
import { USAGE } from '../../catalogue/usage.js'
import type { RemovalOptions } from '../../operations/removals.js'
import type { RemovalResult } from '../../operations/results.js'
import { IceCommand, requireTerminal, type Run } from './command.js'
import { removalExit } from './exit-code.js'
import { defined, fileFlags, fileOptions, outputFlags, withVariables, type FileFlags } from './flags.js'

/** What everything that removes takes. */
export const removalFlags = {
  ...outputFlags(['human', 'json', 'ndjson']),
  ...fileFlags,
  ...withVariables({
    yes: Flags.boolean({ char: 'y', description: 'Do not ask.' }),
    'dry-run': Flags.boolean({ description: 'Remove nothing; show what would be removed.' }),
    'delete-data': Flags.boolean({
      description: 'Also KV secrets, transit keys, and engines with all that is in them. Nothing brings them back.',
    }),
    'also-changed': Flags.boolean({ description: 'Also what somebody has changed since it was made.' }),
    'cluster-gone': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'NAME',
      description:
        'A cluster that the file no longer names and that is no more: what it held is forgotten. May be given several times.',
    }),
    confirm: Flags.string({
      helpValue: 'NAME',
      description: 'The name of the file, in place of typing it where much would be lost.',
    }),
  }),
}

interface RemovalFlags extends FileFlags {
  readonly yes: boolean
  readonly 'dry-run': boolean
  readonly 'delete-data': boolean
  readonly 'also-changed': boolean
  readonly 'cluster-gone'?: readonly string[] | undefined
  readonly confirm: string | undefined
  readonly output: 'human' | 'json' | 'ndjson' | 'junit'
  readonly json: boolean
  readonly 'no-color': boolean
}

/** What the commands that remove share: showing, asking, and asking harder where much would be lost. */
export abstract class RemovalCommand extends IceCommand {
  /** @param isGrave must the operator type the file's name? */
  protected async removal(
    flags: RemovalFlags,
    isGrave: (result: RemovalResult) => boolean,
    work: (options: RemovalOptions) => Promise<RemovalResult>,
  ): Promise<void> {
    await this.perform(flags, async (run) => {
      if (!flags.yes && !flags['dry-run']) requireTerminal('--yes')
      const result = await work({
        ...fileOptions(flags),
        ...defined({ prompt: run.prompt }),
        dryRun: flags['dry-run'],
        withData: flags['delete-data'],
        changedToo: flags['also-changed'],
        gone: flags['cluster-gone'] ?? [],
        confirm: async (planned) => {
          await run.view.removal(planned)
          return isGrave(planned) ? isTyped(planned.file, flags.confirm, run) : flags.yes || run.confirm('Remove this?')
        },
        emit: run.view.listen,
        stop: run.stop,
        ...run.terminal,
      })
      return { result, exit: removalExit(result) }
    })
  }
}

/** Whoever types the name knows which trust it is. */
async function isTyped(name: string, given: string | undefined, { text }: Run): Promise<boolean> {
  if (given !== undefined) {
    if (given === name) return true
    throw new IceError(USAGE.wrongUsage, {
      message: `--confirm says ${JSON.stringify(given)}, but the file is named ${JSON.stringify(name)}.`,
    })
  }
  if (text === undefined) {
    throw new IceError(USAGE.nobodyToAsk, {
      message: 'Much would be lost, so --yes is not enough.',
      next: [`Add --confirm ${name}.`],
    })
  }
  return (await text(`Type the name of the file (${name}) to remove this`)) === name
}
