import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { APPLY, IceError } from '../../catalogue/index.js'
import type { LeaseActOptions, LeaseActResult } from '../../operations/lease/act.js'
import type { LeaseOptions } from '../../operations/lease/scope.js'
import { IceCommand, requireTerminal, type Run } from './command.js'
import { leaseExit } from './exit-code.js'
import { defined, withVariables } from './flags.js'
import { mountFlag, placeFlags, placeOptions, type PlaceFlags } from './place.js'

/** What says which tokens and leases are meant. */
export const leaseFlags = {
  ...placeFlags,
  ...mountFlag,
  ...withVariables({
    role: Flags.string({ helpValue: 'ROLE', description: 'Tokens of logins by this role, and what hangs on them.' }),
    workload: Flags.string({
      helpValue: 'NAMESPACE/NAME',
      description: 'Tokens of this service account, and what hangs on them.',
    }),
    engine: Flags.string({ helpValue: 'MOUNT', description: 'Leases of this secrets engine.' }),
    prefix: Flags.string({
      helpValue: 'PREFIX',
      description: 'Leases whose ids begin so, by whole segments: postgres/creds/app.',
    }),
  }),
}

export const actFlags = {
  ...leaseFlags,
  ...withVariables({
    yes: Flags.boolean({ char: 'y', description: 'Do not ask.' }),
    'dry-run': Flags.boolean({ description: 'Change nothing; show what would be done.' }),
  }),
}

export const leaseArgs = {
  lease: Args.string({ ignoreStdin: true, description: 'Id of a lease. Several may be given.' }),
}

export interface LeaseFlags extends PlaceFlags {
  readonly role: string | undefined
  readonly workload: string | undefined
  readonly engine: string | undefined
  readonly prefix: string | undefined
  readonly output: 'human' | 'json' | 'ndjson' | 'junit'
  readonly json: boolean
  readonly 'no-color': boolean
}

interface ActFlags extends LeaseFlags {
  readonly yes: boolean
  readonly 'dry-run': boolean
}

/** What is meant, as an operation takes it. */
export function leaseOptions(flags: LeaseFlags, ids: readonly string[] = []): Omit<LeaseOptions, 'emit' | 'stop'> {
  const { role, workload, engine, prefix } = flags
  return { ...placeOptions(flags), ...defined({ role, workload, engine, prefix }), ids }
}

/** Showing, asking, and doing. */
export abstract class LeaseCommand extends IceCommand {
  protected async act(
    flags: ActFlags,
    ids: readonly string[],
    question: string,
    work: (options: LeaseActOptions) => Promise<LeaseActResult>,
  ): Promise<void> {
    await this.perform(flags, async ({ view, stop, confirm }) => {
      if (!flags.yes && !flags['dry-run']) requireTerminal('--yes')
      const result = await work({
        ...leaseOptions(flags, ids),
        dryRun: flags['dry-run'],
        confirm: async (planned) => {
          await view.cut(planned)
          return flags.yes || confirm(question)
        },
        emit: view.listen,
        stop,
      })
      return { result, exit: leaseExit(result) }
    })
  }
}

/** Whoever types it has read what would be done. */
export async function isTypedYes({ text }: Run, question: string): Promise<boolean> {
  if (text === undefined) throw new IceError(APPLY.declined, { message: 'There is nobody to ask.' })
  return (await text(`${question} Type yes`)).trim().toLowerCase() === 'yes'
}
