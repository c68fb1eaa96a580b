import { expect, test } from '@jest/globals'
import * as v from 'valibot'
import { accessOfFile, withPlanned } from '../../src/access/from-file.js'
import { resolveBindings } from '../../src/access/bindings.js'
import { fileSchema, type FileInput } from '../../src/config/schema.js'
import { cluster } from './models.js'

const auth = (path: string) => ({ auth: { path, reviewer: { namespace: 'vault-auth', serviceAccount: 'reviewer' } } })
const input: FileInput = {
  version: 1,
  name: 'demo',
  clusters: { one: auth('one'), two: auth('two') },
  namespaces: { blue: { labels: { team: 'blue' } } },
  serviceAccounts: ['blue/app', 'team/new'],
  engines: { kv: { type: 'kv' } },
  policies: {
    app: { grants: ['read kv kv/app/*', 'update kv kv/app/creds'] },
    hand: { file: 'hand.hcl' },
    theirs: { existing: true },
  },
  roles: {
    app: { serviceAccounts: ['app'], namespaces: ['blue'], policies: ['app', 'hand'], audience: 'vault' },
    one: {
      serviceAccounts: ['app'],
      namespaceSelector: { matchLabels: { team: 'blue' } },
      audience: 'vault',
      clusters: ['one'],
      tokenNoDefaultPolicy: true,
      tokenBoundCIDRs: ['10.0.0.0/8'],
      aliasNameSource: 'serviceaccount_name',
    },
  },
}
const file = v.parse(fileSchema, input)
const locate = (keys: readonly (string | number)[]) => ({ file: 'icebreaker.yaml', line: keys.length, column: 1 })

test('roles on every cluster, or on those that they name', async () => {
  const { mounts, roles } = await accessOfFile({ file, texts: {}, locate })
  expect(mounts).toEqual([
    { path: 'one', cluster: 'one' },
    { path: 'two', cluster: 'two' },
  ])
  expect(roles.map(({ mount, name }) => `${mount}/${name}`)).toEqual(['one/app', 'two/app', 'one/one'])
  expect(roles[2]).toMatchObject({
    bindings: { names: ['app'], namespaces: [], selector: { team: 'blue' } },
    policies: [],
    noDefaultPolicy: true,
    cidrs: ['10.0.0.0/8'],
    aliasName: 'name',
    at: { file: 'icebreaker.yaml', line: 2 },
  })
})

test('policies with where they are written: each grant that a stanza comes from', async () => {
  const { policies } = await accessOfFile({ file, texts: { 'hand.hcl': '\npath "a" { policy = "read" }' }, locate })
  expect([...policies.keys()]).toEqual(['default', 'app', 'hand', 'theirs'])
  const grant = (text: string) => ({ text, file: 'icebreaker.yaml', line: 4 })
  expect(policies.get('app')?.stanzas).toEqual([
    { path: 'kv/data/app/*', capabilities: ['read'], sources: [grant('read kv kv/app/*')] },
    {
      path: 'kv/data/app/creds',
      capabilities: ['read', 'update'],
      sources: [grant('read kv kv/app/*'), grant('update kv kv/app/creds')],
    },
  ])
  expect(policies.get('hand')?.stanzas[0]?.sources).toEqual([{ text: 'path "a"', file: 'hand.hcl', line: 2 }])
  expect(policies.get('theirs')).toMatchObject({ stanzas: [], unknown: 'the file says only that it exists' })
})

test('what apply will make counts as there, and is told from what is', () => {
  const view = withPlanned(cluster('one', { team: ['app'], green: ['app'] }), file)
  const there = (bindings: Parameters<typeof resolveBindings>[0]) =>
    resolveBindings(bindings, view).accounts.map(({ namespace, name, there }) => `${namespace}/${name} ${there}`)
  expect(there({ names: ['*'], namespaces: ['*'] }).sort()).toEqual([
    'blue/app planned',
    'green/app yes',
    'team/app yes',
    'team/new planned',
    'vault-auth/reviewer planned',
  ])
  expect(there({ names: ['app'], namespaces: [], selector: { team: 'blue' } })).toEqual(['blue/app planned'])
  expect(there({ names: ['app'], namespaces: [], selector: { 'kubernetes.io/metadata.name': 'blue' } })).toHaveLength(1)
})

test('a namespace that could not be listed does not look empty for what the file adds', () => {
  const unseen = { name: 'one', namespaces: undefined, accounts: new Map(), whole: false }
  const view = withPlanned(unseen, file)
  expect(resolveBindings({ names: ['*'], namespaces: ['team'] }, view)).toMatchObject({
    accounts: [],
    open: [expect.any(String)],
  })
})
