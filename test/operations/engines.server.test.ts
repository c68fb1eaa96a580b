import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import pg from 'pg'
import { servers } from '../servers/index.js'
import { databaseURL, makeUser, pluginVersions } from './everything.js'
import { openScenario, pending, refusal, states, type Scenario } from './scenario.js'

let scenario: Scenario

beforeEach(async () => {
  scenario = await openScenario()
})
afterEach(() => scenario.close())

async function stored(at: ReturnType<typeof path>): Promise<Record<string, unknown>> {
  return (await scenario.vault.read(at))?.data ?? {}
}

test('a KV secret is seeded once: generated values differ, and what somebody writes later stays', async () => {
  const { id, vault, base } = scenario
  process.env['CANARY'] = 'canary-value'
  const secret = {
    one: { generate: {} },
    two: { generate: { length: 8 } },
    three: { env: 'CANARY' },
    four: { literal: 'x' },
  }
  scenario.write({
    ...base(),
    engines: {
      [`${id}-v2`]: { type: 'kv', secrets: { 'deep/app': secret, other: { one: { generate: {} } } } },
      [`${id}-v1`]: { type: 'kv', version: 1, secrets: { 'deep/app': secret } },
    },
  })
  await scenario.apply()
  const v2 = path`${`${id}-v2`}/data/deep/app`
  const v1 = path`${`${id}-v1`}/deep/app`
  const first = (await stored(v2))['data'] as Record<string, string>
  const { data: other } = (await stored(path`${`${id}-v2`}/data/other`)) as { data: Record<string, string> }
  const old = (await stored(v1)) as Record<string, string>
  for (const data of [first, old]) expect(data).toMatchObject({ three: 'canary-value', four: 'x' })
  expect(first['one']).toMatch(/^[A-Za-z0-9]{32}$/)
  expect(first['two']).toMatch(/^[A-Za-z0-9]{8}$/)
  expect(new Set([first['one'], other['one'], old['one']]).size).toBe(3)

  await vault.write(v2, { data: { one: 'by hand' } })
  await vault.write(v1, { one: 'by hand' })
  process.env['CANARY'] = 'another-value'
  expect(pending(await scenario.apply())).toEqual({})
  expect((await stored(v2))['data']).toEqual({ one: 'by hand' })
  expect(await stored(v1)).toEqual({ one: 'by hand' })
})

test('a KV secret that was deleted is reported, and not written again', async () => {
  const { id, vault, base } = scenario
  scenario.write({ ...base(), engines: { [`${id}-kv`]: { type: 'kv', secrets: { app: { key: { generate: {} } } } } } })
  await scenario.apply()
  await vault.delete(path`${`${id}-kv`}/data/app`)
  const { plan } = await scenario.apply()
  expect(plan.objects.find(({ kind }) => kind === 'KVSecret')).toMatchObject({
    action: 'none',
    reason: 'it was deleted; a KV secret is never written again by itself',
  })
  expect((await stored(path`${`${id}-kv`}/metadata/app`))['current_version']).toBe(1)
  // Without a trace it is a new one.
  await vault.delete(path`${`${id}-kv`}/metadata/app`)
  expect(pending(await scenario.apply())).toEqual({ [`vault:${id}-kv/data/app`]: 'create' })
})

test('what somebody wrote between plan and write stays, in both versions of KV', async () => {
  const { id, vault, base } = scenario
  const engine = { type: 'kv' as const }
  scenario.write({ ...base(), engines: { [`${id}-v2`]: engine, [`${id}-v1`]: { ...engine, version: 1 } } })
  await scenario.apply()
  const secrets = { app: { key: { literal: 'ours' } } }
  scenario.write({
    ...base(),
    engines: { [`${id}-v2`]: { ...engine, secrets }, [`${id}-v1`]: { ...engine, version: 1, secrets } },
  })
  const confirm = async () => {
    await vault.write(path`${`${id}-v2`}/data/app`, { data: { key: 'theirs' } })
    await vault.write(path`${`${id}-v1`}/app`, { key: 'theirs' })
    return true
  }
  const { outcomes } = await scenario.apply({ confirm })
  expect(outcomes.map(({ error }) => [error?.code, error?.exitCode])).toEqual([
    ['ICE4002', 8],
    ['ICE4002', 8],
  ])
  expect((await stored(path`${`${id}-v2`}/data/app`))['data']).toEqual({ key: 'theirs' })
  expect(await stored(path`${`${id}-v1`}/app`)).toEqual({ key: 'theirs' })
})

test('a password that was rotated is not undone: the old one is sent only where the file names another source or user', async () => {
  const { id, vault, base } = scenario
  const { superuser, host, port, database } = servers().postgres
  const client = new pg.Client({ host, port, database, ...superuser })
  await client.connect()
  const user = `${id}_vault`
  try {
    await client.query(`CREATE ROLE "${user}" LOGIN CREATEROLE PASSWORD 'first'`)
    const file = (password: object, more: object = {}, username = user) => ({
      ...base(),
      engines: {
        [`${id}-db`]: {
          type: 'database' as const,
          connections: {
            main: {
              plugin: 'postgresql-database-plugin',
              url: databaseURL(),
              username: { literal: username },
              password: password as { env: string },
              ...more,
            },
          },
          roles: {
            app: {
              connection: 'main',
              creation: [`CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`],
              revocation: ['DROP ROLE "{{name}}"'],
            },
          },
        },
      },
    })
    Object.assign(process.env, { FIRST: 'first', SECOND: 'second' })
    scenario.write(file({ env: 'FIRST' }))
    await scenario.apply()
    await vault.write(path`${`${id}-db`}/rotate-root/main`, {})

    scenario.write(file({ env: 'FIRST' }, { maxOpenConnections: 2 }))
    expect(states(await scenario.apply())).toEqual({ [`vault:${id}-db/config/main`]: 'done' })
    expect((await vault.readSecret(path`${`${id}-db`}/creds/app`))?.data['username']).toBeInstanceOf(Secret)

    // Now the file's word counts again.
    await client.query(`ALTER ROLE "${user}" PASSWORD 'second'`)
    scenario.write(file({ env: 'SECOND' }, { maxOpenConnections: 2 }))
    const { plan, outcomes } = await scenario.apply()
    expect(plan.objects.flatMap(({ changes }) => changes)).toEqual([
      { field: 'password', from: '(secret)', to: '(secret)', why: 'env SECOND' },
    ])
    expect(outcomes.map(({ state }) => state)).toEqual(['done'])
    expect(pending(await scenario.plan())).toEqual({})
  } finally {
    await vault.write(path`sys/leases/revoke-prefix/${`${id}-db`}`, {}, { repeatable: true })
    await vault.delete(path`sys/mounts/${`${id}-db`}`)
    await client.query(`DROP ROLE "${user}"`)
    await client.end()
  }
})

test('options of a plug-in pass through, and another value, or none, is a change', async () => {
  const { id, base } = scenario
  const file = (options: Record<string, string | number | boolean | string[]>) => ({
    ...base(),
    engines: {
      [`${id}-db`]: {
        type: 'database' as const,
        connections: {
          main: {
            plugin: 'postgresql-database-plugin',
            url: databaseURL(),
            username: { literal: 'vault' },
            password: { env: 'PGPASSWORD' },
            options,
          },
        },
      },
    },
  })
  scenario.write(file({ some_option: 'a' }))
  await scenario.apply()
  expect(pending(await scenario.plan())).toEqual({})
  scenario.write(file({ some_option: 'b' }))
  const { plan } = await scenario.apply()
  expect(plan.objects.flatMap(({ changes }) => changes)).toEqual([{ field: 'options.some_option', from: 'a', to: 'b' }])

  // One that the server may not show again is taken away too.
  const all = { a_flag: true, a_list: ['x'], a_number: 3, another: 'y', service_account_json: '{}' }
  scenario.write(file({ some_option: 'b', ...all }))
  await scenario.apply()
  scenario.write(file({ some_option: 'b' }))
  const { plan: taken, outcomes } = await scenario.apply()
  expect(taken.objects.flatMap(({ changes }) => changes.map(({ field, to }) => [field, to]))).toEqual([
    ['options.a_flag', false],
    ['options.a_list', []],
    ['options.a_number', 0],
    ['options.another', ''],
    ['options.service_account_json', ''],
  ])
  expect(outcomes.map(({ state }) => state)).toEqual(['done'])
  const shown = (await stored(path`${`${id}-db`}/config/main`))['connection_details']
  expect(shown).toMatchObject({ some_option: 'b', a_flag: false, a_list: [], a_number: 0, another: '' })
  expect(pending(await scenario.plan())).toEqual({})

  for (const option of ['password', 'max_idle_connections']) {
    scenario.write(file({ [option]: 'x' }))
    const error = await refusal(scenario.plan())
    expect([error.exitCode, error.message]).toEqual([2, expect.stringContaining(`${option} has a field of its own`)])
  }
})

test('a mount is made with the version of its plug-in pinned, and one that is not there is told', async () => {
  const { id, base } = scenario
  const versions = await pluginVersions(scenario)
  const file = (pluginVersion: string) => ({
    ...base({ pluginVersion: versions.kubernetes }),
    engines: { [`${id}-kv`]: { type: 'kv' as const, pluginVersion } },
  })
  scenario.write(file('v99.0.0'))
  const { outcomes } = await scenario.apply()
  expect(outcomes.find(({ state }) => state === 'failed')?.error?.message).toContain('version=v99.0.0')
  scenario.write(file(versions.kv))
  expect(states(await scenario.apply())).toMatchObject({ [`vault:sys/mounts/${id}-kv`]: 'done' })
  expect(pending(await scenario.plan())).toEqual({})
  const [auth, mounts] = [await stored(path`sys/auth`), await stored(path`sys/mounts`)]
  expect(auth[`${id}/`]).toMatchObject({ plugin_version: versions.kubernetes })
  expect(mounts[`${id}-kv/`]).toMatchObject({ plugin_version: versions.kv })
})

test('a user whose password must not be changed at import is not imported where the server would change it', async () => {
  const { id, vault, base } = scenario
  const { host, port, database } = servers().postgres
  const user = `${id}_fixed`
  const removeUser = await makeUser(user)
  try {
    const file = (more: { skipImportRotation?: boolean }) => ({
      ...base(),
      engines: {
        [`${id}-db`]: {
          type: 'database' as const,
          connections: {
            main: {
              plugin: 'postgresql-database-plugin',
              url: databaseURL(),
              username: { literal: 'vault' },
              password: { env: 'PGPASSWORD' },
            },
          },
          staticRoles: { fixed: { connection: 'main', username: user, rotationPeriod: '24h', ...more } },
        },
      },
    })
    scenario.write(file({ skipImportRotation: true }))
    const { outcomes } = await scenario.apply()
    const [failed, ...others] = outcomes.filter(({ state }) => state !== 'done')
    expect(others).toEqual([])
    expect([failed?.address, failed?.error?.code, failed?.error?.details.evidence]).toEqual([
      `vault:${id}-db/static-roles/fixed`,
      'ICE2034',
      { parameters: 'skip_import_rotation' },
    ])
    expect(await vault.list(path`${`${id}-db`}/static-roles`)).toEqual([])
    // As makeUser gave it.
    const client = new pg.Client({ host, port, database, user, password: user })
    await client.connect()
    await client.end()

    scenario.write(file({}))
    expect(states(await scenario.apply())).toEqual({ [`vault:${id}-db/static-roles/fixed`]: 'done' })
    // It has been imported: there is nothing left to skip.
    scenario.write(file({ skipImportRotation: true }))
    expect(pending(await scenario.apply())).toEqual({})
  } finally {
    await vault.delete(path`${`${id}-db`}/static-roles/fixed`)
    await removeUser()
  }
})

test('a transit key is never deleted: what cannot be changed in it is refused', async () => {
  const { id, base } = scenario
  const file = (key: object) => ({
    ...base(),
    engines: { [`${id}-transit`]: { type: 'transit' as const, keys: { app: key } } },
  })
  scenario.write(file({ exportable: true }))
  await scenario.apply()
  scenario.write(file({ type: 'ed25519' }))
  const error = await refusal(scenario.apply())
  expect(error.exitCode).toBe(8)
  scenario.write(file({}))
  const { plan } = await scenario.apply()
  expect(plan.objects.find(({ kind }) => kind === 'TransitKey')).toMatchObject({
    action: 'none',
    reason: 'the server keeps it',
    changes: [{ field: 'exportable', from: true, to: false, mode: 'createOnly' }],
  })
})
