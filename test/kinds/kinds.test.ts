import { expect, test } from '@jest/globals'
import { KINDS } from '../../src/kinds/index.js'
import type { Resource } from '../../src/kinds/contract.js'
import { buildGraph } from '../../src/reconcile/graph.js'
import { context, fileWith } from './files.js'

const demo = fileWith().clusters['demo']!
const keys = { method: 'jwt', path: 'keys', keys: 'pinned' } as const

const full = fileWith({
  clusters: { demo, keys: { auth: keys } },
  namespaces: { app: { labels: { team: 'a' } } },
  serviceAccounts: ['app/app'],
  engines: {
    static: { type: 'kv', secrets: { 'app/creds': { key: { generate: {} } } } },
    old: { type: 'kv', version: 1, secrets: { app: { key: { literal: 'x' } } } },
    there: { type: 'kv', existing: true },
    db: {
      type: 'database',
      connections: { main: { plugin: 'postgresql-database-plugin' } },
      roles: { app: { connection: 'main' } },
      staticRoles: { fixed: { connection: 'main', username: 'u', rotationPeriod: '24h' } },
    },
    transit: { type: 'transit', keys: { app: {} } },
  },
  policies: {
    app: { grants: ['read kv static/app/creds', 'read kv there/x'] },
    'by-hand': { file: 'by-hand.hcl' },
    theirs: { existing: true },
  },
  roles: { app: { serviceAccounts: ['app'], namespaces: ['app'], audience: 'vault', policies: ['app', 'theirs'] } },
})

const withIssuer: typeof context = {
  ...context,
  clusters: {
    ...context.clusters,
    keys: { ...context.clusters['demo']!, issuer: { url: 'https://issuer.example.com', keys: ['KEY'] } },
  },
}
const graph = buildGraph(KINDS, full, withIssuer)
const resources = [...graph.values()]

test('a file with everything expands to an object of every kind, and none for what is others’', () => {
  expect(new Set(resources.map(({ kind }) => kind.kind))).toEqual(new Set(KINDS.map(({ kind }) => kind)))
  expect(resources.map(({ address }) => address).filter((address) => /there|theirs/.test(address))).toEqual([])
})

test('grants come after the policies that they name, all of a mount after the mount, a trust from the ground up', () => {
  const order = [...graph.keys()]
  const before = (first: string, second: string) =>
    expect([first, second, order.indexOf(first as never) < order.indexOf(second as never)]).toEqual([
      first,
      second,
      true,
    ])
  before('vault:sys/policies/acl/app', 'vault:auth/demo/role/app')
  before('k8s:demo:Namespace/vault-auth', 'k8s:demo:ServiceAccount/vault-auth/reviewer')
  before('k8s:demo:ServiceAccount/vault-auth/reviewer', 'k8s:demo:Secret/vault-auth/reviewer-token')
  before('k8s:demo:Secret/vault-auth/reviewer-token', 'vault:auth/demo/config')
  before('k8s:demo:ClusterRoleBinding/icebreaker:vault-auth:reviewer', 'vault:auth/demo/config')
  before('vault:auth/demo/config', 'vault:auth/demo/role/app')
  before('vault:static/config', 'vault:static/data/app/creds')
  before('vault:db/config/main', 'vault:db/roles/app')
  for (const { within, address } of resources) if (within !== undefined) before(within, address)
})

test.each(resources.map((resource) => [resource.address, resource] as const))(
  '%s: whatever it needs is in the file, its place is known, and its calls name it',
  (_address, { kind, id, desired, after, from, within }: Resource) => {
    for (const needed of [...after, ...(within === undefined ? [] : [within])]) expect(graph.has(needed)).toBe(true)
    expect(from.length).toBeGreaterThan(0)
    const { read, write } = kind.calls(id, desired)
    expect(write.length).toBeGreaterThan(0)
    for (const call of [...read, ...write]) {
      if (call.api === 'vault') expect(call.capabilities.length).toBeGreaterThan(0)
      else expect(['demo', 'keys']).toContain(call.cluster)
    }
  },
)

test.each(resources.map((resource) => [resource.address, resource] as const))(
  '%s: plain JSON that can be saved, and a mark that holds no value of it',
  (_address, { kind, id, desired }: Resource) => {
    expect(JSON.parse(JSON.stringify(desired))).toEqual(desired)
    const mark = JSON.stringify(kind.intended(id, desired))
    expect(mark.length).toBeLessThan(200)
  },
)

test('a new object is created whole in one stage, and what is as it should be has nothing to change', () => {
  for (const { kind, desired } of resources) {
    if (kind.ownership === 'within') continue
    expect(Object.values(kind.stages(desired, undefined))).toEqual([desired])
  }
})

test('a role for some clusters only, and a second cluster: each gets its own', () => {
  const { demo } = full.clusters
  const two = { ...full, clusters: { demo, other: { ...demo, auth: { ...demo!.auth, path: 'other' } } } } as typeof full
  const contexts = { ...context, clusters: { ...context.clusters, other: context.clusters['demo']! } }
  const roles = (file: typeof full) =>
    [...buildGraph(KINDS, file, contexts).keys()].filter((address) => address.includes('/role/'))
  expect(roles(two)).toEqual(['vault:auth/demo/role/app', 'vault:auth/other/role/app'])
  const only = { ...two, roles: { app: { ...two.roles['app']!, clusters: ['other'] } } }
  expect(roles(only)).toEqual(['vault:auth/other/role/app'])
})

test('two clusters at one path are the same mount, which no file can mean', () => {
  const { demo } = full.clusters
  const two = { ...full, clusters: { demo, other: demo } } as typeof full
  expect(() => buildGraph(KINDS, two, context)).toThrow('are the same object, vault:sys/auth/demo')
})
