import * as Flags from '@oclif/core/flags'
import { IceError } from '../../catalogue/index.js'
import { USAGE } from '../../catalogue/usage.js'
import type { StepResult } from '../../operations/results.js'
import type { StepOptions } from '../../operations/step.js'
import { isSaid, stepOf, type Section, type StepObject } from '../../operations/steps/object.js'
import { sectionOf, type StepField } from '../../operations/step-fields.js'
import type { Format } from '../../views/formats.js'
import { readSmallFile } from '../../secrets/small-file.js'
import { IceCommand, type Run } from './command.js'
import { applyExit } from './exit-code.js'
import { adopted, adoptFlag, defined, withVariables } from './flags.js'
import { clusterFlags, placeFlags, placeOf, placeOptions, serverOptions, type PlaceFlags } from './place.js'

export { mountFlag } from './place.js'

const writing = {
  ...adoptFlag,
  ...withVariables({
    name: Flags.string({
      helpValue: 'NAME',
      description: 'Owner of what is made. Default: the file’s name, or `steps`.',
    }),
    'dry-run': Flags.boolean({ description: 'Write nothing; show what would be written.' }),
  }),
}

/** What every step takes beside the fields of its object. */
export const stepFlags = { ...placeFlags, ...writing }

/** The same for what is in the cluster alone. */
export const clusterStepFlags = { ...clusterFlags, ...writing }

export interface StepCommandFlags extends PlaceFlags {
  readonly name: string | undefined
  readonly adopt: string[] | undefined
  readonly 'dry-run': boolean
  readonly output: Format
  readonly json: boolean
  readonly 'no-color': boolean
}

/** What carries the step out; default: plan and apply of it. */
type Carry = (options: StepOptions) => Promise<StepResult>

const planAndApply: Carry = async (options) => (await import('../../operations/step.js')).step(options)

/** What all step commands share: asking for what is missing, and handing one object to plan and apply. */
export abstract class StepCommand extends IceCommand {
  /** Plans and applies what the flags say of one object, and shows what changed. */
  protected async step(
    object: StepObject,
    name: string,
    flags: StepCommandFlags,
    carry: Carry = planAndApply,
  ): Promise<void> {
    await this.perform(flags, async ({ view, stop, text, prompt, terminal }) => {
      const given = await sectionSaid(object.fields, flags)
      const common = { ...defined({ name: flags.name, prompt }), emit: view.listen, stop, ...terminal }
      const known =
        object.existing !== undefined && lacking(object, given).length > 0
          ? await object.existing(name, { ...placeOptions(flags), ...common })
          : undefined
      const section = await completed(object, { ...taken(object, known, given), ...given }, text)
      // What only the existing object said stays as it is.
      const kept = Object.keys(section).filter((field) => !(field in given) && known?.[field] !== undefined)
      const result = await carry({
        ...serverOptions(flags),
        ...common,
        ...defined({ adopt: adopted(flags.adopt) }),
        command: (this.id ?? '').replaceAll(':', ' '),
        dryRun: flags['dry-run'],
        step: stepOf(object, name, section, placeOf(flags), kept),
      })
      return { result, exit: applyExit(result) }
    })
  }
}

/** The fields without which the object cannot be described, and that no flag says. */
function lacking({ fields, needs = [] }: StepObject, said: Section): readonly StepField[] {
  const needed = fields.filter(({ name, required }) => required || needs.some((need) => need.field === name))
  return needed.filter(({ name }) => {
    const instead = needs.find(({ field }) => field === name)?.unless ?? []
    return said[name] === undefined && !instead.some((other) => isSaid(said, other))
  })
}

/** Of an object that exists only what a description of it needs: what no flag speaks of is kept anyway. */
function taken(object: StepObject, existing: Section | undefined, given: Section): Section {
  if (existing === undefined) return {}
  const names = new Set([
    ...object.fields.filter(({ required }) => required).map(({ name }) => name),
    // Of what excludes each other only what is said counts.
    ...(object.needs ?? [])
      .map(({ field, unless }) => [field, ...unless])
      .flatMap((either) => (either.some((each) => isSaid(given, each)) ? [] : either))
      .map((each) => (typeof each === 'string' ? each : each.field)),
  ])
  return Object.fromEntries(Object.entries(existing).filter(([name]) => names.has(name)))
}

/** What the flags of the fields say, with `@FILE` read. */
async function sectionSaid(fields: readonly StepField[], flags: object): Promise<Section> {
  const given: Record<string, unknown> = { ...flags }
  for (const { flag, verbatim } of fields) {
    if (verbatim && given[flag] !== undefined) given[flag] = await atFiles(flag, given[flag])
  }
  return sectionOf(fields, given)
}

/** The section with what was missing asked for; off a terminal the flag is named. */
async function completed(object: StepObject, said: Section, text: Run['text']): Promise<Section> {
  let section = said
  for (const field of lacking(object, said)) {
    const { flag, type, description, required } = field
    if (text === undefined) {
      // What may be missing is the schema's affair: it knows what would do instead.
      if (!required) continue
      throw new IceError(USAGE.nobodyToAsk, { message: `--${flag} is missing.`, next: [`Add --${flag}.`] })
    }
    const answer = await text(`${flag.replaceAll('-', ' ')}${description === undefined ? '' : ` (${description})`}`)
    const several = type === 'list' || type === 'map' || type === 'labels'
    section = { ...section, ...sectionOf([field], { [flag]: several ? [answer] : answer }) }
  }
  return section
}

/** `@FILE` is what the file holds, as with Vault's own command line. */
async function atFiles(flag: string, value: unknown): Promise<unknown> {
  const read = async (text: string): Promise<string> => {
    if (!text.startsWith('@')) return text
    const file = await readSmallFile(text.slice(1))
    if ('text' in file) return file.text
    throw new IceError(USAGE.wrongUsage, {
      message: `--${flag}: the file ${JSON.stringify(text.slice(1))} ${file.problem}.`,
    })
  }
  return Array.isArray(value) ? Promise.all(value.map((item) => read(String(item)))) : read(String(value))
}
