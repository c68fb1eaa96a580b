import { expect, test } from '@jest/globals'
import { findingsOf } from '../../src/access/findings.js'
import { graphOf } from '../../src/access/graph.js'
import type { Access } from '../../src/access/model.js'
import { roleViews } from '../../src/access/who-can.js'
import { access, cluster, policy, role } from './models.js'

const found = (of: Access): string[] =>
  findingsOf(of, roleViews(of)).map(({ code, address, detail }) => `${code} ${address}: ${detail}`)

const one = policy('one', { a: ['read'] })

test('a wildcard, with how many it lets in now', () => {
  const of = access({ roles: [role('one', { bindings: { names: ['*'], namespaces: ['team'] } })], policies: [one] })
  expect(found(of)).toEqual(['ICE7101 vault:auth/demo/role/one: * in team: 2 now, and any that are made later'])
})

test('a role that nobody can use', () => {
  const gone = role('one', { bindings: { names: ['gone'], namespaces: ['team', 'nowhere'] } })
  expect(found(access({ roles: [gone], policies: [one] }))).toEqual([
    'ICE7102 vault:auth/demo/role/one: no account fits gone in team, nowhere',
  ])
  const root = role('one', { policies: ['root', 'one'] })
  expect(found(access({ roles: [root], policies: [one] }))).toEqual([
    'ICE7102 vault:auth/demo/role/one: Vault makes no token with the policy root by a login',
  ])
})

test('nobody is not said where accounts could not be listed', () => {
  const unseen = { name: 'demo', namespaces: undefined, accounts: new Map(), whole: false }
  const roles = [role('one'), role('two', { policies: ['one'], bindings: { names: ['a*'], namespaces: ['team'] } })]
  expect(found(access({ clusters: [unseen], roles, policies: [one] }))).toEqual([
    'ICE7101 vault:auth/demo/role/two: a* in team: not all of them could be listed',
  ])
})

test('policies that nobody has, and policies that there are not', () => {
  const roles = [role('one', { policies: ['one', 'absent'] })]
  const policies = [one, policy('spare', { b: ['read'] }), policy('of-an-entity', {}), policy('default', {})]
  const entities = { key: { id: 'e', name: 'e', disabled: false, policies: ['of-an-entity'] } }
  expect(found(access({ roles, policies, entities }))).toEqual([
    'ICE7104 vault:auth/demo/role/one: there is no policy absent',
    'ICE7103 vault:sys/policies/acl/spare: no role of a Kubernetes auth mount names it',
  ])
  const gaps = [{ code: 'ICE7107' as const, what: 'the roles of auth/x', why: '' }]
  expect(found(access({ roles: [role('one')], policies, gaps }))).toEqual([])
})

test('a drawing has each thing once, wildcards of many as one, and the codes', () => {
  const many = Array.from({ length: 40 }, (_, index) => `a${index}`)
  const of = access({
    clusters: [cluster('demo', { team: [...many, 'app'] })],
    roles: [
      role('one', { policies: ['one', 'two'] }),
      role('two', {
        bindings: { names: ['a*'], namespaces: ['team'] },
        policies: ['two', 'absent'],
        noDefaultPolicy: false,
      }),
    ],
    policies: [
      one,
      policy('two', { a: ['list'], b: [] }),
      policy('spare', { c: ['read'] }),
      policy('default', { d: ['read'] }),
    ],
  })
  const views = roleViews(of)
  const { nodes, edges } = graphOf(of, views, findingsOf(of, views))
  const name = new Map(nodes.map((node) => [node.id, `${node.column} ${node.name}`]))
  expect(nodes.map((node) => [node.column, node.name, ...node.notes, ...node.codes].join(', ')).sort()).toEqual([
    'account, a* in team, 41 accounts',
    'account, team/app',
    'path, a',
    'path, b',
    'path, c',
    'policy, absent, does not exist',
    'policy, one',
    'policy, spare, ICE7103',
    'policy, two',
    'role, one, without the policy default',
    'role, two, ICE7101, ICE7104',
  ])
  expect(
    edges
      .map(({ from, to, label }) => `${name.get(from)} > ${name.get(to)}${label === undefined ? '' : ` (${label})`}`)
      .sort(),
  ).toEqual([
    'account a* in team > role two',
    'account team/app > role one',
    'policy one > path a (read)',
    'policy spare > path c (read)',
    'policy two > path a (list)',
    'policy two > path b (nothing)',
    'role one > policy one',
    'role one > policy two',
    'role two > policy absent',
    'role two > policy two',
  ])
})
