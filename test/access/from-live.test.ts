import { expect, test } from '@jest/globals'
import { enginesOfApi, roleOfApi } from '../../src/access/from-live.js'

const role = (data: Record<string, unknown>) =>
  roleOfApi('demo', 'app', {
    bound_service_account_names: ['app'],
    bound_service_account_namespaces: ['team'],
    bound_service_account_namespace_selector: '',
    token_policies: ['one'],
    token_no_default_policy: false,
    alias_name_source: 'serviceaccount_uid',
    ...data,
  })

test('a role as the API gives it', () => {
  expect(role({ token_bound_cidrs: ['10.0.0.0/8'], policies: ['one', 'two'] })).toEqual({
    mount: 'demo',
    name: 'app',
    bindings: { names: ['app'], namespaces: ['team'] },
    policies: ['one', 'two'],
    noDefaultPolicy: false,
    cidrs: ['10.0.0.0/8'],
    aliasName: 'uid',
  })
  expect(role({ token_policies: null, alias_name_source: 'serviceaccount_name' })).toMatchObject({
    policies: [],
    aliasName: 'name',
  })
})

test.each<[string, unknown]>([
  ['{"matchLabels":{"team":"a"}}', { team: 'a' }],
  ['matchLabels:\n  team: a\n', { team: 'a' }],
  ['{}', {}],
  ['{"matchLabels":null}', {}],
  ['null', {}],
  ['{"matchExpressions":[{"key":"a","operator":"Exists"}]}', 'invalid'],
  ['kubernetes.io/metadata.name=test', 'invalid'],
  ['{"matchLabels":{"a":1,"b":true}}', { a: '1', b: 'true' }],
  ['{"matchLabels":{"a":[1]}}', 'invalid'],
  ['[1', 'invalid'],
  ['', undefined],
])('selector %s', (written, selector) => {
  expect(role({ bound_service_account_namespace_selector: written }).bindings.selector).toEqual(selector)
})

test('engines as the file would have them', () => {
  const row = (type: string, options?: { version: string } | null) => ({
    type,
    accessor: '',
    ...(options !== undefined && { options }),
  })
  expect(
    enginesOfApi({
      'a/': row('kv', { version: '2' }),
      'b/c/': row('kv', null),
      'd/': row('generic'),
      'sys/': row('system'),
    }),
  ).toEqual({
    a: { type: 'kv', version: 2 },
    'b/c': { type: 'kv', version: 1 },
    d: { type: 'kv', version: 1 },
    sys: { type: 'system' },
  })
})
