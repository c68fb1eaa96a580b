import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { proveCredential } from '../../src/database/index.js'
import { freePort } from '../../src/sandbox/ports.js'
import { Secret } from '../../src/secrets/index.js'
import { createRoot } from '../kubernetes/certificates.js'
import { servers } from '../servers/index.js'
import { directly, fromElsewhere, hangingUp, withTls, type Front } from './front.js'

const { host, port, database, superuser: login } = servers().postgres
const id = `t${randomBytes(4).toString('hex')}`
const password = `${id}-password`
const issued = { username: new Secret(id), password: new Secret(password) }
const plugin = 'postgresql-database-plugin'
const urlOf = (query = '', name = database) => `postgresql://{{username}}:{{password}}@${host}:${port}/${name}${query}`
const { signal } = new AbortController()
let superuser: pg.Client

beforeAll(async () => {
  superuser = new pg.Client({ host, port, database, ...login })
  await superuser.connect()
})

afterAll(async () => {
  await superuser.query(`DROP DATABASE IF EXISTS "${id}"`)
  await superuser.query(`DROP ROLE IF EXISTS "${id}"`)
  await superuser.end()
})

const create = (how = 'LOGIN') =>
  superuser.query(`DROP ROLE IF EXISTS "${id}"; CREATE ROLE "${id}" ${how} PASSWORD '${password}'`)

/** A lease that Vault would give back by these statements. */
function leaseThat(revocation: string) {
  const done: string[] = []
  return {
    done,
    renew: async () => {
      done.push('renewed')
      return 'renewed'
    },
    revoke: async () => {
      await superuser.query(revocation)
      done.push('revoked')
      return true
    },
  }
}

const dropped = () => leaseThat(`DROP ROLE "${id}"`)
const prove = (target: object = {}, lease = dropped()) =>
  proveCredential({ plugin, url: urlOf(), ...target }, issued, { signal, lease })

describe('a leased credential', () => {
  test('is let in, and no more once it is revoked', async () => {
    await create()
    expect(await prove()).toEqual({ verdict: 'passed', detail: 'logged in, renewed, revoked, then refused' })
  })

  test.each([
    ['a wrong password', `CREATE ROLE "${id}" LOGIN PASSWORD 'another'`],
    ['no LOGIN', `CREATE ROLE "${id}" NOLOGIN PASSWORD '${password}'`],
    ['no such user', 'SELECT 1'],
  ])('that the database does not take fails: %s', async (_, statement) => {
    await superuser.query(`DROP ROLE IF EXISTS "${id}"`)
    await superuser.query(statement)
    await expect(prove()).rejects.toMatchObject({ code: 'ICE5003' })
  })

  test('that may not connect to its database fails', async () => {
    await create()
    await superuser.query(`CREATE DATABASE "${id}"`)
    await superuser.query(`REVOKE CONNECT ON DATABASE "${id}" FROM PUBLIC`)
    await expect(prove({ url: urlOf('', id) })).rejects.toMatchObject({ code: 'ICE5003' })
  })

  test('that outlives its lease fails', async () => {
    await create()
    await expect(prove({}, leaseThat('SELECT 1'))).rejects.toMatchObject({ code: 'ICE5004' })
  })

  test('that may not be revoked now is not called revoked', async () => {
    await create()
    const lease = { ...dropped(), revoke: () => Promise.resolve(false) }
    expect(await prove({}, lease)).toEqual({
      verdict: 'skipped',
      detail: 'logged in, renewed; not revoked at once, so the end of the login was not tried',
    })
  })
})

test('a static role’s credential is let in, and stays', async () => {
  await create()
  const proof = await proveCredential({ plugin, url: urlOf() }, issued, { signal })
  expect(proof).toEqual({ verdict: 'passed', detail: 'logged in (a static role has no lease)' })
})

describe('what cannot be tried is skipped with the reason, and the lease given back all the same', () => {
  const skips = async (target: Parameters<typeof proveCredential>[0], reason: string, what: object = issued) => {
    await create()
    const lease = dropped()
    expect(await proveCredential(target, what as never, { signal, lease })).toEqual({
      verdict: 'skipped',
      detail: `issued, renewed, revoked; not logged in with: ${reason}`,
    })
    expect(lease.done).toEqual(['renewed', 'revoked'])
  }
  const through = async (make: Promise<Front>, use: (port: number) => Promise<void>) => {
    const front = await make
    await use(front.port).finally(() => front.close())
  }

  test('a database that the file does not know', () =>
    skips(undefined, 'the file does not say which database it is for'))
  test('another plug-in', () =>
    skips(
      { plugin: 'mysql-database-plugin', url: '{{username}}:{{password}}@tcp(127.0.0.1:3306)/' },
      'icebreaker does not speak to databases of mysql-database-plugin',
    ))
  test('another credential', () =>
    skips({ plugin, url: urlOf() }, 'it is not a user name and a password', { rsa_private_key: new Secret('key') }))
  test.each([undefined, 'host=db user={{username}}', 'postgresql://a:1,b:2/app', 'mysql://db/app'])(
    'the URL %s',
    (url) =>
      skips(
        { plugin, ...(url !== undefined && { url }) },
        'the connection has no URL such as postgresql://HOST:PORT/DATABASE',
      ),
  )
  test('nobody there', async () => {
    const closed = `127.0.0.1:${await freePort(new Set())}`
    await skips({ plugin, url: urlOf(), probeAddress: closed }, `${closed}: ECONNREFUSED`)
  })
  test('no such database', () =>
    skips({ plugin, url: urlOf('', 'none') }, `${host}:${port}: database "none" does not exist (SQLSTATE 3D000)`))
  test('no TLS where it is demanded', () =>
    skips({ plugin, url: urlOf('?sslmode=require') }, `${host}:${port}: The server does not support SSL connections`))
  test('a connection that is hung up', () =>
    through(hangingUp(), (front) =>
      skips(
        { plugin, url: urlOf('?sslmode=disable'), probeAddress: `127.0.0.1:${front}` },
        `127.0.0.1:${front}: Connection terminated unexpectedly`,
      ),
    ))
  test('a host that is not for us: that the credential is refused from here says nothing', () =>
    through(fromElsewhere(), (front) =>
      skips(
        { plugin, url: urlOf(), probeAddress: `127.0.0.1:${front}` },
        `127.0.0.1:${front}: its pg_hba.conf lets nobody in from here`,
      ),
    ))

  test('a database that is gone when the lease has ended', async () => {
    await create()
    const front = await directly()
    const lease = dropped()
    const closing = {
      ...lease,
      revoke: async () => {
        await front.close()
        return lease.revoke()
      },
    }
    const proof = await prove({ url: urlOf('?sslmode=disable'), probeAddress: `127.0.0.1:${front.port}` }, closing)
    expect(proof).toEqual({
      verdict: 'skipped',
      detail: `logged in, renewed, revoked; then it could not be asked again: 127.0.0.1:${front.port}: ECONNREFUSED`,
    })
  })
})

describe('TLS as libpq has it', () => {
  let front: Front
  let ca: string

  beforeAll(async () => {
    const root = await createRoot('database CA')
    const leaf = await root.issue({ sans: [{ type: 'dns', value: 'db.example.com' }] })
    ca = root.certificate
    front = await withTls({ cert: leaf.certificate, key: leaf.key })
  })

  afterAll(() => front.close())

  const at = (mode: string, urlHost = 'db.example.com') => ({
    url: `postgresql://{{username}}:{{password}}@${urlHost}:5432/${database}${mode}`,
    probeAddress: `127.0.0.1:${front.port}`,
  })

  test.each(['', '?sslmode=prefer', '?sslmode=require'])('encrypted, not verified: %s', async (mode) => {
    await create()
    expect(await prove(at(mode))).toMatchObject({ verdict: 'passed' })
  })

  test.each(['?sslmode=verify-ca', '?sslmode=verify-full'])(
    'verified by tlsCA and the name in the URL: %s',
    async (mode) => {
      await create()
      expect(await prove({ ...at(mode), tlsCA: ca })).toMatchObject({ verdict: 'passed' })
      await create()
      expect(await prove(at(mode))).toMatchObject({
        verdict: 'skipped',
        detail: expect.stringMatching(/CERT|VERIFY|SIGNED/),
      })
    },
  )

  test('the name counts for verify-full, and for verify-ca not', async () => {
    await create()
    expect(await prove({ ...at('?sslmode=verify-ca', 'other.example.com'), tlsCA: ca })).toMatchObject({
      verdict: 'passed',
    })
    await create()
    expect(await prove({ ...at('?sslmode=verify-full', 'other.example.com'), tlsCA: ca })).toMatchObject({
      verdict: 'skipped',
      detail: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
    })
  })
})
