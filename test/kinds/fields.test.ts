import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import * as v from 'valibot'
import type { Json } from '../../src/kinds/contract.js'
import {
  apiBody,
  canonical,
  desiredValues,
  diffFields,
  fingerprint,
  observedValues,
  optional,
  readable,
  required,
  requireTaken,
  type Fields,
  type Values,
} from '../../src/kinds/fields.js'
import { path } from '../../src/vault/index.js'

const fields = {
  name: required(v.string(), 'api_name', { mode: 'immutable' }),
  ttl: optional(v.number(), 'api_ttl', { absent: 0, unit: 'seconds' }),
  list: optional(v.array(v.string()), 'api_list', { absent: [], compare: 'set' }),
  cidrs: optional(v.array(v.string()), 'api_cidrs', { absent: [], compare: 'cidrs' }),
  pem: optional(v.string(), 'api_pem', { absent: '', compare: 'text' }),
  pems: optional(v.array(v.string()), 'api_pems', { absent: [], compare: 'text' }),
  extra: optional(v.record(v.string(), v.string()), 'api_extra', { notEverywhere: true }),
  plain: optional(v.string(), 'api_plain'),
  kept: optional(v.boolean(), 'api_kept', { absent: false, sticky: true }),
  check: optional(v.boolean(), 'api_check', { absent: true, mode: 'writeOnly' }),
} satisfies Fields

const desired = (section: object): Values => desiredValues(fields, { name: 'a', ...section })
const observed = (data: object): Values => observedValues(fields, { api_name: 'a', ...data })
const changed = (section: object, data: object) => diffFields(fields, desired(section), observed(data))

test('what the file does not say is what a server has where it was never set', () => {
  for (const data of [{}, { api_ttl: 0, api_list: [], api_cidrs: null, api_pem: '', api_extra: {}, api_plain: '' }]) {
    expect(changed({}, data)).toEqual([])
  }
})

test('what differs is told in the words of the file, and what it no longer says goes back', () => {
  expect(changed({ ttl: 5400 }, { api_ttl: 60 })).toEqual([{ field: 'ttl', from: '1m', to: '1h30m' }])
  expect(changed({}, { api_ttl: 60, api_plain: 'x', api_extra: { a: 'b' } })).toEqual([
    { field: 'ttl', from: '1m', to: '0s' },
    { field: 'extra', from: { a: 'b' }, to: {} },
    { field: 'plain', from: 'x', to: '' },
  ])
  expect(changed({}, { api_name: 'b' })).toEqual([{ field: 'name', from: 'b', to: 'a', mode: 'immutable' }])
})

test('of a new object only what is said is told', () => {
  expect(diffFields(fields, desired({ list: ['x'], ttl: 0 }), undefined)).toEqual([
    { field: 'name', from: undefined, to: 'a' },
    { field: 'list', from: undefined, to: ['x'] },
  ])
})

test.each([
  ['lists without order', { list: ['b', 'a', 'a'] }, { api_list: ['a', 'b'] }],
  [
    'networks of one address',
    { cidrs: ['10.0.0.1/32', 'FE80::1/128', '10.0.0.0/8'] },
    { api_cidrs: ['10.0.0.0/8', '10.0.0.1', 'fe80::1'] },
  ],
  ['text but for white space around it', { pem: 'x\n' }, { api_pem: 'x' }],
  ['a list of such texts', { pems: ['x\n', 'y'] }, { api_pems: ['x', 'y\n'] }],
  ['members in any order', { extra: { a: '1', b: '2' } }, { api_extra: { b: '2', a: '1' } }],
])('the same: %s', (_what, section, data) => {
  expect(changed(section, data)).toEqual([])
})

test('a network is not its first address', () => {
  expect(changed({ cidrs: ['10.0.0.1/31'] }, { api_cidrs: ['10.0.0.1'] })).toHaveLength(1)
})

test('what the server keeps can be set and is shown where it cannot be taken away', () => {
  expect(changed({ kept: true }, { api_kept: false })).toEqual([{ field: 'kept', from: false, to: true }])
  expect(changed({}, { api_kept: true })).toEqual([
    { field: 'kept', from: true, to: false, mode: 'createOnly', why: 'the server keeps it' },
  ])
})

test('what is never read back is never compared, and always sent', () => {
  expect(changed({ check: false }, {})).toEqual([])
  expect(apiBody(fields, desired({ check: false }), observed({}))).toMatchObject({ api_check: false })
})

test('a write says everything that the file or the server has, and nothing that only other products know', () => {
  expect(apiBody(fields, desired({}), observed({ api_plain: 'x' }))).toEqual({
    api_name: 'a',
    api_ttl: 0,
    api_list: [],
    api_cidrs: [],
    api_pem: '',
    api_pems: [],
    api_plain: '',
    api_kept: false,
    api_check: true,
  })
})

const value: fc.Arbitrary<Values> = fc.record(
  {
    ttl: fc.nat(3),
    list: fc.subarray(['a', 'b']),
    plain: fc.constantFrom('', 'x'),
    extra: fc.constantFrom({}, { a: 'b' }),
    kept: fc.boolean(),
  },
  { requiredKeys: [] },
)

test('after the body of a write has been taken nothing differs, and the fingerprint is that of what was meant', () => {
  fc.assert(
    fc.property(value, value, (one, two) => {
      // A server that keeps what it is not told otherwise, as Vault's merging endpoints do.
      const first = apiBody(fields, desired(one))
      const after = { ...first, ...apiBody(fields, desired(two), observed(first)) }
      expect(diffFields(fields, desired(two), observed(after)).filter(({ mode }) => mode !== 'createOnly')).toEqual([])
      const print = (values: Values) => fingerprint(readable(fields, values))
      expect(print(observed(after))).toBe(print(desired(two)))
      const same = print(desired(one)) === print(desired(two))
      const { extra: _one, ...plainOne } = one
      const { extra: _two, ...plainTwo } = two
      const equal = diffFields(fields, desired(plainOne), observed(apiBody(fields, desired(plainTwo)))).length === 0
      expect(same).toBe(equal)
    }),
  )
})

test('what a server ignored in silence is found by reading back, only where it was asked for', async () => {
  const at = path`auth/demo/role/app`
  const never = () => Promise.reject(new Error('there is nothing to look at'))
  await requireTaken(fields, at, desired({ plain: 'x' }), never)
  await requireTaken(fields, at, desired({ extra: {} }), never)
  await requireTaken(fields, at, desired({ extra: { a: 'b' } }), () =>
    Promise.resolve(observed({ api_extra: { a: 'b' } })),
  )
  await expect(
    requireTaken(fields, at, desired({ extra: { a: 'b' } }), () => Promise.resolve(observed({}))),
  ).rejects.toMatchObject({
    code: 'ICE2034',
    message: 'Vault took the write of auth/demo/role/app but ignored api_extra.',
    details: { evidence: { parameters: 'api_extra' } },
  })
})

test('canonical JSON is the same for the same value, and another for another', () => {
  const json = fc.jsonValue() as fc.Arbitrary<Json>
  fc.assert(
    fc.property(json, (one) => {
      expect(JSON.parse(canonical(one))).toEqual(JSON.parse(JSON.stringify(one)))
    }),
  )
  expect(canonical({ b: 1, a: undefined })).toBe(canonical({ b: 1 }))
  expect(canonical({ a: 1, b: [2] })).toBe(canonical({ b: [2], a: 1 }))
})
