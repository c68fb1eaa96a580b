import { resolve } from 'node:path'
import * as v from 'valibot'
import { IceError, USAGE } from '../catalogue/index.js'
import { closedValues, layers, mayBeMissing, shapeOf, sortsOf } from '../config/shape.js'

/** One field of a section of the file as a flag of a step: plain data, made from the section's schema. */
export interface StepField {
  /** As the file calls it: `tokenMaxTTL`. */
  readonly name: string
  /** `token-max-ttl` */
  readonly flag: string
  /**
   * choice: one of `options`. list: several; `options` where they are a closed set. map: KEY=VALUE, several. labels: the
   * same, as matchLabels. source: where a secret value comes from. A number of the file with a unit is text here.
   */
  readonly type: 'text' | 'number' | 'boolean' | 'choice' | 'list' | 'map' | 'labels' | 'source'
  readonly options?: readonly string[]
  readonly description?: string
  /** The API's own name of it. */
  readonly api?: string
  readonly required: boolean
  /** Texts that may hold commas, or be read from a file (`@FILE`). */
  readonly verbatim: boolean
}

export interface StepFieldOptions {
  /** Members of the section that are no flags of their own. */
  readonly omit?: readonly string[]
  readonly verbatim?: readonly string[]
  /** Members that the schema wants and that are known anyway: nobody is asked for them. */
  readonly known?: readonly string[]
  /** Stands before each flag: with `reviewer` the member `namespace` is --reviewer-namespace. */
  readonly prefix?: string
  /** What the kind knows of its fields: the API's names. */
  readonly table?: Readonly<Record<string, { readonly api: string }>>
}

/** The fields of a section, in its order. */
export function stepFields(schema: v.GenericSchema, options: StepFieldOptions = {}): StepField[] {
  const { omit = [], verbatim = [], known = [], prefix, table = {} } = options
  return Object.entries(shapeOf(schema, undefined).entries ?? {})
    .filter(([name]) => !omit.includes(name))
    .map(([name, entry]) => ({
      name,
      flag: prefix === undefined ? flagName(name) : `${prefix}-${flagName(name)}`,
      ...typeOf(entry),
      ...describe(entry),
      ...(table[name] && { api: table[name].api }),
      required: !mayBeMissing(entry) && !known.includes(name),
      verbatim: verbatim.includes(name),
    }))
}

/** `tokenBoundCIDRs` is `token-bound-cidrs`. */
export function flagName(field: string): string {
  return field
    .replace('CAJWT', 'CaJwt')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z]+)([A-Z][a-z]{2,})/g, '$1-$2')
    .toLowerCase()
}

function typeOf(entry: v.GenericSchema): Pick<StepField, 'type' | 'options'> {
  const closed = closedValues(entry)
  if (closed !== undefined)
    return closed.every((value) => value === true)
      ? { type: 'boolean' }
      : { type: 'choice', options: closed.map(String) }
  const shape = shapeOf(entry, undefined)
  const sorts = sortsOf(entry) ?? new Set(['text'])
  if (shape.item !== undefined) {
    const values = closedValues(shape.item)
    return { type: 'list', ...(values && { options: values.map(String) }) }
  }
  if (shape.entries?.['matchLabels'] !== undefined) return { type: 'labels' }
  if (sorts.has('mapping')) return { type: shape.value === undefined ? 'source' : 'map' }
  if (sorts.has('text')) return { type: 'text' }
  return { type: sorts.has('number') ? 'number' : 'boolean' }
}

function describe(entry: v.GenericSchema): Pick<StepField, 'description'> {
  const [description] = layers(entry, undefined).flatMap((layer) => v.getDescription(layer) ?? [])
  return description === undefined ? {} : { description }
}

/** What a flag was given: oclif's values, by type. */
export type Given = string | number | boolean | readonly string[] | undefined

/** The section that flags say: members that were not given are left out. */
export function sectionOf(
  fields: readonly StepField[],
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = given[field.flag] as Given
      return value === undefined ? [] : [[field.name, valueOf(field, value)]]
    }),
  )
}

function valueOf(field: StepField, value: Exclude<Given, undefined>): unknown {
  switch (field.type) {
    case 'choice':
      return /^\d+$/.test(String(value)) ? Number(value) : value
    case 'list': {
      const items = [value as string | readonly string[]].flat()
      return field.verbatim ? items : items.flatMap((item) => item.split(',')).filter((item) => item !== '')
    }
    case 'map':
      return pairs(itemsOf(value))
    case 'labels':
      return { matchLabels: pairs(itemsOf(value)) }
    case 'source':
      return secretSourceOf(String(value)) ?? noSource(`--${field.flag}`)
    case 'text':
      return String(value)
    case 'number':
    case 'boolean':
      return value
  }
}

/** oclif hands the value of a flag's variable over as one string; there, several are separated by commas. */
const itemsOf = (value: Exclude<Given, undefined>): readonly string[] =>
  Array.isArray(value) ? (value as readonly string[]) : String(value).split(',')

/** KEY=VALUE; what has no `=` stays as it is, for the schema to refuse. */
function pairs(items: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    items.map((item) => {
      const at = item.indexOf('=')
      return at < 0 ? [item, null] : [item.slice(0, at), item.slice(at + 1)]
    }),
  )
}

const SOURCES: Readonly<Record<string, (rest: string) => object>> = {
  env: (name) => ({ env: name }),
  // A file is meant from here, not from beside icebreaker.yaml.
  file: (file) => ({ file: file === '' ? file : resolve(file) }),
  literal: (literal) => ({ literal }),
  prompt: (question) => ({ prompt: question === '' ? 'Value' : question }),
  generate: (length) => ({ generate: length === '' ? {} : { length: Number(length) } }),
  kubernetes: (rest) => {
    const [secret = '', key = ''] = rest.split(':')
    return { kubernetes: { secret, key } }
  },
}

/** How a flag says where a secret value comes from; the value itself would show in the list of processes. */
export const SOURCE_FORMS = 'env:NAME, file:PATH, prompt, generate[:LENGTH], kubernetes:NAMESPACE/SECRET:KEY'

/** `env:PGPASSWORD` as the file says it; undefined where it is none of the forms. */
export function secretSourceOf(text: string): object | undefined {
  const [, form = '', rest = ''] = /^([a-z]+)(?::(.*))?$/s.exec(text) ?? []
  return SOURCES[form]?.(rest)
}

/**
 * What was typed in place of a source may be the secret itself, so it is not repeated.
 * @param what the flag or key that it was typed for
 * @throws IceError USAGE.wrongUsage
 */
export function noSource(what: string): never {
  throw new IceError(USAGE.wrongUsage, {
    message: `${what}: what was given does not say where the value comes from.`,
    next: [`Give one of ${SOURCE_FORMS}; literal:TEXT for what is no secret.`],
  })
}
