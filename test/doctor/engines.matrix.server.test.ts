import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { isIceError, VAULT } from '../../src/catalogue/index.js'
import type { FileInput } from '../../src/config/schema.js'
import { path } from '../../src/vault/index.js'
import { databaseURL } from '../operations/everything.js'
import type { Scenario } from '../operations/scenario.js'
import { servers } from '../servers/index.js'
import { codes, errors, findingOf, openPatient, smallTrust, type Patient } from './patient.js'

const ADMIN = { name: `d${randomBytes(4).toString('hex')}`, password: randomBytes(12).toString('hex') }
const CREATE = `CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`

/** A KV, a database and a transit engine, and a role that may use all three. */
function trust(scenario: Scenario): FileInput {
  const { id } = scenario
  const small = smallTrust(scenario)
  return {
    ...small,
    engines: {
      ...small.engines,
      [`${id}-db`]: {
        type: 'database',
        connections: {
          main: {
            plugin: 'postgresql-database-plugin',
            url: databaseURL(),
            username: { literal: ADMIN.name },
            password: { literal: ADMIN.password },
          },
        },
        roles: { app: { connection: 'main', creation: [CREATE], revocation: ['DROP ROLE IF EXISTS "{{name}}"'] } },
      },
      [`${id}-transit`]: { type: 'transit', keys: { app: {} } },
    },
    policies: {
      ...small.policies,
      [`${id}-use`]: {
        grants: [
          `read database ${id}-db/app`,
          `encrypt transit ${id}-transit/app`,
          `decrypt transit ${id}-transit/app`,
        ],
      },
      [`${id}-other`]: { grants: [`list kv ${id}-kv/elsewhere`] },
    },
    roles: {
      app: { ...small.roles?.['app'], policies: [`${id}-read`, `${id}-use`, `${id}-other`] } as never,
    },
  }
}

async function sql(...statements: string[]): Promise<void> {
  const { host, port, database, superuser } = servers().postgres
  const client = new pg.Client({ host, port, database, ...superuser })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

let patient: Patient
let id: string
beforeAll(async () => {
  await sql(`CREATE ROLE ${ADMIN.name} WITH LOGIN CREATEROLE PASSWORD '${ADMIN.password}'`)
  patient = await openPatient(trust)
  ;({ id } = patient)
})
afterAll(async () => {
  await patient.close()
  await sql(`DROP ROLE IF EXISTS ${ADMIN.name}`)
})
beforeEach(async () => {
  patient.write(patient.healthy)
})

// Whatever a test has left broken must not break the next one.
afterEach(async () => {
  await sql(`ALTER ROLE ${ADMIN.name} CREATEROLE PASSWORD '${ADMIN.password}'`)
  await patient.apply({ adopt: 'all' }).catch(() => undefined)
})

/** What the finding says is typed; then nothing is found any more. */
async function mended(code: string): Promise<void> {
  const result = await patient.examine()
  expect(errors(result)).toEqual([code])
  await patient.follow(findingOf(result, code))
  expect(codes(await patient.examine())).toEqual([])
}

test('engines that work yield nothing', async () => {
  const result = await patient.examine()
  expect(codes(result)).toEqual([])
  expect(result.left).toEqual([])
})

describe('policies', () => {
  const policy = (name: string, text: string) =>
    patient.vault.write(path`sys/policies/acl/${`${id}-${name}`}`, { policy: text })

  test('ICE9503: somebody took a grant out of a policy', async () => {
    await policy('read', `path "${id}-kv/metadata/creds" { capabilities = ["read"] }`)
    await mended('ICE9503')
  })

  test('a path of KV version 2 without data/ is the cause, the lacking grant its consequence', async () => {
    await policy('read', `path "${id}-kv/creds" { capabilities = ["read"] }`)
    const result = await patient.examine()
    const [error] = errors(result)
    expect(errors(result)).toHaveLength(1)
    expect(error).toMatch(/^ICE70/)
    expect(findingOf(result, error ?? '').consequences).toContain('ICE9503')
    await patient.follow(findingOf(result, error ?? ''))
    expect(codes(await patient.examine())).toEqual([])
  })

  test('ICE9504: another policy of the role denies it', async () => {
    const denying = `path "${id}-kv/metadata/elsewhere/" { capabilities = ["list"] }\npath "${id}-kv/data/creds" { capabilities = ["deny"] }`
    await policy('other', denying)
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9504'])
    expect(findingOf(result, 'ICE9504').evidence['taken away by']).toBe(`${id}-other`)
    await patient.apply()
    expect(codes(await patient.examine())).toEqual([])
  })

  test('ICE9505: a policy of the workload’s identity denies it', async () => {
    await policy('identity', `path "${id}-kv/data/creds" { capabilities = ["deny"] }`)
    const first = await patient.examine()
    expect(codes(first)).toEqual([])
    // The login has made the entity.
    const entity = await entityOf(patient)
    await patient.vault.write(path`identity/entity/id/${entity}`, { policies: [`${id}-identity`] })
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9505'])
    expect(findingOf(result, 'ICE9505').evidence).toMatchObject({
      entity,
      lacks: `read on ${id}-kv/data/creds (has deny)`,
    })
    await patient.vault.write(path`identity/entity/id/${entity}`, { policies: [] })
    expect(codes(await patient.examine())).toEqual([])
  })
})

describe('mounts', () => {
  test('ICE9501: the engine is gone', async () => {
    await patient.vault.delete(path`sys/mounts/${`${id}-transit`}`)
    await mended('ICE9501')
  })

  test('ICE9502: another version of KV is there', async () => {
    await patient.vault.delete(path`sys/mounts/${`${id}-kv`}`)
    await patient.vault.write(path`sys/mounts/${`${id}-kv`}`, { type: 'kv', options: { version: '1' } })
    const result = await patient.examine()
    // What Vault’s own paths are then, the policies do not name.
    expect(errors(result)).toEqual(['ICE9502'])
    await patient.vault.delete(path`sys/mounts/${`${id}-kv`}`)
    await patient.apply({ adopt: 'all' })
    expect(codes(await patient.examine())).toEqual([])
  })
})

describe('database', () => {
  const engine = () => `${id}-db`
  const reset = () => patient.vault.write(path`${engine()}/reset/main`, {}, { repeatable: true })

  test('ICE9510: the connection is gone', async () => {
    await patient.vault.delete(path`${engine()}/config/main`)
    await mended('ICE9510')
  })

  test('ICE9511: the connection does not allow the role', async () => {
    await patient.vault.write(path`${engine()}/config/main`, { allowed_roles: ['another'], verify_connection: false })
    await mended('ICE9511')
  })

  test('ICE9512: the role is gone', async () => {
    await patient.vault.delete(path`${engine()}/roles/app`)
    await mended('ICE9512')
  })

  test('ICE9513: a password in the URL', async () => {
    const { host, port, database } = servers().postgres
    const connection_url = `postgresql://${ADMIN.name}:${ADMIN.password}@${host}:${port}/${database}`
    await patient.vault
      .write(path`${engine()}/config/elsewhere`, {
        ...{ plugin_name: 'postgresql-database-plugin', connection_url, allowed_roles: [] },
      })
      .catch((error: unknown) => {
        // It takes what it says that it ignores.
        if (!isIceError(error) || error.code !== VAULT.ignoredParameters.code) throw error
      })
    expect(codes(await patient.examine())).toEqual(['ICE9513'])
    await patient.vault.delete(path`${engine()}/config/elsewhere`)
  })

  test('ICE9514: nothing listens there', async () => {
    const connection_url = 'postgresql://{{username}}:{{password}}@127.0.0.1:1/app'
    await patient.vault.write(path`${engine()}/config/main`, { connection_url, verify_connection: false })
    expect(errors(await patient.examine())).toEqual(['ICE9514'])
    await patient.vault.write(path`${engine()}/config/main`, {
      connection_url: databaseURL(),
      verify_connection: false,
    })
    expect(codes(await patient.examine())).toEqual([])
  })

  test('ICE9515: the password was changed in the database', async () => {
    await sql(`ALTER ROLE ${ADMIN.name} PASSWORD 'another'`)
    await reset().catch(() => undefined)
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9515'])
    expect(JSON.stringify(result)).not.toContain(ADMIN.password)
    await sql(`ALTER ROLE ${ADMIN.name} PASSWORD '${ADMIN.password}'`)
    await reset()
    expect(codes(await patient.examine())).toEqual([])
  })

  test('ICE9516: no such database', async () => {
    const { host, port } = servers().postgres
    const connection_url = `postgresql://{{username}}:{{password}}@${host}:${port}/nowhere`
    await patient.vault.write(path`${engine()}/config/main`, { connection_url, verify_connection: false })
    expect(errors(await patient.examine())).toEqual(['ICE9516'])
    await patient.vault.write(path`${engine()}/config/main`, {
      connection_url: databaseURL(),
      verify_connection: false,
    })
    expect(codes(await patient.examine())).toEqual([])
  })

  test('ICE9517: Vault’s user may not make users', async () => {
    await sql(`ALTER ROLE ${ADMIN.name} NOCREATEROLE`)
    expect(errors(await patient.examine())).toEqual(['ICE9517'])
    await sql(`ALTER ROLE ${ADMIN.name} CREATEROLE`)
    expect(codes(await patient.examine())).toEqual([])
  })

  test('ICE9518: a mistake in the statements', async () => {
    await patient.vault.write(path`${engine()}/roles/app`, {
      db_name: 'main',
      creation_statements: ['CREATE NONSENSE'],
    })
    expect(errors(await patient.examine())).toEqual(['ICE9518'])
    await patient.apply()
    expect(codes(await patient.examine())).toEqual([])
  })

  test('ICE9519: users that cannot be removed', async () => {
    await patient.vault.write(path`${engine()}/roles/app`, {
      ...{ db_name: 'main', creation_statements: [CREATE], revocation_statements: ['DROP NONSENSE "{{name}}"'] },
    })
    expect(errors(await patient.examine())).toEqual(['ICE9519'])
    await patient.apply()
    expect(codes(await patient.examine())).toEqual([])
  })

  test('the connection is gone and the policy lacks a grant: both are named', async () => {
    await patient.vault.delete(path`${engine()}/config/main`)
    await patient.vault.delete(path`${engine()}/roles/app`)
    await patient.vault.delete(path`${id}-transit/keys/app`).catch(() => undefined)
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9512'])
    await patient.follow(findingOf(result, 'ICE9512'))
    expect(codes(await patient.examine())).toEqual([])
  })
})

describe('transit', () => {
  const key = () => path`${`${id}-transit`}/keys/app`

  test('ICE9530: the key is gone', async () => {
    await patient.vault.write(path`${`${id}-transit`}/keys/app/config`, { deletion_allowed: true })
    await patient.vault.delete(key())
    await mended('ICE9530')
  })

  test('ICE9531: a key for signatures is to encrypt', async () => {
    await patient.vault.write(path`${`${id}-transit`}/keys/app/config`, { deletion_allowed: true })
    await patient.vault.delete(key())
    await patient.vault.write(key(), { type: 'ed25519' })
    const result = await patient.examine()
    expect(new Set(errors(result))).toEqual(new Set(['ICE9531']))
    await patient.vault.write(path`${`${id}-transit`}/keys/app/config`, { deletion_allowed: true })
    await patient.vault.delete(key())
    await patient.apply({ adopt: 'all' })
    expect(codes(await patient.examine())).toEqual([])
  })
})

async function entityOf({ vault, id }: Patient): Promise<string> {
  const row = (await vault.read<Record<string, { accessor: string }>>(path`sys/auth`))?.data[`${id}/`]
  const aliases = await vault.listInfo<{ canonical_id: string; mount_accessor: string }>(path`identity/entity-alias/id`)
  const found = Object.values(aliases).find((alias) => alias.mount_accessor === row?.accessor)
  if (found === undefined) throw new Error('the login has made no entity')
  return found.canonical_id
}
