import { describe, expect, test } from '@jest/globals'
import { IceError, VAULT, VERIFY } from '../../src/catalogue/index.js'
import { check } from '../../src/config/problems.js'
import { fileSchema } from '../../src/config/schema.js'
import { parseYaml } from '../../src/config/yaml.js'
import type { FileInput } from '../../src/config/schema.js'
import { outside } from '../../src/verify/outside.js'
import { mustBeRefused, mustNotLogIn } from '../../src/verify/probe.js'
import { strangersOf } from '../../src/verify/strangers.js'
import { subjectsOf } from '../../src/verify/subjects.js'

const trust = (path: string) => ({ auth: { path, reviewer: { namespace: 'vault-auth', serviceAccount: 'reviewer' } } })

function subjects(more: Partial<FileInput>, selection: { roles?: string[]; sample?: number } = {}) {
  const file: FileInput = { version: 1, name: 'demo', clusters: { one: trust('one'), two: trust('two') }, ...more }
  const checked = check(fileSchema, parseYaml(JSON.stringify(file), 'icebreaker.yaml'))
  return subjectsOf(checked, { roles: [], sample: Infinity, ...selection })
}

const role = { serviceAccounts: ['app'], namespaces: ['app'], audience: 'vault' }

describe('who is tried', () => {
  const who = (more: Partial<FileInput>, selection?: { roles?: string[]; sample?: number }) => {
    const chosen = subjects(more, selection)
    return [
      ...chosen.subjects.map(({ cluster, account, role: name }) => `${cluster} ${account} ${name}`),
      ...chosen.unnamed.map(({ cluster, role: name }) => `${cluster} - ${name}`),
    ]
  }

  test('each account of each namespace, on each cluster of the role', () => {
    const roles = {
      a: { ...role, serviceAccounts: ['x', 'y'], namespaces: ['n', 'm'], clusters: ['two'] },
      b: role,
    }
    expect(who({ roles })).toEqual([
      'two n/x a',
      'two n/y a',
      'two m/x a',
      'two m/y a',
      'one app/app b',
      'two app/app b',
    ])
    expect(who({ roles }, { roles: ['a'], sample: 1 })).toEqual(['two n/x a'])
  })

  test('where all is globs, those that the verify section names, and only on its clusters', () => {
    const roles = { a: { ...role, serviceAccounts: ['app-*'], accept: ['wildcard' as const] } }
    expect(who({ roles })).toEqual(['one - a', 'two - a'])
    expect(who({ roles, verify: [{ as: 'app/app-1', role: 'a', clusters: ['one'] }] })).toEqual([
      'one app/app-1 a',
      'two - a',
    ])
  })
})

describe('strangers differ from the workload in one thing', () => {
  const accounts = (more: object) =>
    strangersOf({ ...role, ...more }, 'app/app', 'vault-auth', 'kubernetes').map((stranger) =>
      'none' in stranger ? stranger.none : [stranger.account.replace(/scratch-.*/, 'scratch'), stranger.isThere],
    )

  test.each([
    [
      'named',
      {},
      [
        ['app/default', true],
        ['vault-auth/app', false],
      ],
    ],
    [
      'the account default',
      { serviceAccounts: ['default'] },
      [
        ['app/icebreaker-scratch', false],
        ['vault-auth/default', true],
      ],
    ],
    [
      'the reviewer’s namespace',
      { namespaces: ['vault-auth'] },
      [
        ['app/default', true],
        ['default/app', false],
      ],
    ],
    [
      'a glob of accounts',
      { serviceAccounts: ['app*'] },
      [
        ['app/default', true],
        ['vault-auth/app', false],
      ],
    ],
    [
      'a glob in the middle',
      { serviceAccounts: ['d*t'] },
      [
        ['app/icebreaker-scratch', false],
        ['vault-auth/default', true],
      ],
    ],
    [
      'all accounts',
      { serviceAccounts: ['*'] },
      ['the role admits every name that could be tried', ['vault-auth/default', true]],
    ],
    [
      'all namespaces',
      { namespaces: ['*'] },
      [['app/default', true], 'the role admits every namespace that could be tried'],
    ],
    [
      'a selector',
      { namespaces: [], namespaceSelector: { matchLabels: {} } },
      [['app/default', true], 'the role has a namespaceSelector: whom it admits depends on labels'],
    ],
  ])('%s', (_, more, expected) => {
    expect(accounts(more)).toEqual(expected)
  })
})

test.each([
  [['read kv kv2/app/creds'], /^kv2\/data\/app\/icebreaker-scratch-/],
  [['read kv kv2/app/*'], /^kv2\/data\/icebreaker-scratch-/],
  [['read kv kv2/*'], /^sys\/policies\/acl\/icebreaker-scratch-/],
  [['read kv kv2/+/creds'], /^kv2\/data\/icebreaker-scratch-/],
  [['list kv kv2/app', 'read kv kv1/creds'], /^kv1\/icebreaker-scratch-/],
  [['list kv kv2/app'], /^sys\/policies\/acl\/icebreaker-scratch-/],
])('a path outside %j lies as near as can be', (grants, expected) => {
  const {
    subjects: [subject],
  } = subjects({
    engines: { kv1: { type: 'kv', version: 1 }, kv2: { type: 'kv' } },
    policies: { p: { grants } },
    roles: { r: { ...role, policies: ['p'] } },
  })
  expect(outside(subject!.can).text).toMatch(expected)
})

describe('a refusal', () => {
  const throwing = (record: ConstructorParameters<typeof IceError>[0], status?: number) => () =>
    Promise.reject(new IceError(record, { message: 'no', ...(status !== undefined && { evidence: { status } }) }))

  test('is Vault’s own word on a token that it knows', async () => {
    expect(await mustBeRefused(throwing(VAULT.notPermitted, 403), 0)).toEqual({ verdict: 'passed' })
    await expect(mustBeRefused(throwing(VAULT.tokenInvalid, 403), 0)).rejects.toMatchObject({ code: 'ICE2027' })
    await expect(mustBeRefused(throwing(VAULT.sealed, 503), 0)).rejects.toMatchObject({ code: 'ICE2024' })
    await expect(mustBeRefused(throwing(VAULT.refused), 0)).rejects.toMatchObject({ code: 'ICE2011' })
  })

  test('may have been the last use of a token that lasts for a few', async () => {
    expect(await mustBeRefused(throwing(VAULT.tokenInvalid, 403), 1)).toEqual({ verdict: 'passed' })
  })

  test('is not that something was given and did not work, or could not be proven', async () => {
    const allowed = { verdict: 'failed', code: 'ICE5002' }
    expect(await mustBeRefused(throwing(VERIFY.credentialRefused), 0)).toMatchObject(allowed)
    const unproven = { verdict: 'skipped', detail: 'out of reach', allowed: true } as const
    expect(await mustBeRefused(() => Promise.resolve(unproven), 0)).toMatchObject(allowed)
    expect(await mustBeRefused(() => Promise.resolve({ verdict: 'passed' }), 0)).toMatchObject(allowed)
  })

  test('is not that nothing was tried', async () => {
    const untried = { verdict: 'skipped', detail: 'a glob' } as const
    expect(await mustBeRefused(() => Promise.resolve(untried), 0)).toEqual(untried)
  })
})

describe('a refused login', () => {
  const refusedWith =
    (said: string, status = 403) =>
    () =>
      Promise.reject(new IceError(VAULT.loginRefused, { message: 'no', evidence: { status, said } }))

  test('counts for the reason that Vault gives', async () => {
    expect(await mustNotLogIn(refusedWith('namespace not authorized'), /namespace/)).toEqual({ verdict: 'passed' })
    expect(await mustNotLogIn(refusedWith('permission denied'), /namespace/)).toEqual({
      verdict: 'skipped',
      detail: 'refused, but not for this: permission denied',
    })
  })

  test('is nothing else: no such role, a server in trouble, being let in', async () => {
    await expect(mustNotLogIn(refusedWith('invalid role name', 400), /role/)).rejects.toMatchObject({ code: 'ICE2036' })
    const jwt = 'error validating claims: claim "/x" does not match'
    expect(await mustNotLogIn(refusedWith(jwt, 400), /claim "\/x"/)).toEqual({ verdict: 'passed' })
    await expect(mustNotLogIn(() => Promise.reject(new Error('bug')), /bug/)).rejects.toThrow('bug')
    expect(await mustNotLogIn(() => Promise.resolve(), /./)).toMatchObject({ verdict: 'failed', code: 'ICE5002' })
  })
})
