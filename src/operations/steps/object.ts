import type { StepField } from '../step-fields.js'
import type { Step } from '../step-file.js'
import type { StepOptionsBase } from '../step-session.js'

/** What can be made by a step: the flags of its fields, and the sections of the file that they become. Plain data and pure functions. */
export interface StepObject extends Pick<Step, 'kinds' | 'ensure'> {
  readonly fields: readonly StepField[]
  /** Flags of keys that are no field, such as `path` of an auth mount. */
  readonly flags?: Readonly<Record<string, string>>
  /** Fields that a description needs though its schema lets them be missing, unless one of the others is said. */
  readonly needs?: readonly { readonly field: string; readonly unless: readonly Instead[] }[]
  /** What to type where the mount that the object stands in is missing; `path`: what --path said. */
  readonly first?: string | ((name: string, path: string | undefined) => string)
  /** @param name what was typed as the object's name; `section`: what the flags of the fields say */
  parts(name: string, section: Section): Pick<Step, 'sections' | 'auth' | 'section' | 'texts'>
  /**
   * The section of the object as it stands, where there is one: whoever changes one field of it need not say what it
   * needs besides. Reads.
   */
  existing?(name: string, options: StepOptionsBase): Promise<Section | undefined>
}

export type Section = Readonly<Record<string, unknown>>

/** What does instead of a field: another field, or one value of a list that means several things. */
export type Instead = string | { readonly field: string; readonly value: string }

export const isSaid = (section: Section, instead: Instead): boolean => {
  if (typeof instead === 'string') return section[instead] !== undefined
  const values = section[instead.field]
  return Array.isArray(values) && values.includes(instead.value)
}

/** Where a step is to happen, as far as it is said. */
export interface StepAt {
  readonly cluster?: string
  /** The path of the auth mount. */
  readonly path?: string
  /** Members of `clusters.NAME`. */
  readonly section?: object
}

/** The flag behind the keys of a document: the last of them that is a field. */
export function flagForKeys(
  fields: readonly StepField[],
  more: Readonly<Record<string, string>> = {},
): (keys: readonly (string | number)[]) => string | undefined {
  const flags = new Map([...fields.map(({ name, flag }) => [name, flag] as const), ...Object.entries(more)])
  return (keys) => keys.toReversed().flatMap((key) => flags.get(String(key)) ?? [])[0]
}

/** The flags of keys that are no fields of an object. */
const PLACE_KEYS: Readonly<Record<string, string>> = {
  context: 'context',
  path: 'path',
  apiServer: 'api-server',
  apiServerCA: 'api-server-ca',
  name: 'name',
}

/**
 * An object as a step.
 * @param section what its flags say, and what it needs besides of the one that exists
 * @param kept members of `section` that only the existing object says: they stay as they are
 */
export function stepOf(
  object: StepObject,
  name: string,
  section: Section,
  at: StepAt = {},
  kept: readonly string[] = [],
): Step {
  const { auth, section: ofCluster, ...parts } = object.parts(name, section)
  const { kinds, fields, flags, ensure } = object
  const first = typeof object.first === 'function' ? object.first(name, at.path) : object.first
  return {
    ...parts,
    kinds,
    says: Object.keys(section).filter((member) => !kept.includes(member)),
    ...(ensure && { ensure }),
    ...(first !== undefined && { first }),
    ...(at.cluster !== undefined && { cluster: at.cluster }),
    auth: { ...auth, ...(at.path !== undefined && { path: at.path }) },
    section: { ...ofCluster, ...at.section },
    flagFor: flagForKeys(fields, { ...PLACE_KEYS, ...flags }),
  }
}

/** A step that only looks, or does one act: it says where, and nothing else. */
export const lookOf = (at: StepAt = {}, auth: object = {}): Step =>
  stepOf({ kinds: [], fields: [], parts: () => ({ sections: () => ({}), auth }) }, '', {}, at)
