import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { FileInput } from '../../src/config/schema.js'
import { path } from '../../src/vault/index.js'
import { databaseURL } from '../operations/everything.js'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { detailOf, EVERYTHING, exceptions, NOTHING, verdicts, withPolicy } from './harness.js'

let scenario: Scenario
const file = (on: Scenario): FileInput => {
  const { id } = on
  const grants = (name: string) => [
    ...KV.map((verb) => `${verb} kv ${id}-v1/${name}/creds`),
    ...KV.map((verb) => `${verb} kv ${id}-v2/${name}/creds`),
    `list kv ${id}-v1/${name}`,
    `list kv ${id}-v2/${name}`,
    `read database ${id}-db/${name}`,
    ...AES.map((verb) => `${verb} transit ${id}-transit/${name}`),
    ...AES.map((verb) => `${verb} transit ${id}-transit/${name}-derived`),
    ...SIGN.map((verb) => `${verb} transit ${id}-transit/${name}-ec`),
    ...SIGN.filter((verb) => verb !== 'sign').map((verb) => `${verb} transit ${id}-transit/${name}-hmac`),
    `read transit ${id}-transit/${name}`,
  ]
  const both = <T>(make: (name: string) => Record<string, T>) => ({ ...make('app'), ...make('other') })
  return {
    ...on.base(),
    namespaces: { [`${id}-app`]: {} },
    serviceAccounts: [`${id}-app/app`],
    engines: {
      [`${id}-v1`]: {
        type: 'kv',
        version: 1,
        secrets: both((name) => ({ [`${name}/creds`]: { key: { generate: {} } } })),
      },
      [`${id}-v2`]: { type: 'kv', secrets: both((name) => ({ [`${name}/creds`]: { key: { generate: {} } } })) },
      [`${id}-db`]: {
        type: 'database',
        connections: {
          main: {
            plugin: 'postgresql-database-plugin',
            url: databaseURL(),
            username: { literal: 'vault' },
            password: { env: 'PGPASSWORD' },
          },
        },
        roles: both((name) => ({
          [name]: {
            connection: 'main',
            creation: [`CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`],
            revocation: ['DROP ROLE "{{name}}"'],
            defaultTTL: '1m',
            maxTTL: '10m',
          },
        })),
      },
      [`${id}-transit`]: {
        type: 'transit',
        keys: both((name) => ({
          [name]: {},
          [`${name}-derived`]: { derived: true },
          [`${name}-ec`]: { type: 'ecdsa-p256' },
          [`${name}-hmac`]: { type: 'hmac', keySize: 32 },
        })),
      },
    },
    policies: { [`${id}-app`]: { grants: grants('app') } },
    roles: { app: { serviceAccounts: ['app'], namespaces: [`${id}-app`], policies: [`${id}-app`], audience: 'vault' } },
    verify: [{ as: `${id}-app/app`, role: 'app', cannot: grants('other') }],
  }
}
const KV = ['read', 'create', 'update', 'patch', 'delete', 'undelete', 'destroy']
const AES = ['encrypt', 'decrypt', 'rewrap']
const SIGN = ['sign', 'verify', 'hmac']

beforeAll(async () => {
  scenario = await openScenario()
  scenario.write(file(scenario))
  await scenario.apply()
})

afterAll(() => scenario.close())

test('every grant is used for real and passes, and every one that is not given is refused', async () => {
  const all = await verdicts(scenario)
  expect(exceptions(all)).toEqual({})
  expect(Object.keys(all).filter((what) => what.startsWith('cannot '))).toHaveLength(29)
  expect(Object.keys(all)).toHaveLength(29 * 2 + 6)
})

test('every grant fails where the policy lacks it', async () => {
  const all = await withPolicy(scenario, `${scenario.id}-app`, NOTHING, () => verdicts(scenario))
  const failed = Object.entries(exceptions(all))
  expect(failed.filter(([, verdict]) => verdict !== 'failed ICE5001')).toEqual([])
  expect(failed).toHaveLength(29)
})

test('every refusal fails where the policy allows all, whatever comes of the use', async () => {
  const all = await withPolicy(scenario, `${scenario.id}-app`, EVERYTHING, () => verdicts(scenario))
  const failed = Object.entries(exceptions(all))
  expect(failed.filter(([, verdict]) => verdict !== 'failed ICE5002')).toEqual([])
  expect(failed.map(([what]) => what).filter((what) => !what.startsWith('cannot '))).toEqual([
    'a path outside the policies is refused',
  ])
  expect(failed).toHaveLength(30)
})

describe('what a policy allows beside a grant is no proof of it', () => {
  test('reading is not writing', async () => {
    const { id } = scenario
    const all = await withPolicy(scenario, `${id}-app`, `path "${id}-v2/*" { capabilities = ["read"] }`, () =>
      verdicts(scenario, { positiveOnly: true }),
    )
    expect(all).toMatchObject({
      [`read kv ${id}-v2/app/creds`]: 'passed',
      [`update kv ${id}-v2/app/creds`]: 'failed ICE5001',
      [`delete kv ${id}-v2/app/creds`]: 'failed ICE5001',
    })
  })

  test('in version 1 of KV what ends versions is deleting', async () => {
    const { id } = scenario
    const all = await withPolicy(scenario, `${id}-app`, `path "${id}-v1/*" { capabilities = ["delete"] }`, () =>
      verdicts(scenario, { positiveOnly: true }),
    )
    expect(all).toMatchObject({
      [`destroy kv ${id}-v1/app/creds`]: 'passed',
      [`undelete kv ${id}-v1/app/creds`]: 'passed',
      [`update kv ${id}-v1/app/creds`]: 'failed ICE5001',
    })
  })

  test('nor is it a refusal that fails: reading may, writing must not', async () => {
    const { id } = scenario
    const all = await withPolicy(scenario, `${id}-app`, `path "${id}-v2/*" { capabilities = ["read"] }`, () =>
      verdicts(scenario),
    )
    expect(all).toMatchObject({
      [`cannot read kv ${id}-v2/other/creds`]: 'failed ICE5002',
      [`cannot update kv ${id}-v2/other/creds`]: 'passed',
    })
  })
})

test('a key that is gone is not made anew by looking for it', async () => {
  const { id, vault } = scenario
  const key = path`${id}-transit/keys/app`
  await vault.write(path`${id}-transit/keys/app/config`, { deletion_allowed: true }, { repeatable: true })
  await vault.delete(key)
  const all = await verdicts(scenario, { positiveOnly: true })
  expect(await vault.read(key)).toBeUndefined()
  expect(all).toMatchObject(Object.fromEntries(AES.map((verb) => [`${verb} transit ${id}-transit/app`, 'skipped'])))
  expect(await detailOf(scenario, `encrypt transit ${id}-transit/app`)).toBe('there is no key app to try it with')
  await vault.write(key, {}, { repeatable: true })
})

test('nothing was changed by trying', async () => {
  const { id, vault } = scenario
  const metadata = await vault.read<{ current_version: number }>(path`${id}-v2/metadata/app/creds`)
  expect(metadata?.data.current_version).toBe(1)
})
