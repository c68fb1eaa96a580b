import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import type { DesiredConnection } from '../../src/kinds/database-connection.js'
import { databaseConnection } from '../../src/kinds/database-connection.js'
import { databaseConfigure } from '../../src/operations/database-configure.js'
import {
  databaseRotateRoot,
  type DatabaseRotateRootOptions,
  type DatabaseRotateRootResult,
} from '../../src/operations/database-rotate-root.js'
import { databaseConnectionStep } from '../../src/operations/steps/database.js'
import { path } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { databaseURL } from './everything.js'
import { limitedToken } from './limited.js'
import { pending as pendingOf } from './scenario.js'
import { changed, openSteps, refused, type Steps } from './steps.js'

const FIRST = 'the-first-password'
const PLUGIN = 'postgresql-database-plugin'

let steps: Steps
let client: pg.Client
/** Vault's user of one test, and the mount that uses it. */
let [user, mount]: [string, string] = ['', '']
let count = 0

beforeAll(async () => {
  steps = await openSteps()
  client = await login(servers().postgres.superuser)
})
afterAll(async () => {
  await steps.close()
  await client.end()
})

beforeEach(async () => {
  user = `${steps.id}_root${++count}`
  mount = `${steps.id}-db${count}`
  Object.assign(process.env, { FIRST })
  await client.query(`CREATE ROLE "${user}" LOGIN CREATEROLE PASSWORD '${FIRST}'`)
  steps.write(file())
  await steps.apply()
})
afterEach(async () => {
  await steps.vault.write(path`sys/leases/revoke-force/${mount}`, {}, { repeatable: true })
  await steps.vault.delete(path`sys/mounts/${mount}`)
  await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1`, [user])
  await client.query(`DROP OWNED BY "${user}"`)
  await client.query(`DROP ROLE "${user}"`)
})

async function login(who: { readonly user: string; readonly password: string }): Promise<pg.Client> {
  const { host, port, database } = servers().postgres
  const opened = new pg.Client({ host, port, database, ...who })
  opened.on('error', () => undefined)
  await opened.connect()
  return opened
}

const role = {
  connection: 'main',
  creation: [`CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`],
  revocation: ['DROP ROLE "{{name}}"'],
}

const file = (more: object = {}, password: object = { env: 'FIRST' }) => ({
  ...steps.base(),
  engines: {
    [mount]: {
      type: 'database' as const,
      connections: {
        main: {
          plugin: PLUGIN,
          url: databaseURL(),
          username: { literal: user },
          password: password as { env: string },
          ...more,
        },
      },
      roles: { app: role },
    },
  },
})

const rotate = (more: Partial<DatabaseRotateRootOptions> = {}): Promise<DatabaseRotateRootResult> =>
  databaseRotateRoot({
    ...steps.look(),
    target: `${mount}/main`,
    acceptUnchecked: false,
    dryRun: false,
    confirm: () => Promise.resolve(true),
    ...more,
  })

const isRotated = async (): Promise<boolean> => {
  try {
    await (await login({ user, password: FIRST })).end()
    return false
  } catch {
    return true
  }
}

const creds = () => steps.vault.readSecret(path`${mount}/creds/app`, { repeatable: false })
const mark = async () => (await steps.inventory()).objects[`vault:${mount}/config/main`]?.mark

test('a user that is Vault’s alone: rotated, proven, and no later apply sends the old password', async () => {
  // Vault has a session of its own, which must not be taken for somebody else's.
  await creds()
  const result = await rotate()
  expect(result).toMatchObject({
    operation: 'database rotate-root',
    address: `vault:${mount}/config/main`,
    username: user,
    rotated: true,
    left: [],
    checks: [
      { check: 'in Vault', verdict: 'passed' },
      { check: 'rights', verdict: 'passed' },
      { check: 'ownership', verdict: 'passed' },
      { check: 'sessions', verdict: 'passed', detail: 'only Vault is logged in as it' },
    ],
    proofs: [
      {
        check: 'a fresh credential',
        verdict: 'passed',
        detail: expect.stringContaining('logged in, renewed, revoked'),
      },
      { check: 'the old password', verdict: 'passed', detail: 'the database refuses it' },
    ],
  })
  expect(await isRotated()).toBe(true)

  expect(pendingOf(await steps.plan())).toEqual({})
  steps.write(file({ maxOpenConnections: 2 }))
  await steps.apply()
  expect(await creds()).toBeDefined()

  // Neither does a step that says something else.
  const section = { maxOpenConnections: 3, plugin: PLUGIN, url: databaseURL() }
  const step = (said: object, kept: readonly string[]) =>
    databaseConfigure(steps.options(databaseConnectionStep, `${mount}/main`, said as never, { kept }), {
      mount,
      name: 'main',
    })
  expect(changed(await step(section, ['plugin', 'url']))).toEqual({ [`vault:${mount}/config/main`]: 'update' })
  expect(await mark()).toMatchObject({ password: 'env FIRST' })
  expect(changed(await step({ ...section, password: { env: 'FIRST' } }, ['plugin', 'url']))).toEqual({})
  expect(await creds()).toBeDefined()
})

describe('refused, whatever is accepted', () => {
  const told = async () => {
    const error = await refused(rotate({ acceptUnchecked: true }))
    expect(await isRotated()).toBe(false)
    return error
  }

  test('a superuser', async () => {
    await client.query(`ALTER ROLE "${user}" SUPERUSER`)
    expect(await told()).toMatchObject({ code: 'ICE4016', exit: 8 })
  })

  test('a user that owns something', async () => {
    await client.query(`CREATE TABLE "${user}_t" (a int)`)
    await client.query(`ALTER TABLE "${user}_t" OWNER TO "${user}"`)
    expect(await told()).toMatchObject({ code: 'ICE4016' })
  })

  test('a user that somebody else is logged in as', async () => {
    const other = await login({ user, password: FIRST })
    try {
      expect(await told()).toMatchObject({ code: 'ICE4016' })
    } finally {
      await other.end()
    }
  })

  test('a user that another connection of Vault uses', async () => {
    await steps.vault.write(path`${mount}/config/second`, {
      plugin_name: PLUGIN,
      connection_url: databaseURL(),
      username: user,
      password: FIRST,
    })
    expect(await told()).toMatchObject({ code: 'ICE4016' })
  })
})

describe('what cannot be looked up', () => {
  test('is refused, and only what is accepted goes on', async () => {
    steps.write(file({}, { env: 'NOT_SET' }))
    const error = await refused(rotate())
    expect(error).toMatchObject({ code: 'ICE4017', exit: 8, next: [expect.stringContaining('--accept unchecked')] })
    expect(await isRotated()).toBe(false)
    const result = await rotate({ acceptUnchecked: true })
    expect(result.checks).toContainEqual(expect.objectContaining({ check: 'in the database', verdict: 'skipped' }))
    expect(result.proofs).toEqual([
      expect.objectContaining({ check: 'a fresh credential', verdict: 'passed' }),
      expect.objectContaining({ check: 'the old password', verdict: 'skipped' }),
    ])
    expect(await isRotated()).toBe(true)
  })

  test('can be looked up as somebody else', async () => {
    const { superuser } = servers().postgres
    process.env['ADMIN'] = superuser.password
    steps.write(steps.base())
    const as = { username: { literal: superuser.user }, password: { env: 'ADMIN' } }
    const result = await rotate({ ...as, dryRun: true })
    expect(result.checks.slice(1)).toEqual([
      expect.objectContaining({ check: 'rights', verdict: 'passed' }),
      expect.objectContaining({ check: 'ownership', verdict: 'passed' }),
      expect.objectContaining({ check: 'sessions' }),
    ])
  })

  test('Vault’s own sessions, where the token may not make it log in anew', async () => {
    await creds()
    const token = await limitedToken(
      steps,
      'rotator',
      `path "${mount}/config/*" { capabilities = ["read"] }
       path "${mount}/config" { capabilities = ["list"] }
       path "${mount}/rotate-root/main" { capabilities = ["update"] }`,
    )
    const options = steps.look()
    process.env['VAULT_TOKEN'] = token
    const work = databaseRotateRoot({
      ...options,
      target: `${mount}/main`,
      acceptUnchecked: false,
      dryRun: false,
      confirm: () => Promise.resolve(true),
    })
    expect(await refused(work)).toMatchObject({ code: 'ICE4017' })
    expect(await isRotated()).toBe(false)
  })
})

test('a dry run shows what speaks against it', async () => {
  await client.query(`ALTER ROLE "${user}" SUPERUSER`)
  const { checks, rotated } = await rotate({ dryRun: true })
  expect([rotated, checks]).toEqual([
    false,
    expect.arrayContaining([{ check: 'rights', verdict: 'failed', detail: 'it is a superuser' }]),
  ])
})

test('a dry run changes nothing, and asks nobody', async () => {
  const confirm = () => Promise.reject(new Error('asked'))
  expect(await rotate({ dryRun: true, confirm })).toMatchObject({ rotated: false, proofs: [] })
  expect(await isRotated()).toBe(false)
})

test('whoever says no is not overruled', async () => {
  expect(await refused(rotate({ confirm: () => Promise.resolve(false) }))).toMatchObject({ code: 'ICE4012', exit: 7 })
  expect(await isRotated()).toBe(false)
})

test('where Vault makes no credentials afterwards that is said, and that it was rotated', async () => {
  await steps.vault.write(path`${mount}/roles/app`, {
    db_name: 'main',
    creation_statements: ['CREATE ROLE nonsense nonsense'],
  })
  expect(await refused(rotate())).toMatchObject({
    code: 'ICE5007',
    exit: 3,
    message: expect.stringContaining('The password was rotated; but then'),
  })
  expect(await isRotated()).toBe(true)
})

test('without the cluster the record is not read, which is told', async () => {
  steps.events.length = 0
  expect(await rotate({ kubeconfig: '/nonexistent' })).toMatchObject({ rotated: true })
  expect(steps.events).toContainEqual(
    expect.objectContaining({ type: 'note', text: expect.stringContaining('record of what is ours') }),
  )
})

test('a mark that does not know what was sent last is settled: nothing is sent', async () => {
  const address = `vault:${mount}/config/main` as const
  const inventory = await steps.inventory()
  const entry = inventory.objects[address]!
  const unknown = { ...entry, mark: { ...(entry.mark as object), password: '?' } }
  await steps.setInventory({ ...inventory, objects: { ...inventory.objects, [address]: unknown } })
  // The file does not name a password that could be sent: nobody knows where the last one came from.
  steps.write({ ...steps.base() })
  await rotate({ password: { env: 'FIRST' } })
  expect(await mark()).toMatchObject({ password: 'rotated by Vault' })
  steps.write(file())
  expect(pendingOf(await steps.plan())).toEqual({})
  steps.write(file({ maxOpenConnections: 2 }))
  await steps.apply()
  expect(await mark()).toMatchObject({ password: 'env FIRST' })
  expect(await creds()).toBeDefined()
})

test('a later source is a new word of the operator', () => {
  const desired = (source: object): DesiredConnection =>
    ({ values: {}, options: {}, username: undefined, password: source }) as never
  const observed = { values: {}, details: {}, username: user }
  const sends = (password: string, source: object) =>
    databaseConnection
      .diff(desired(source), observed, { fingerprint: '', password, options: '' })
      .some(({ field }) => field === 'password')
  expect(sends('env FIRST', { env: 'FIRST' })).toBe(false)
  expect(sends('env FIRST', { env: 'SECOND' })).toBe(true)
  expect(sends('rotated by Vault', { env: 'SECOND' })).toBe(false)
})
