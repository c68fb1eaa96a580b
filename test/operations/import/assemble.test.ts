import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import type { FileSection, Json } from '../../../src/kinds/contract.js'
import { assemble, type Facts } from '../../../src/operations/import/assemble.js'
import { fileText } from '../../../src/operations/import/text.js'
import { expectGolden } from '../../views/golden.js'

const told = (section: Readonly<Record<string, Json>>, more: Partial<FileSection> = {}): FileSection => ({
  section,
  holes: [],
  remarks: [],
  unsaid: [],
  ...more,
})

const role = (policies: readonly string[], more: Readonly<Record<string, Json>> = {}) =>
  told({ serviceAccounts: ['cart'], namespaces: ['shop'], audience: 'vault', policies, ...more })

const facts = (more: Partial<Facts['live']> = {}): Facts => ({
  name: 'shop',
  vault: { caFile: 'vault-ca.crt' },
  live: {
    address: 'https://vault.example.com:8200',
    namespace: undefined,
    mounts: [
      {
        path: 'shop',
        told: told({ type: 'kubernetes', description: 'the shop' }, { unsaid: ['external_entropy_access'] }),
        config: {
          told: told({ disableLocalCAJWT: false }),
          host: 'https://10.0.0.1:6443',
          ca: 'pem',
          reviewerSet: true,
          usesPod: true,
        },
        roles: [{ name: 'cart', told: role(['kv', 'by-hand', 'default'], { tokenTTL: '1h' }) }],
      },
    ],
    policies: new Map([
      ['kv', 'path "static/data/cart" {\n  capabilities = ["read"]\n}\n'],
      ['by-hand', 'path "static/*" { capabilities = ["list"] }'],
    ]),
    engines: [
      {
        path: 'postgres',
        type: 'database',
        told: told({ type: 'database' }),
        contents: {
          connections: [
            {
              name: 'main',
              told: told(
                {
                  plugin: 'postgresql-database-plugin',
                  url: 'postgresql://{{username}}:{{password}}@db:5432/shop',
                  password: { env: 'POSTGRES_MAIN_PASSWORD' },
                },
                { holes: [{ at: ['password'], text: 'Vault does not show it.' }] },
              ),
            },
          ],
          roles: [{ name: 'cart', told: told({ connection: 'main', creation: ['CREATE ROLE "{{name}}"'] }) }],
          staticRoles: [],
        },
      },
      {
        path: 'static',
        type: 'kv',
        told: told({ type: 'kv', version: 2 }),
        contents: {},
        config: told({ maxVersions: 3 }),
      },
    ],
    left: [{ what: 'the engine pki/', why: 'engines of the type pki are not imported' }],
    ...more,
  },
  clusters: [
    {
      name: 'kind-shop',
      section: { context: 'kind-shop', apiServer: 'https://10.0.0.1:6443' },
      reviewer: { namespace: 'vault-auth', serviceAccount: 'vault-reviewer' },
      holes: [],
      remarks: [{ at: ['auth', 'reviewer'], text: 'ClusterRoleBinding tokenreview lets it ask.' }],
      ca: 'pem',
      accounts: ['shop/cart', 'shop/default'],
      left: [],
    },
  ],
})

test('a small import', () => {
  const assembled = assemble(facts())
  expectGolden('../operations/import/small', fileText(assembled))
  expect(assembled.beside).toEqual([
    { file: 'kind-shop-ca.pem', text: 'pem\n' },
    { file: 'policies/by-hand.hcl', text: 'path "static/*" { capabilities = ["list"] }\n' },
  ])
  expect(assembled.variables).toEqual(['POSTGRES_MAIN_PASSWORD'])
})

test('what the file cannot hold goes with all that needs it, and each is told why', () => {
  const { file, left, beside } = assemble(
    facts({
      policies: new Map([
        ['kv', 'path "static/data/cart" {\n  capabilities = ["read"]\n}\n'],
        ['by-hand', 'path "x" { capabilities = ["list"] }'],
        ['a/b', 'path "x" { capabilities = ["list"] }'],
      ]),
      mounts: [{ path: 'shop', told: told({ type: 'kubernetes' }), roles: [{ name: 'cart', told: role(['a/b']) }] }],
    }),
  )
  expect(Object.keys(file['policies'] as object)).toEqual(['kv', 'by-hand'])
  expect(file['roles']).toBeUndefined()
  expect(left.map(({ what }) => what)).toEqual(expect.arrayContaining(['the policy a/b', 'auth/shop/role/cart']))
  expect(beside.map((one) => one.file)).not.toContain('policies/a_b.hcl')
})

test('a comment never ends before its line does', () => {
  const text = fileText(assemble(facts({ left: [{ what: 'the role a\nroles: {}', why: 'x\u2028y: z' }] })))
  expect((parse(text) as { roles: object }).roles).toHaveProperty('cart')
  expect(text).toContain('the role a roles: {}')
})
