import type * as v from 'valibot'

/** What of a valibot schema is looked at here, beside running it; each property where that sort of schema has it. */
export interface Shape {
  readonly type: string
  readonly message?: string | ((issue: v.BaseIssue<unknown>) => string)
  readonly entries?: Readonly<Record<string, v.GenericSchema>>
  readonly key?: v.GenericSchema
  readonly value?: v.GenericSchema
  readonly item?: v.GenericSchema
  readonly options?: readonly unknown[]
  readonly literal?: unknown
}

interface Wrapper extends Shape {
  readonly wrapped?: v.GenericSchema
  readonly getter?: (value: unknown) => v.GenericSchema
}

/** The schema itself and those that it wraps (optional, nullish, lazy), from the outside in. A pipe is like its first item. */
export function layers(schema: v.GenericSchema, value: unknown): v.GenericSchema[] {
  const found = [schema]
  for (let outer: v.GenericSchema | undefined = schema; outer !== undefined;) {
    const { wrapped, getter } = outer as unknown as Wrapper
    outer = wrapped ?? getter?.(value)
    if (outer !== undefined) found.push(outer)
  }
  return found
}

/** The innermost layer. */
export function shapeOf(schema: v.GenericSchema, value: unknown): Shape {
  return layers(schema, value).at(-1) as unknown as Shape
}

/** valibot's own rule for which keys may be left out. */
export function mayBeMissing(schema: v.GenericSchema): boolean {
  return schema.type === 'optional' || schema.type === 'exact_optional' || schema.type === 'nullish'
}

export type Mapping = Readonly<Record<string, unknown>>

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The sorts of values that YAML has, as an operator calls them. */
export type Sort = 'text' | 'number' | 'truth value' | 'mapping' | 'list' | 'nothing'

export function sortOf(value: unknown): Sort {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'string') return 'text'
  if (typeof value === 'number') return 'number'
  return typeof value === 'boolean' ? 'truth value' : 'mapping'
}

const SORTS: Readonly<Record<string, Sort>> = {
  string: 'text',
  number: 'number',
  boolean: 'truth value',
  null: 'nothing',
  object: 'mapping',
  strict_object: 'mapping',
  loose_object: 'mapping',
  object_with_rest: 'mapping',
  record: 'mapping',
  array: 'list',
}

/** The sorts of values that a schema may accept; undefined: not known, so any. */
export function sortsOf(schema: v.GenericSchema): ReadonlySet<Sort> | undefined {
  const shape = shapeOf(schema, undefined)
  const closed = closedValues(schema)
  if (closed !== undefined) return new Set(closed.map(sortOf))
  if (isChoice(shape)) {
    const each = optionsOf(shape).map(sortsOf)
    return each.includes(undefined) ? undefined : new Set(each.flatMap((sorts) => [...(sorts ?? [])]))
  }
  const sort = SORTS[shape.type]
  return sort && new Set([sort])
}

/** The values of a closed set (literal, picklist, enum). */
export function closedValues(schema: v.GenericSchema): readonly unknown[] | undefined {
  const shape = shapeOf(schema, undefined)
  if (shape.type === 'literal') return [shape.literal]
  return shape.type === 'picklist' || shape.type === 'enum' ? shape.options : undefined
}

/** Is it one of several schemas? */
export function isChoice(shape: Shape): boolean {
  return shape.type === 'union' || shape.type === 'variant'
}

export function optionsOf(shape: Shape): readonly v.GenericSchema[] {
  return shape.options as readonly v.GenericSchema[]
}

/** A part of a value with the schema that it must meet. */
export interface Part {
  readonly key: string | number
  readonly schema: v.GenericSchema
  readonly value: unknown
}

/** The parts of a mapping or list that have a schema of their own. */
export function partsOf(shape: Shape, value: unknown): Part[] {
  const { entries, item } = shape
  const list: readonly unknown[] | undefined = Array.isArray(value) ? value : undefined
  if (list !== undefined && item !== undefined) return list.map((part, key) => ({ key, schema: item, value: part }))
  if (!isMapping(value)) return []
  return Object.entries(value).flatMap(([key, part]) => {
    const schema = entries !== undefined && Object.hasOwn(entries, key) ? entries[key] : shape.value
    return schema === undefined ? [] : [{ key, schema, value: part }]
  })
}
