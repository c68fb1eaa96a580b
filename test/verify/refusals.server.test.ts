import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { FileInput } from '../../src/config/schema.js'
import { refs } from '../../src/kubernetes/index.js'
import { path } from '../../src/vault/index.js'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { detailOf, EVERYTHING, exceptions, verdicts, withPolicy, withRole } from './harness.js'

let scenario: Scenario
let app: string
let auth: string

const ACCOUNT = 'another service account is refused'
const NAMESPACE = 'another namespace is refused'
const AUDIENCE = 'another audience is refused'
const POLICIES = 'no other policies'
const OUTSIDE = 'a path outside the policies is refused'

type Role = NonNullable<FileInput['roles']>[string]

function fileWith(roles: Record<string, Partial<Role>>, more: Partial<FileInput> = {}): FileInput {
  const { id } = scenario
  const usual = { serviceAccounts: ['app'], namespaces: [app], policies: [`${id}-app`], audience: 'vault' }
  return {
    ...scenario.base(),
    namespaces: { [app]: {} },
    serviceAccounts: [`${app}/app`],
    engines: { [`${id}-kv`]: { type: 'kv', secrets: { 'app/creds': { key: { generate: {} } } } } },
    policies: { [`${id}-app`]: { grants: [`read kv ${id}-kv/app/creds`] } },
    roles: Object.fromEntries(Object.entries(roles).map(([name, role]) => [name, { ...usual, ...role }])),
    ...more,
  }
}

beforeAll(async () => {
  scenario = await openScenario()
  app = `${scenario.id}-app`
  auth = `${scenario.id}-auth`
  scenario.write(fileWith({ app: {} }))
  await scenario.apply()
})

afterAll(() => scenario.close())

describe('a trust that is too wide fails', () => {
  test.each([
    ['an account more', () => ({ bound_service_account_names: ['app', 'default'] }), ACCOUNT],
    ['all accounts', () => ({ bound_service_account_names: ['*'] }), ACCOUNT],
    ['a namespace more', () => ({ bound_service_account_namespaces: [app, auth] }), NAMESPACE],
    ['all namespaces', () => ({ bound_service_account_namespaces: ['*'] }), NAMESPACE],
    ['no audience', () => ({ audience: '' }), AUDIENCE],
    ['a policy more', () => ({ token_policies: [`${scenario.id}-app`, 'admin'] }), POLICIES],
  ])('%s in the role', async (_, fields, what) => {
    const all = await withRole(scenario, 'app', fields(), () => verdicts(scenario))
    expect(exceptions(all)).toEqual({ [what]: 'failed ICE5002' })
  })

  test.each([
    ['everywhere', () => EVERYTHING],
    ['in the engine', (kv: string) => `path "${kv}/data/*" { capabilities = ["read"] }`],
    ['in the folder', (kv: string) => `path "${kv}/data/app/*" { capabilities = ["read"] }`],
  ])('a policy that allows reading %s', async (_, policy) => {
    const { id } = scenario
    const all = await withPolicy(scenario, `${id}-app`, policy(`${id}-kv`), () => verdicts(scenario))
    expect(exceptions(all)).toEqual({ [OUTSIDE]: 'failed ICE5002' })
  })

  test('nothing of it is tried with --positive-only', async () => {
    const all = await withRole(scenario, 'app', { bound_service_account_names: ['*'], audience: '' }, () =>
      verdicts(scenario, { positiveOnly: true }),
    )
    expect(all).toEqual({ 'logs in': 'passed', [`read kv ${scenario.id}-kv/app/creds`]: 'passed' })
  })
})

describe('a refusal that proves nothing does not pass', () => {
  test('where nobody is let in, since the reviewer is broken', async () => {
    const { id, cluster } = scenario
    const binding = refs.clusterRoleBinding(`icebreaker:${auth}:reviewer`)
    const before = await cluster.get(binding)
    await cluster.delete(binding)
    const all = await verdicts(scenario)
    const { metadata, ...rest } = before!
    await cluster.create(binding, { ...rest, metadata: { name: metadata.name, labels: metadata.labels ?? {} } })
    expect(all).toEqual({
      'logs in': 'failed ICE2036',
      [`read kv ${id}-kv/app/creds`]: 'skipped',
      [ACCOUNT]: 'skipped',
      [NAMESPACE]: 'skipped',
      [AUDIENCE]: 'skipped',
      [POLICIES]: 'skipped',
      [OUTSIDE]: 'skipped',
    })
  })

  test('where the role is gone', async () => {
    const { id, vault } = scenario
    await vault.delete(path`auth/${id}/role/app`)
    const all = await verdicts(scenario)
    await scenario.apply()
    expect(Object.values(all).filter((verdict) => verdict === 'passed')).toEqual([])
    expect(all['logs in']).toBe('failed ICE2036')
  })

  test('a token that lacks a policy of the file fails, and what it may do is tried all the same', async () => {
    const all = await withRole(scenario, 'app', { token_policies: ['default'] }, () => verdicts(scenario))
    expect(exceptions(all)).toEqual({
      'logs in': 'failed ICE5001',
      [`read kv ${scenario.id}-kv/app/creds`]: 'failed ICE5001',
    })
  })
})

describe('what is tried', () => {
  test('a role that admits the account default is tried with another one', async () => {
    scenario.write(fileWith({ app: { serviceAccounts: ['default'] } }))
    await scenario.apply()
    expect(exceptions(await verdicts(scenario))).toEqual({})
    const wide = await withRole(scenario, 'app', { bound_service_account_names: ['*'] }, () => verdicts(scenario))
    expect(exceptions(wide)).toEqual({ [ACCOUNT]: 'failed ICE5002' })
    const wider = await withRole(scenario, 'app', { bound_service_account_namespaces: [app, auth] }, () =>
      verdicts(scenario),
    )
    expect(exceptions(wider)).toEqual({ [NAMESPACE]: 'failed ICE5002' })
  })

  test('what a role admits anyway, and what cannot be known, is skipped', async () => {
    const { id } = scenario
    scenario.write(
      fileWith(
        {
          globs: { serviceAccounts: ['app-*'], accept: ['wildcard'] },
          all: { serviceAccounts: ['*'], namespaces: ['*'], accept: ['wildcard'] },
          open: { audience: undefined, accept: ['noAudience'] },
          foreign: { policies: [`${id}-app`, `${id}-foreign`] },
        },
        {
          policies: {
            [`${id}-app`]: { grants: [`read kv ${id}-kv/app/creds`, `read kv ${id}-kv/any/*`] },
            [`${id}-foreign`]: { existing: true },
          },
          verify: [{ as: `${app}/app`, role: 'all', can: [`read kv ${id}-kv/app/creds`] }],
        },
      ),
    )
    await scenario.apply()
    await scenario.vault.write(path`sys/policies/acl/${`${id}-foreign`}`, { policy: EVERYTHING }, { repeatable: true })

    const { verify } = await scenario.verify()
    const told = (role: string) =>
      verify.probes
        .filter((probe) => probe.role === role && probe.verdict !== 'passed')
        .map(({ name, verdict, detail }) => `${name.split(': ').slice(1).join(': ')}: ${verdict}: ${String(detail)}`)
    expect(told('globs')).toEqual(['role globs: skipped: its bindings name no account; name one under `verify`'])
    expect(told('all').map((line) => line.replace(`${app}/app as all: `, ''))).toEqual([
      `${NAMESPACE}: skipped: the role admits every namespace that could be tried`,
      `${ACCOUNT}: skipped: the role admits every name that could be tried`,
      `read kv ${id}-kv/any/*: skipped: a glob names no one path to try`,
    ])
    expect(told('open').map((line) => line.replace(`${app}/app as open: `, ''))).toEqual([
      `${AUDIENCE}: skipped: the role asks for no audience`,
      `read kv ${id}-kv/any/*: skipped: a glob names no one path to try`,
    ])
    expect(told('foreign').map((line) => line.replace(`${app}/app as foreign: `, ''))).toEqual([
      `${OUTSIDE}: skipped: it is allowed, and ${id}-foreign may mean that: their rules are not grants of this file`,
      `policy ${id}-foreign: skipped: its rules are not grants of this file`,
      `read kv ${id}-kv/any/*: skipped: a glob names no one path to try`,
    ])
  })

  test('a role for the API server’s own audience is tried with another one', async () => {
    scenario.write(fileWith({ app: { audience: 'https://kubernetes.default.svc.cluster.local' } }))
    await scenario.apply()
    expect(exceptions(await verdicts(scenario))).toEqual({})
  })

  test('policies of the identity are no policies of the role', async () => {
    const { id, vault, cluster } = scenario
    scenario.write(fileWith({ app: {} }))
    await scenario.apply({ verify: 'always' })
    // A login has made the entity; a policy is given to that.
    const account = await cluster.get(refs.serviceAccount(app, 'app'))
    const mounts = await vault.read<Record<string, { accessor: string }>>(path`sys/auth`)
    const entity = await vault.write<{ id: string }>(path`identity/lookup/entity`, {
      alias_name: account?.metadata.uid ?? '',
      alias_mount_accessor: mounts?.data[`${id}/`]?.accessor ?? '',
    })
    await vault.write(path`identity/entity/id/${entity.data.id}`, { policies: [`${id}-more`] }, { repeatable: true })
    expect(exceptions(await verdicts(scenario))).toEqual({})
    expect(await detailOf(scenario, POLICIES)).toBe(`besides ${id}-more, of the identity’s own`)
    await vault.delete(path`identity/entity/id/${entity.data.id}`)
  })

  test('the roles that are asked for, and so many accounts of each', async () => {
    const names = ['app', 'one', 'two']
    scenario.write(
      fileWith(
        { first: {}, second: { serviceAccounts: names } },
        { serviceAccounts: names.map((name) => `${app}/${name}`) },
      ),
    )
    await scenario.apply()
    const accountsIn = async (options: { roles?: string[]; sample?: number }) => {
      const { verify } = await scenario.verify({ positiveOnly: true, ...options })
      const logins = verify.probes.filter(({ name }) => name.endsWith('logs in'))
      expect(logins.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
      return logins.map(({ name }) => name.replace('demo: ', '').replace(`${app}/`, '').replace(': logs in', ''))
    }
    expect(await accountsIn({})).toEqual(['app as first', 'app as second', 'one as second', 'two as second'])
    expect(await accountsIn({ sample: 2 })).toEqual(['app as first', 'app as second', 'one as second'])
    expect(await accountsIn({ roles: ['second'], sample: 1 })).toEqual(['app as second'])
    await expect(scenario.verify({ roles: ['secnd'] })).rejects.toMatchObject({
      code: 'ICE5006',
      exitCode: 2,
      next: ['Did you mean second?'],
    })
  })

  test('a role that lets in only other addresses cannot be tried from here', async () => {
    scenario.write(fileWith({ app: { tokenBoundCIDRs: ['10.0.0.0/8'] } }))
    await scenario.apply()
    expect(Object.values(await verdicts(scenario))).toEqual(Array(7).fill('skipped'))
    expect(await detailOf(scenario, 'logs in')).toBe('refused here, where the role lets in only 10.0.0.0/8')
  })

  test('an account that is not there is skipped, with the reason', async () => {
    scenario.write(fileWith({ app: {}, later: { serviceAccounts: ['later'] } }))
    await scenario.apply()
    const { verify } = await scenario.verify()
    const login = verify.probes.find(({ name }) => name === `demo: ${app}/later as later: logs in`)
    expect(login).toMatchObject({ verdict: 'skipped', detail: expect.stringContaining('later') })
    expect(verify.probes.filter(({ role, verdict }) => role === 'later' && verdict !== 'skipped')).toEqual([])
  })
})
