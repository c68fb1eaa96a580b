import { resolve } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import * as v from 'valibot'
import { secretSource } from '../../src/secrets/index.js'
import { flagName, secretSourceOf, sectionOf, stepFields } from '../../src/operations/step-fields.js'

test.each([
  ['audience', 'audience'],
  ['tokenMaxTTL', 'token-max-ttl'],
  ['tokenBoundCIDRs', 'token-bound-cidrs'],
  ['defaultLeaseTTL', 'default-lease-ttl'],
  ['auditNonHMACRequestKeys', 'audit-non-hmac-request-keys'],
  ['disableISSValidation', 'disable-iss-validation'],
  ['disableLocalCAJWT', 'disable-local-ca-jwt'],
  ['pemKeys', 'pem-keys'],
])('the flag of %s is --%s', (field, flag) => {
  expect(flagName(field)).toBe(flag)
})

const schema = v.strictObject({
  name: v.pipe(v.string(), v.description('what it is called')),
  mode: v.optional(v.picklist(['a', 'b'])),
  version: v.optional(v.picklist([1, 2])),
  names: v.optional(v.array(v.string())),
  statements: v.optional(v.array(v.string())),
  kinds: v.optional(v.array(v.picklist(['x', 'y']))),
  labels: v.optional(v.record(v.string(), v.string())),
  selector: v.optional(v.strictObject({ matchLabels: v.record(v.string(), v.string()) })),
  password: v.optional(secretSource),
  count: v.optional(v.number()),
  enabled: v.optional(v.boolean()),
  only: v.optional(v.literal(true)),
  ttl: v.optional(v.union([v.string(), v.number()])),
})
const fields = stepFields(schema, { verbatim: ['statements'], table: { name: { api: 'the_name' } } })
const of = (name: string) => fields.find((field) => field.name === name)

describe('the fields of a section', () => {
  test('each has the type that a flag can have', () => {
    expect(Object.fromEntries(fields.map(({ name, type }) => [name, type]))).toEqual({
      name: 'text',
      mode: 'choice',
      version: 'choice',
      names: 'list',
      statements: 'list',
      kinds: 'list',
      labels: 'map',
      selector: 'labels',
      password: 'source',
      count: 'number',
      enabled: 'boolean',
      only: 'boolean',
      ttl: 'text',
    })
  })

  test('with what the schema knows of it', () => {
    expect(of('name')).toMatchObject({ required: true, description: 'what it is called', api: 'the_name' })
    expect(of('mode')).toMatchObject({ required: false, options: ['a', 'b'] })
    expect(of('kinds')).toMatchObject({ options: ['x', 'y'] })
  })

  test('some are left out, some known anyway, and all may have a name before theirs', () => {
    const some = stepFields(schema, { omit: ['mode'], known: ['name'], prefix: 'role' })
    expect(some.map(({ name }) => name)).not.toContain('mode')
    expect(some.find(({ name }) => name === 'name')).toMatchObject({ flag: 'role-name', required: false })
  })
})

describe('what flags say as a section', () => {
  const said = (given: object) => sectionOf(fields, given as Readonly<Record<string, unknown>>)

  test('what is not given is not said', () => {
    expect(said({ name: 'x', timeout: 5 })).toEqual({ name: 'x' })
    expect(said({ enabled: false, names: [] })).toEqual({ enabled: false, names: [] })
  })

  test('lists are separated by commas, unless they are texts', () => {
    expect(said({ names: ['a,b', 'c'], statements: ['SELECT 1, 2', 'x'] })).toEqual({
      names: ['a', 'b', 'c'],
      statements: ['SELECT 1, 2', 'x'],
    })
  })

  test('of a variable comes one text', () => {
    expect(said({ names: 'a,b', labels: 'a=1,b=2', selector: 'team=a' })).toEqual({
      names: ['a', 'b'],
      labels: { a: '1', b: '2' },
      selector: { matchLabels: { team: 'a' } },
    })
  })

  test('pairs may hold an equals sign; without one they are for the schema to refuse', () => {
    expect(said({ labels: ['a=b=c', 'x'] })).toEqual({ labels: { a: 'b=c', x: null } })
  })

  test('a choice of numbers is a number', () => {
    expect(said({ version: '2', mode: 'a' })).toEqual({ version: 2, mode: 'a' })
  })
})

describe('where a secret value comes from', () => {
  test.each([
    ['env:PGPASSWORD', { env: 'PGPASSWORD' }],
    ['prompt', { prompt: 'Value' }],
    ['prompt:Which?', { prompt: 'Which?' }],
    ['generate', { generate: {} }],
    ['generate:40', { generate: { length: 40 } }],
    ['literal:a:b', { literal: 'a:b' }],
    ['kubernetes:ns/name:key', { kubernetes: { secret: 'ns/name', key: 'key' } }],
  ])('%s', (text, source) => {
    expect(secretSourceOf(text)).toEqual(source)
    expect(v.safeParse(secretSource, source).success).toBe(true)
  })

  test('a file is meant from here', () => {
    expect(secretSourceOf('file:./pw')).toEqual({ file: resolve('./pw') })
  })

  test.each(['s3cr3t-by-mistake', 'hvs.abc', 'file:', 'env:', 'generate:x', 'nosuch:x', ''])(
    '%j is left for the schema to refuse',
    (text) => {
      expect(v.safeParse(secretSource, secretSourceOf(text)).success).toBe(false)
    },
  )
})
