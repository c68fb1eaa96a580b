import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { FileInput } from '../../src/config/schema.js'
import type { IceEvent } from '../../src/events/index.js'
import { scratchName } from '../../src/kinds/scratch.js'
import { refs } from '../../src/kubernetes/index.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { databaseURL } from '../operations/everything.js'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { servers } from '../servers/index.js'
import { detailOf, exceptions, NOTHING, verdicts, withPolicy, withRole } from './harness.js'

let scenario: Scenario
let superuser: pg.Client
let app: string
let auth: string
let database: string

const CREATE = `CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`
const DROP = 'DROP ROLE "{{name}}"'

function file(): FileInput {
  const { id } = scenario
  const usual = { serviceAccounts: ['app'], namespaces: [app], audience: 'vault', policies: [`${id}-all`] }
  const connection = {
    plugin: 'postgresql-database-plugin',
    url: databaseURL(),
    username: { literal: 'vault' },
    password: { env: 'PGPASSWORD' },
    usernameTemplate: `${id}-{{random 8}}`,
  }
  return {
    ...scenario.base(),
    namespaces: { [app]: {} },
    serviceAccounts: [`${app}/app`],
    engines: {
      [`${id}-kv`]: { type: 'kv', secrets: { app: { key: { generate: {} } } } },
      [database]: {
        type: 'database',
        connections: { main: connection },
        roles: { app: { connection: 'main', creation: [CREATE], revocation: [DROP], defaultTTL: '5m', maxTTL: '10m' } },
      },
      [`${id}-transit`]: { type: 'transit', keys: { app: {} } },
    },
    policies: {
      [`${id}-all`]: {
        grants: [
          `read kv ${id}-kv/app`,
          `update kv ${id}-kv/app`,
          `read database ${database}/app`,
          `encrypt transit ${id}-transit/app`,
        ],
      },
      [`${id}-kv`]: { grants: [`read kv ${id}-kv/app`, `update kv ${id}-kv/app`] },
    },
    roles: {
      usual,
      bare: { ...usual, tokenNoDefaultPolicy: true },
      once: { ...usual, tokenNumUses: 1, policies: [`${id}-kv`] },
      few: { ...usual, tokenNumUses: 2 },
      few_bare: { ...usual, tokenNumUses: 2, tokenNoDefaultPolicy: true },
      batch: { ...usual, tokenType: 'batch' },
      batch_bare: { ...usual, tokenType: 'batch', tokenNoDefaultPolicy: true },
      periodic: { ...usual, tokenPeriod: '10m', tokenType: 'service' },
    },
  }
}

beforeAll(async () => {
  scenario = await openScenario()
  app = `${scenario.id}-app`
  auth = `${scenario.id}-auth`
  database = `${scenario.id}-db`
  scenario.write(file())
  await scenario.apply()
  const { host, port, database: name, superuser: login } = servers().postgres
  superuser = new pg.Client({ host, port, database: name, ...login })
  await superuser.connect()
})

afterAll(async () => {
  for (const user of await users()) await superuser.query(`DROP ROLE "${user}"`)
  await superuser.end()
  await scenario.close()
})

async function users(): Promise<string[]> {
  const like = `${scenario.id}-%`
  const { rows } = await superuser.query<{ rolname: string }>('SELECT rolname FROM pg_roles WHERE rolname LIKE $1', [
    like,
  ])
  return rows.map(({ rolname }) => rolname)
}

/** All that verify may have got, as the servers know it. */
async function held(): Promise<Record<string, readonly string[]>> {
  const { id, vault, cluster } = scenario
  const accessors = await vault.list(path`auth/token/accessors`)
  const tokens = await Promise.all(
    accessors.map(async (accessor) => {
      const found = await vault
        .write<{ path: string }>(path`auth/token/lookup-accessor`, { accessor })
        .catch(() => undefined)
      return found?.data.path === `auth/${id}/login` ? [accessor] : []
    }),
  )
  const inBoth = async (list: (namespace: string) => Promise<readonly { metadata: { name: string } }[]>) =>
    (await Promise.all([app, auth].map(list))).flat().map(({ metadata }) => metadata.name)
  return {
    tokens: tokens.flat(),
    leases: await vault.list(path`sys/leases/lookup/${`${database}/creds/app`}`),
    users: await users(),
    secrets: await inBoth((namespace) =>
      cluster.list(refs.secret(namespace, ''), 'app.kubernetes.io/component=scratch'),
    ),
    accounts: (await inBoth((namespace) => cluster.list(refs.serviceAccount(namespace, '')))).sort(),
  }
}

const NOTHING_HELD = {
  tokens: [],
  leases: [],
  users: [],
  secrets: [],
  accounts: ['app', 'default', 'default', 'reviewer'],
}

describe('after every run nothing is left', () => {
  afterEach(async () => {
    expect(await held()).toEqual(NOTHING_HELD)
  })

  test('whatever tokens the roles give', async () => {
    const { verify } = await scenario.verify()
    expect(verify.probes.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
    expect(verify.left).toEqual([])
    const detail = (role: string, what: string) =>
      verify.probes.find((probe) => probe.role === role && probe.name.endsWith(what))?.detail
    expect(detail('usual', `read database ${database}/app`)).toBe('logged in, renewed, revoked, then refused')
    expect(detail('bare', `read database ${database}/app`)).toBe(
      'logged in, renewed by the operator, since the workload may not, revoked, then refused',
    )
    expect(detail('batch', 'logs in')).toContain('a batch token: it cannot be revoked and ends by itself')
  })

  test('where probes fail', async () => {
    const all = await withPolicy(scenario, `${scenario.id}-all`, NOTHING, () =>
      verdicts(scenario, { roles: ['usual'] }),
    )
    expect(Object.values(exceptions(all))).toEqual(Array(4).fill('failed ICE5001'))
  })

  test('where somebody is let in who must not', async () => {
    const everybody = { bound_service_account_names: ['*'], bound_service_account_namespaces: ['*'], audience: '' }
    const all = await withRole(scenario, 'usual', everybody, () => verdicts(scenario, { roles: ['usual'] }))
    expect(Object.values(exceptions(all))).toEqual(Array(3).fill('failed ICE5002'))
  })

  test.each([1, 4, 9])('where the run is stopped after probe %d', async (last) => {
    const controller = new AbortController()
    let ended = 0
    const emit = (event: IceEvent): void => {
      if (event.type === 'probe' && event.state !== 'started' && ++ended === last) controller.abort()
    }
    const { verify, interrupted } = await scenario.verify({
      roles: ['usual', 'bare', 'few'],
      stop: controller.signal,
      emit,
    })
    expect(interrupted).toBe(true)
    expect(verify.left).toEqual([])
    expect(verify.probes.filter(({ detail }) => detail === 'the run was stopped').length).toBeGreaterThan(0)
    expect(verify.probes.filter(({ verdict }) => verdict === 'failed')).toEqual([])
  })
})

test('what a killed run has left goes when it has expired; what belongs to a running one stays', async () => {
  const { cluster } = scenario
  const labels = { 'app.kubernetes.io/component': 'scratch' }
  const make = async (name: string) => {
    const made = await cluster.create(refs.secret(auth, ''), {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: auth, labels },
    })
    return made.metadata.uid ?? ''
  }
  const [expired, running] = [scratchName(Date.now() - 3_600_000), scratchName()]
  const uid = await make(expired)
  await make(running)
  await cluster.create(refs.serviceAccount(auth, ''), {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: {
      name: 'left',
      namespace: auth,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Secret', name: expired, uid }],
    },
  })
  await scenario.verify({ roles: ['once'] })
  expect((await held())['secrets']).toEqual([running])
  await eventually(async () => expect((await held())['accounts']).toEqual(NOTHING_HELD.accounts))
  await cluster.delete(refs.secret(auth, running))
})

describe('with an operator who may nothing in Vault', () => {
  let tokenFile: string

  beforeAll(async () => {
    const made = await scenario.vault.write(path`auth/token/create`, { policies: ['default'], ttl: '5m' })
    tokenFile = join(scenario.folder, 'token')
    writeFileSync(tokenFile, Secret.reveal(made.login!.token), { mode: 0o600 })
  })

  test('what needs him is skipped, what does not passes, and it all ends with the token', async () => {
    const { id } = scenario
    expect(await verdicts(scenario, { roles: ['usual'], tokenFile })).toMatchObject({
      'logs in': 'passed',
      [`update kv ${id}-kv/app`]: 'passed',
      [`encrypt transit ${id}-transit/app`]: 'passed',
      [`read database ${database}/app`]: 'skipped',
    })
    // A token takes its leases with it, a moment later.
    await eventually(async () => expect(await held()).toEqual(NOTHING_HELD))
  })

  test('a token that nobody here may revoke is told, and a lease that cannot end with it', async () => {
    const { id, vault } = scenario
    const { verify } = await scenario.verify({ roles: ['bare', 'batch'], tokenFile })
    const { tokens, leases } = await held()
    expect(verify.left).toEqual([
      expect.stringMatching(`^lease ${database}/creds/app/.*: the operator may not revoke it; it ends with its token`),
      `token ${String(tokens?.[0])} of the role bare: The token may not write auth/token/revoke-accessor.`,
    ])
    expect(leases).toContain(verify.left[0]?.replace(/^lease .*\/(.*): .*/, '$1'))
    const skipped = verify.probes.filter(({ role, verdict }) => role === 'bare' && verdict === 'skipped')
    expect(skipped.map(({ name, detail }) => [name.replace(/.*: /, ''), detail])).toEqual([
      [
        `read database ${database}/app`,
        'logged in, renewed by the operator, since the workload may not; not revoked at once, so the end of the login was not tried',
      ],
      [`update kv ${id}-kv/app`, 'neither the workload nor the operator may ask what is allowed'],
    ])
    await vault.write(path`auth/token/revoke-accessor`, { accessor: tokens?.[0] ?? '' }, { repeatable: true })
    await vault.write(path`sys/leases/revoke-prefix/${database}`, {}, { repeatable: true })
    await eventually(async () => expect(await held()).toEqual(NOTHING_HELD))
  })
})

test('a lease that Vault cannot end, and a user that outlives it, fail', async () => {
  const { id, vault } = scenario
  const role = path`${database}/roles/app`
  const revocation = (statement: string) =>
    vault.write(role, { revocation_statements: [statement] }, { repeatable: true })
  const read = `read database ${database}/app`
  await revocation('DROP ROLE "{{name}}-not"')
  const { verify } = await scenario.verify({ roles: ['usual'] })
  expect(verify.probes.filter(({ verdict }) => verdict === 'failed')).toMatchObject([
    { code: 'ICE5005', detail: expect.stringContaining('does not exist') },
  ])
  expect(verify.left).toEqual([expect.stringMatching(`^lease ${database}/creds/app/.*does not exist`)])
  await revocation(DROP)
  await vault.write(path`sys/leases/revoke-prefix/${database}`, { sync: true }, { repeatable: true })

  await revocation('SELECT 1')
  expect(exceptions(await verdicts(scenario, { roles: ['usual'] }))).toEqual({ [read]: 'failed ICE5004' })
  await revocation(DROP)
  await vault.write(role, { creation_statements: [CREATE.replace('WITH LOGIN', 'WITH NOLOGIN')] }, { repeatable: true })
  expect(exceptions(await verdicts(scenario, { roles: ['usual'] }))).toEqual({ [read]: 'failed ICE5003' })
  await vault.write(role, { creation_statements: [CREATE], renew_statements: ['SELEKT'] }, { repeatable: true })
  expect(exceptions(await verdicts(scenario, { roles: ['usual'] }))).toEqual({ [read]: 'failed ICE5005' })
  expect(await detailOf(scenario, read, { roles: ['usual'] })).toMatch(/^Vault could not renew the lease\. .*SELEKT/)
  await vault.write(role, { renew_statements: [] }, { repeatable: true })
  expect((await held())['leases']).toEqual([])
  expect(await users()).toHaveLength(1)
  expect(id).not.toBe('')
})

async function eventually(holds: () => Promise<unknown>): Promise<void> {
  for (const deadline = Date.now() + 10_000; ; await sleep(100)) {
    try {
      await holds()
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
  }
}
