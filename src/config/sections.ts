import * as v from 'valibot'
import type { Json } from '../kinds/contract.js'
import { grantSchema } from '../policy/index.js'
import { secretSource } from '../secrets/index.js'
import { discriminators, leavesOf, mappingsOf } from './choice.js'
import { described } from './expectation.js'
import { fileSchema } from './schema.js'
import { closedValues, isChoice, layers, mayBeMissing, shapeOf, type Shape } from './shape.js'

/** What the file may say, read off its schema: for `explain`. */

/** A mapping of the file, without the names in between: `engines.database.roles` is `engines.MOUNT.roles.NAME`. */
export interface Section {
  /** Empty: the file itself. */
  readonly path: string
  readonly about?: string
  /** Of its keys exactly one stands there, or those that belong together. */
  readonly choice: boolean
  readonly fields: readonly SectionField[]
}

export interface SectionField {
  readonly name: string
  /** In words: `text`, `duration`, `list of grant`, `hidden | unauth`. */
  readonly type: string
  readonly required: boolean
  readonly default?: Json
  readonly about?: string
  /** The rule that its text must meet: `expected NAMESPACE/NAME`. */
  readonly rule?: string
  /** The path of the section that stands there. */
  readonly section?: string
}

/** Sorts of values that are mappings, and stand in many places. */
const VALUES: readonly (Pick<Section, 'path' | 'about'> & { readonly schema: v.GenericSchema })[] = [
  {
    path: 'secret',
    about: 'Where a secret value comes from; opened when it is written, not when the file is read.',
    schema: secretSource,
  },
  {
    path: 'grant',
    about: 'What a policy allows: VERB ENGINE MOUNT/PATH, or the same in parts, for names with spaces.',
    schema: grantSchema,
  },
]

/** Every section, each before those in it; then the sorts of values that are mappings. */
export function fileSections(): readonly Section[] {
  return [
    ...sectionsOf(fileSchema, ''),
    ...VALUES.flatMap(({ schema, ...known }) =>
      sectionsOf(schema, known.path).map((section) =>
        section.path === known.path ? { ...section, ...known } : section,
      ),
    ),
  ]
}

function sectionsOf(schema: v.GenericSchema, path: string): Section[] {
  const shape = innermost(schema)
  const about = v.getDescription(layers(schema, undefined).at(-1) as v.GenericSchema)
  const base = { path, ...(about !== undefined && { about }) }
  if (shape.entries !== undefined) return sectionAt({ ...base, choice: false }, shape.entries)
  const options = isChoice(shape) ? mappingsOf(shape) : []
  if (options.length === 0) return []
  const [tag] = discriminators(shape)
  if (tag === undefined) return sectionAt({ ...base, choice: true }, merged(options))
  const [there, made] = divided(options, ({ entries = {} }) => entries['existing'] !== undefined)
  const of = ({ entries = {} }: Shape): string => closedValues(entries[tag] as v.GenericSchema)?.join('') ?? ''
  return [
    { ...base, choice: true, fields: [] },
    ...made.flatMap((option) => variant(`${path}.${of(option)}`, tag, of(option), option)),
    // What is only spoken of is the same for all.
    ...there.slice(0, 1).flatMap((option) => variant(`${path}.existing`, tag, there.map(of).join(' | '), option)),
  ]
}

function variant(path: string, tag: string, type: string, { entries = {} }: Shape): Section[] {
  const [about] = layers((entries['existing'] ?? entries[tag]) as v.GenericSchema, undefined).flatMap(
    (layer) => v.getDescription(layer) ?? [],
  )
  const [section, ...below] = sectionAt({ path, choice: false, ...(about !== undefined && { about }) }, entries)
  if (section === undefined) return below
  const fields = section.fields.map((field) => (field.name === tag ? { ...field, type } : field))
  return [{ ...section, fields }, ...below]
}

function divided<T>(items: readonly T[], test: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(test), items.filter((item) => !test(item))]
}

const merged = (options: readonly Shape[]): Readonly<Record<string, v.GenericSchema>> =>
  Object.fromEntries(options.flatMap(({ entries = {} }) => Object.entries(entries)))

function sectionAt(section: Omit<Section, 'fields'>, entries: Readonly<Record<string, v.GenericSchema>>): Section[] {
  const below = Object.entries(entries).map(([name, schema]) => {
    const path = section.path === '' ? name : `${section.path}.${name}`
    return { name, schema, path, sections: valueName(schema) === undefined ? sectionsOf(schema, path) : [] }
  })
  const fields = below.map(({ name, schema, path, sections }) => ({
    ...fieldOf(name, schema),
    ...(section.choice && { required: false }),
    ...(sections.length > 0 && { section: path }),
  }))
  return [{ ...section, fields }, ...below.flatMap(({ sections }) => sections)]
}

function fieldOf(name: string, schema: v.GenericSchema): SectionField {
  const all = layers(schema, undefined)
  const about = all.map((layer) => v.getDescription(layer)).find((text) => text !== undefined)
  const rule = all.flatMap(rulesOf).at(0)
  const given = mayBeMissing(schema) ? (v.getDefault(schema as never) as Json | undefined) : undefined
  return {
    name,
    type: typeOf(schema),
    required: !mayBeMissing(schema),
    ...(given !== undefined && { default: given }),
    ...(about !== undefined && { about }),
    ...(rule !== undefined && { rule }),
  }
}

/** The messages that the authors of patterns gave them. */
function rulesOf(schema: v.GenericSchema): string[] {
  if (!('pipe' in schema)) return []
  return (schema.pipe as v.GenericSchema[]).flatMap((item) => {
    if ((item as { kind: string }).kind === 'schema' && item !== schema && 'pipe' in item) return rulesOf(item)
    const { type, message } = item as { type: string; message?: unknown }
    return type === 'regex' && typeof message === 'string' ? [message] : []
  })
}

/** Through mappings of names and through lists: what stands under each name. */
function innermost(schema: v.GenericSchema): Shape {
  const shape = shapeOf(schema, undefined)
  const inner = shape.type === 'record' ? shape.value : shape.item
  return inner === undefined || valueName(inner) !== undefined ? shape : innermost(inner)
}

function typeOf(schema: v.GenericSchema): string {
  const shape = shapeOf(schema, undefined)
  const closed = closedValues(schema)
  const value = valueName(schema)
  if (value !== undefined) return value
  if (closed !== undefined) return closed.map(String).join(' | ')
  if (shape.type === 'boolean') return 'true | false'
  if (shape.item !== undefined) return `list of ${typeOf(shape.item)}`
  if (shape.type === 'record' && shape.value !== undefined) return `mapping of names to ${typeOf(shape.value)}`
  if (isChoice(shape)) return [...new Set(leavesOf(shape).map(typeOf))].join(' | ')
  return described(schema).replace(/^an? /, '')
}

/** A schema says it with `v.metadata({ value })` in a pipe. */
function valueName(schema: v.GenericSchema): string | undefined {
  return layers(schema, undefined)
    .map((layer) => (v.getMetadata(layer) as { readonly value?: string }).value)
    .find((value) => value !== undefined)
}
