import { describe, expect, test } from '@jest/globals'
import { DOCTOR, IceError } from '../../src/catalogue/index.js'
import { madeAnew } from '../../src/doctor/checks/reviewer-account.js'
import { lookalike } from '../../src/doctor/checks/reviewer-rights.js'
import { rejection } from '../../src/doctor/checks/reviewer.js'
import { readersOf, type Rbac } from '../../src/doctor/facts/secret-readers.js'
import type { KubernetesObject } from '../../src/kubernetes/index.js'

const known = <T>(value: T) => ({ known: true, value, from: 'operator', staleForMs: 0 }) as const
const unknown = { known: false, why: new IceError(DOCTOR.notProbed, { message: 'It would make something.' }) } as const

const named = (name: string, more: object = {}, namespace?: string): KubernetesObject => ({
  metadata: { name, ...(namespace !== undefined && { namespace }) },
  ...more,
})
const account = (name: string, namespace: string) => ({ kind: 'ServiceAccount', name, namespace })
const group = (name: string) => ({ kind: 'Group', name })
const to = (name: string, ...subjects: object[]) => ({ roleRef: { kind: 'ClusterRole', name }, subjects })

describe('who can read the Secret', () => {
  const reading = { verbs: ['get'], apiGroups: [''], resources: ['secrets'] }
  const rbac = (more: Partial<Rbac>): Rbac => ({
    clusterRoles: [
      named('read', { rules: [reading] }),
      named('read-one', { rules: [{ ...reading, resourceNames: ['reviewer-token'] }] }),
      named('read-other', { rules: [{ ...reading, resourceNames: ['other'] }] }),
      named('write', { rules: [{ ...reading, verbs: ['create'] }] }),
      named('pods', { rules: [{ ...reading, resources: ['pods'] }] }),
      named('cluster-admin', { rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] }),
    ],
    clusterRoleBindings: [],
    roles: [],
    roleBindings: [],
    ...more,
  })
  const secret = { namespace: 'vault-auth', name: 'reviewer-token', account: 'reviewer' }
  const read = (more: Partial<Rbac>) => readersOf(secret, rbac(more))

  test.each([
    ['read', ['ServiceAccount eso/eso']],
    ['read-one', ['ServiceAccount eso/eso']],
    ['read-other', []],
    ['write', []],
    ['pods', []],
    ['cluster-admin', []],
    ['not-there', []],
  ] as const)('%s', (role, expected) => {
    expect(read({ clusterRoleBindings: [named('b', to(role, account('eso', 'eso')))] })).toEqual(expected)
  })

  test('only in its namespace', () => {
    const local = (namespace: string) => [named('b', to('read', group('developers')), namespace)]
    expect(read({ roleBindings: local('vault-auth') })).toEqual(['Group developers'])
    expect(read({ roleBindings: local('app') })).toEqual([])
  })

  test('neither itself nor Kubernetes, but everybody', () => {
    const members = [
      account('reviewer', 'vault-auth'),
      account('token-cleaner', 'kube-system'),
      { kind: 'User', name: 'system:kube-controller-manager' },
      group('system:masters'),
      group('system:authenticated'),
      group('system:serviceaccounts:vault-auth'),
    ]
    expect(read({ clusterRoleBindings: [named('b', to('read', ...members))] })).toEqual([
      'Group system:authenticated',
      'Group system:serviceaccounts:vault-auth',
    ])
  })
})

describe('a binding that was meant for it', () => {
  const who = { namespace: 'vault-auth', serviceAccount: 'reviewer', mode: 'secret' } as const
  const there = new Set(['app/reviewer', 'vault-auth/reviewer'])
  const delegating = (name: string, ...subjects: object[]) => named(name, to('system:auth-delegator', ...subjects))
  const found = (...bindings: KubernetesObject[]) => lookalike(who, bindings, there)?.binding

  test('the one that apply makes, whomever it names', () => {
    expect(found(delegating('icebreaker:vault-auth:reviewer', account('other', 'app')))).toBe(
      'icebreaker:vault-auth:reviewer',
    )
  })
  test('one for an account that is not there, of the same name or in the same namespace', () => {
    expect(found(delegating('b', account('reviewer', 'typo')))).toBe('b')
    expect(found(delegating('b', account('reviewr', 'vault-auth')))).toBe('b')
    expect(found(delegating('b', { kind: 'User', name: 'reviewer' }))).toBe('b')
  })
  test('not one that somebody else lives on, nor another role, nor where it is not known who is there', () => {
    expect(found(delegating('b', account('reviewer', 'app')))).toBeUndefined()
    expect(found(named('b', to('view', account('reviewer', 'typo'))))).toBeUndefined()
    expect(found(delegating('b', account('else', 'typo')))).toBeUndefined()
    expect(lookalike(who, [delegating('b', account('reviewer', 'typo'))], undefined)).toBeUndefined()
  })
})

describe('an account that was made anew', () => {
  const MADE = '2026-05-01T12:00:00Z'
  const BEFORE = '2026-05-01T11:00:00Z'
  const AFTER = '2026-05-01T13:00:00Z'
  const live = { metadata: { name: 'reviewer', uid: 'new', creationTimestamp: MADE } }
  const record = (mark: object) => known({ mark: { fingerprint: 'f', ...mark }, isUnchanged: true })
  const base = { recorded: unknown, record: unknown, secret: unknown, met: unknown }
  const secret = (uid: string) => known({ name: 's', exists: true, filled: true, uid })

  test('after its token was issued', () => {
    expect(madeAnew(live, { ...base, record: record({ issuedAt: BEFORE }) })).toBeDefined()
    expect(madeAnew(live, { ...base, record: record({ issuedAt: AFTER }) })).toBeUndefined()
  })
  test('with another uid, after the last apply', () => {
    const recorded = known({ uid: 'old', appliedAt: BEFORE })
    const written = record({ secretUid: 's1' })
    expect(madeAnew(live, { ...base, record: written, recorded })).toMatchObject({ uid: 'new', 'recorded uid': 'old' })
    expect(madeAnew(live, { ...base, record: written, recorded, secret: secret('s1') })).toBeUndefined()
    const applied = known({ uid: 'old', appliedAt: AFTER })
    expect(madeAnew(live, { ...base, record: written, recorded: applied })).toBeUndefined()
    expect(
      madeAnew(live, { ...base, record: written, recorded: known({ uid: 'new', appliedAt: BEFORE }) }),
    ).toBeUndefined()
  })
  test('not where its token is taken, nor without a record', () => {
    expect(
      madeAnew(live, { ...base, record: record({ issuedAt: BEFORE }), met: known({ reached: true }) }),
    ).toBeUndefined()
    expect(madeAnew(live, base)).toBeUndefined()
  })
})

describe('a token that is not known', () => {
  const file = (token: string) =>
    ({ clusters: { demo: { auth: { method: 'kubernetes', reviewer: { token } } } } }) as never
  const base = (token = 'bound') => ({
    subject: { kind: 'mount', mount: 'demo', method: 'kubernetes', cluster: 'demo' } as const,
    scene: { file: file(token), isWritten: true },
    config: { token_reviewer_jwt_set: true },
    record: known({ mark: { fingerprint: 'f', expiresAt: '2999-01-01T00:00:00Z' }, isUnchanged: true }),
    held: known(undefined),
    who: known(undefined),
  })
  const code = (problem: ReturnType<typeof rejection>) => problem.record?.code

  test('of nothing more is proven', () => {
    expect(rejection(base())).toMatchObject({ remedy: { commands: ['icebreaker reviewer rotate'] } })
    expect(code(rejection(base()))).toBeUndefined()
    expect(rejection({ ...base(), record: unknown })).toMatchObject({ remedy: { apply: ['vault:auth/demo/config'] } })
  })
  test('that is recorded as expired, which apply renews', () => {
    const record = known({ mark: { fingerprint: 'f', expiresAt: '2020-01-01T00:00:00Z' }, isUnchanged: true })
    const problem = rejection({ ...base(), record })
    expect([code(problem), problem.remedy]).toEqual(['ICE9203', { apply: ['vault:auth/demo/config'] }])
  })
  test('that of Vault’s own pod, in another cluster (a replay)', () => {
    expect(code(rejection({ ...base('secret'), config: { token_reviewer_jwt_set: false } }))).toBe('ICE9202')
  })
  test('that was handed in: expired, or of a pod that is gone', () => {
    const claims = { audiences: [], expiresAt: '2020-01-01T00:00:00Z' }
    expect(code(rejection({ ...base(), held: known({ claims }) }))).toBe('ICE9203')
    const bound = { audiences: [], boundTo: { kind: 'Pod', name: 'vault-0' } }
    expect(code(rejection({ ...base(), held: known({ claims: bound, podExists: false }) }))).toBe('ICE9204')
    expect(code(rejection({ ...base(), held: known({ claims: bound, podExists: true }) }))).toBeUndefined()
  })
})
