import { expect, test } from '@jest/globals'
import * as v from 'valibot'
import { jsonSchema } from '../../src/config/json-schema.js'
import { toy } from './toy.js'

/** A checker of JSON Schema is no dependency of ours, so what is held here is the shape of what is published. */
const publish = (schema: v.GenericSchema) => jsonSchema(schema, 'https://example.com/icebreaker.schema.json', 'A file')

test('the schema has a name, refuses unknown keys and knows what is required', async () => {
  const schema = await publish(toy)
  expect(schema).toMatchObject({
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://example.com/icebreaker.schema.json',
    title: 'A file',
    type: 'object',
    required: ['version', 'name'],
    additionalProperties: false,
    properties: { version: { const: 1 }, name: { type: 'string', pattern: '^[a-z-]+$' } },
  })
  expect(() => JSON.stringify(schema)).not.toThrow()
})

test('it is of what is written: before defaults and transformations, with the descriptions that stand after them', async () => {
  const { properties } = await publish(toy)
  const role = (properties?.['roles'] as { additionalProperties: { properties: object } }).additionalProperties
  expect(role.properties).toMatchObject({
    tokenTTL: {
      description: 'how long a token lives',
      anyOf: [{ type: 'string', pattern: '^\\d+[smh]$' }, { type: 'number' }],
    },
    batch: { type: 'boolean', default: false },
    policies: { type: 'array', items: { type: 'string' }, default: [] },
  })
})

test('our own metadata and rules in code are left out', async () => {
  const schema = v.strictObject({
    a: v.pipe(
      v.string(),
      v.check(() => true),
      v.metadata({ reference: 'policies', also: ['default'] }),
    ),
  })
  expect((await publish(schema)).properties).toEqual({ a: { type: 'string' } })
})

test('a pattern with flags is left out: without them it would refuse what is allowed', async () => {
  const schema = v.strictObject({ a: v.pipe(v.string(), v.regex(/^x$/i)) })
  expect((await publish(schema)).properties).toEqual({ a: { type: 'string' } })
})

test('what cannot be published is a mistake of the schema’s author', async () => {
  await expect(publish(v.strictObject({ a: v.date() }))).rejects.toThrow(/cannot be converted/)
})
