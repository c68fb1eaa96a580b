import { expect, test } from '@jest/globals'
import type { Json } from '../../src/kinds/contract.js'
import { connectionInFile } from '../../src/kinds/database-connection-file.js'
import { authRoleFields } from '../../src/kinds/auth-role.js'
import { desiredValues, observedValues, sectionOf } from '../../src/kinds/fields.js'
import { grantsOf, type Engines } from '../../src/kinds/grant-inverse.js'
import { compileGrant } from '../../src/kinds/policy.js'
import { renderPolicy, sum, type WrittenGrant } from '../../src/policy/index.js'

const engines = {
  kv1: { type: 'kv', version: 1, secrets: {} },
  kv2: { type: 'kv', version: 2, secrets: {} },
  'kv2/in side': { type: 'kv', version: 2, secrets: {} },
  db: { type: 'database', connections: {}, roles: {}, staticRoles: { fixed: { connection: 'main' } } },
  tr: { type: 'transit', keys: {} },
} as unknown as Engines

const render = (grants: readonly WrittenGrant[]): string =>
  renderPolicy(sum(grants.flatMap((grant) => compileGrant(grant, { engines }, []))))

test.each<readonly [readonly WrittenGrant[]]>([
  [['read kv kv2/app']],
  [['list kv kv2']],
  [['read kv kv2/app/*', 'update kv kv2/app/one']],
  [['read kv kv1/app', 'list kv kv1/app', 'delete kv kv1/app']],
  [['read database db/app', 'read database db/fixed']],
  [['encrypt transit tr/app', 'sign transit tr/app', 'verify transit tr/*']],
  [[{ verb: 'read', engine: 'kv', mount: 'kv2/in side', path: 'a b' }]],
  [['undelete kv kv2/app', 'destroy kv kv2/app', 'subscribe kv kv2/app']],
])('grants come back from the policy that they make: %j', (grants) => {
  const found = grantsOf(render(grants), engines)
  expect(found).toBeDefined()
  expect(render(found!)).toBe(render(grants))
  expect(found).toHaveLength(grants.length)
  // In the order of the paths.
  expect(new Set(found)).toEqual(new Set(grants))
})

test.each([
  ['path "kv2/data/app" { capabilities = ["read"] }'],
  ['path "kv2/data/app" {\n  capabilities = ["read", "sudo"]\n}\n'],
  ['path "sys/mounts" {\n  capabilities = ["read"]\n}\n'],
  ['path "kv2/data/app" {\n  capabilities = ["read"]\n}\n\npath "other/x" {\n  capabilities = ["read"]\n}\n'],
  ['# This policy allows nothing.\n'],
])('what is not letter for letter made from grants is none: %j', (text) => {
  expect(grantsOf(text, engines)).toBeUndefined()
})

test('what equals the absent value is left out, and seconds are durations', () => {
  const values = observedValues(authRoleFields, {
    bound_service_account_names: ['b', 'a'],
    bound_service_account_namespaces: null,
    token_ttl: 5400,
    token_max_ttl: '2h',
    token_type: 'default',
  })
  const section = sectionOf(authRoleFields, values)
  expect(section).toEqual({ serviceAccounts: ['b', 'a'], tokenTTL: '1h30m', tokenMaxTTL: '2h' })
  expect(desiredValues(authRoleFields, { ...section, tokenTTL: 5400, tokenMaxTTL: 7200 })).toEqual(values)
})

const inFile = (url: string, details: Readonly<Record<string, Json>> = {}, username?: string) =>
  connectionInFile({ mount: 'my-db', name: '1' }, { values: { url, plugin: 'p' }, details, username }, {})

test.each([
  ['postgresql://{{username}}:{{password}}@h/db', 'postgresql://{{username}}:{{password}}@h/db', undefined],
  ['postgresql://joe:s3cr3t@h/db', 'postgresql://{{username}}:{{password}}@h/db', 'joe'],
  ['postgresql://joe:*****@h/db', 'postgresql://{{username}}:{{password}}@h/db', 'joe'],
  ['postgres://joe:s3@cr3t/x@h:5432/db', 'postgres://{{username}}:{{password}}@h:5432/db', 'joe'],
  ['joe:s3cr3t@tcp(h:3306)/', '{{username}}:{{password}}@tcp(h:3306)/', 'joe'],
  ['{{username}}:{{password}}@tcp(h:3306)/', '{{username}}:{{password}}@tcp(h:3306)/', undefined],
  ["host=h user=joe password='s3 cr3t' dbname=x", 'host=h user=joe password={{password}} dbname=x', undefined],
  ['sqlserver://h?user=joe&password=s3cr3t&x=1', 'sqlserver://h?user=joe&password={{password}}&x=1', undefined],
])('a URL keeps its places, and loses its password: %s', (url, clean, user) => {
  const { section, remarks } = inFile(url)
  expect(section['url']).toBe(clean)
  expect(section['username']).toEqual(user === undefined ? undefined : { literal: user })
  expect(section['password']).toEqual({ env: 'MY_DB_1_PASSWORD' })
  expect(remarks).toHaveLength(url === clean ? 0 : 1)
})

test('other parameters come along, but for secrets, which are only named', () => {
  const { section, unsaid } = inFile('h', {
    hosts: 'a,b',
    tls_certificate_key: 'x',
    pem: '-----BEGIN PRIVATE KEY-----',
    deep: { a: 1 },
    empty: '',
  })
  expect(section['options']).toEqual({ hosts: 'a,b' })
  expect(unsaid).toEqual(['tls_certificate_key', 'pem', 'deep'])
})
