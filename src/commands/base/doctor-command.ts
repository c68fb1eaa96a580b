import * as Flags from '@oclif/core/flags'
import type { DoctorOptions, DoctorResult } from '../../operations/doctor/types.js'
import type { Handover, SecretFile } from '../../secrets/index.js'
import { IceCommand, type Run } from './command.js'
import { doctorExit } from './exit-code.js'
import { durationFlag, outputFlags, several, withVariables } from './flags.js'
import { placeFlags, placeOptions, type PlaceFlags } from './place.js'

/** What every way into doctor takes. */
export const doctorFlags = {
  ...placeFlags,
  ...outputFlags(),
  ...withVariables({
    file: Flags.string({
      char: 'f',
      helpValue: 'FILE',
      description:
        'The file that says what should be. Default: ./icebreaker.yaml; without one, what Vault has is examined.',
    }),
    cluster: Flags.string({
      helpValue: 'CLUSTER',
      description: 'Only this cluster of the file.',
    }),
    probe: Flags.boolean({
      description:
        'Scratch objects and logins may be made, and are removed again; on a terminal you are asked without it.',
    }),
    only: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'CODE',
      description: 'Judge only this, such as ICE9101. May be given several times.',
    }),
    skip: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'CODE',
      description: 'Do not judge this. May be given several times.',
    }),
    wait: durationFlag({
      description: 'Examine again until there is no error, so long at most: what servers cache lasts for seconds.',
    }),
    bundle: Flags.string({
      helpValue: 'FILE',
      description: 'Also write a report to this new file, for a ticket: JSON, without secrets.',
    }),
  }),
}

/** What only the whole examination takes. */
export const examineFlags = withVariables({
  list: Flags.boolean({ description: 'List every check; examine nothing.' }),
  fix: Flags.boolean({
    description: 'Apply the remedies that are safe, after showing each: through the same plan and apply.',
  }),
  yes: Flags.boolean({ char: 'y', description: 'With --fix: do not ask.' }),
  'every-login': Flags.boolean({ description: 'Log in a workload of every role, not one for each auth mount.' }),
})

interface DoctorFlags extends PlaceFlags {
  readonly probe: boolean
  readonly only: string[] | undefined
  readonly skip: string[] | undefined
  readonly wait: number | undefined
  readonly bundle: string | undefined
  readonly fix?: boolean
  readonly yes?: boolean
}

type OutputFlags = Parameters<IceCommand['perform']>[0]

/** The flags as the operation takes them, without what the view gives. */
export function doctorOptions(flags: DoctorFlags): Omit<DoctorOptions, 'scope' | 'emit' | 'stop'> {
  return {
    ...placeOptions(flags),
    only: several(flags.only).map((code) => code.toUpperCase()),
    skip: several(flags.skip).map((code) => code.toUpperCase()),
    probe: flags.probe,
    ...(flags.wait !== undefined && { wait: flags.wait }),
  }
}

/** What is to be examined, without what the view gives. */
type Said = Omit<DoctorOptions, 'emit' | 'stop'>

/** What all ways into doctor do alike. */
export abstract class DoctorCommand extends IceCommand {
  protected async examine(
    flags: OutputFlags & DoctorFlags,
    options: Said | ((run: Run) => Promise<Said>),
    operation?: DoctorResult['operation'],
  ): Promise<void> {
    await this.perform(flags, async (run) => {
      const said = typeof options === 'function' ? await options(run) : options
      const { doctor } = await import('../../operations/doctor/index.js')
      const given = { ...said, ...run.terminal, ...this.#asking(run), emit: run.view.listen, stop: run.stop }
      // Before anything is asked: otherwise the answers would be there, and no place for them.
      await using bundle = flags.bundle === undefined ? undefined : await openBundle(flags.bundle)
      const result = await doctor(given, operation)
      await bundle?.write(await bundled(result, this.config.version))
      if (flags.fix !== true) return { result, exit: doctorExit(result) }
      const { fix } = await import('../../operations/doctor/fix.js')
      const fixed = await fix(given, result, {
        confirm: async (plan) => {
          await run.view.plan(plan, flags.yes !== true)
          return flags.yes === true || run.confirm('Apply these remedies?')
        },
      })
      return { result: fixed, exit: doctorExit(fixed) }
    })
  }

  protected async list(flags: OutputFlags): Promise<void> {
    await this.perform(flags, async () => {
      const { doctorList } = await import('../../operations/doctor/index.js')
      return { result: doctorList(), exit: 0 }
    })
  }

  #asking(run: Run): Pick<DoctorOptions, 'mayProbe' | 'prompt'> {
    if (run.prompt === undefined) return {}
    return {
      prompt: run.prompt,
      mayProbe: async (writes) => {
        run.view.listen({
          type: 'note',
          level: 'info',
          text: `To judge the rest, doctor would make: ${writes.join(' ')}`,
        })
        return run.confirm('Make these, and remove them again?')
      },
    }
  }
}

/** For its owner alone: it names accounts, roles and addresses. */
async function openBundle(path: string): Promise<SecretFile> {
  return (await import('../../secrets/index.js')).openSecretFile(path)
}

async function bundled(result: DoctorResult, version: string): Promise<Handover> {
  return (await import('../../views/bundle.js')).bundleText(result, version)
}
