import type { JsonSchema } from '@valibot/to-json-schema'
import * as v from 'valibot'

/** Rules in code, which JSON Schema has no words for (`icebreaker` itself checks them), and our own metadata. */
const IGNORED = ['check', 'raw_check', 'partial_check', 'check_items', 'every_item', 'some_item', 'metadata']

/**
 * The JSON Schema (draft 7, which editors know) of what an operator writes: before defaults and transformations.
 * @throws Error where a schema holds what cannot be published: a mistake of its author, found by a test
 */
export async function jsonSchema(schema: v.GenericSchema, id: string, title: string): Promise<JsonSchema> {
  const { toJsonSchema } = await import('@valibot/to-json-schema')
  const body = toJsonSchema(schema, {
    target: 'draft-07',
    typeMode: 'input',
    errorMode: 'throw',
    ignoreActions: IGNORED,
    overrideAction: ({ valibotAction, jsonSchema: converted }) => withoutFlags(valibotAction, converted),
    overrideSchema: ({ valibotSchema, jsonSchema: converted }) => describeEntries(valibotSchema, converted),
  })
  return { $schema: 'http://json-schema.org/draft-07/schema#', $id: id, title, ...body }
}

/** A pattern of JSON Schema has no flags; without `i` it would refuse what is allowed. */
function withoutFlags(action: object, converted: JsonSchema): JsonSchema | undefined {
  if (!('requirement' in action && action.requirement instanceof RegExp) || action.requirement.flags === '')
    return undefined
  return Object.fromEntries(Object.entries(converted).filter(([keyword]) => keyword !== 'pattern'))
}

/** A description that stands after a transformation is lost on the way: it is of what is written all the same. */
function describeEntries(schema: object, converted: JsonSchema): JsonSchema | undefined {
  if (!('entries' in schema) || converted.properties === undefined) return undefined
  for (const [key, entry] of Object.entries(schema.entries as Record<string, v.GenericSchema>)) {
    const property = converted.properties[key]
    const description = v.getDescription('wrapped' in entry ? (entry.wrapped as v.GenericSchema) : entry)
    if (typeof property === 'object' && description !== undefined) property.description ??= description
  }
  return converted
}
