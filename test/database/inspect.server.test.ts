import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { inspectUser, type UserFacts } from '../../src/database/index.js'
import { Secret } from '../../src/secrets/index.js'
import { databaseURL } from '../operations/everything.js'
import { servers } from '../servers/index.js'

const user = `i${randomBytes(4).toString('hex')}`
let client: pg.Client

async function login(who: { readonly user: string; readonly password: string }): Promise<pg.Client> {
  const { host, port, database } = servers().postgres
  const opened = new pg.Client({ host, port, database, application_name: 'somebody', ...who })
  await opened.connect()
  return opened
}

beforeAll(async () => {
  client = await login(servers().postgres.superuser)
  await client.query(`CREATE ROLE "${user}" LOGIN PASSWORD '${user}'`)
})
afterAll(async () => {
  await client.query(`DROP OWNED BY "${user}"`)
  await client.query(`DROP ROLE "${user}"`)
  await client.end()
})

const own = { username: user, password: new Secret(user) }

function look(about = user, as: { username: string; password: Secret } = own, probeAddress?: string) {
  const target = { plugin: 'postgresql-database-plugin', url: databaseURL(), ...(probeAddress && { probeAddress }) }
  return inspectUser(target, as, about, new AbortController().signal)
}

test('a user that nobody else uses, who owns nothing and may not everything', async () => {
  const seen = (await look()) as UserFacts
  expect(seen).toEqual({ owned: 0, sessions: [], now: expect.any(Number) })
  expect(Math.abs(seen.now - Date.now())).toBeLessThan(600_000)
})

test('who is logged in besides us, what it owns in whatever database, and what makes it as good as a superuser', async () => {
  const other = await login({ user, password: user })
  await client.query(`CREATE DATABASE "${user}" OWNER "${user}"`)
  await client.query('CREATE ROLE rds_superuser').catch(() => undefined)
  await client.query(`GRANT rds_superuser TO "${user}"`)
  try {
    expect(await look()).toMatchObject({
      superuser: 'a member of rds_superuser',
      owned: 1,
      sessions: [{ who: 'somebody from 127.0.0.1', startedAt: expect.any(Number) }],
    })
    await client.query(`ALTER ROLE "${user}" SUPERUSER`)
    expect(await look()).toMatchObject({ superuser: 'a superuser' })
    await client.query(`ALTER ROLE "${user}" NOSUPERUSER`)
  } finally {
    await other.end()
    await client.query(`DROP DATABASE "${user}"`)
    await client.query('DROP ROLE rds_superuser')
  }
})

test('another login sees that there are sessions, and not whose', async () => {
  const { user: admin, password } = servers().postgres.vault
  const other = await login({ user, password: user })
  try {
    const seen = await look(user, { username: admin, password: new Secret(password) })
    expect(seen).toMatchObject({ sessions: [{ who: 'a session that this login may not look at' }] })
  } finally {
    await other.end()
  }
})

test('what cannot be looked up says why', async () => {
  expect(await look('nosuch-user')).toBe('missing')
  expect(await look(user, { username: user, password: new Secret('another-one') })).toBe('refused')
  expect(await look(user, own, '127.0.0.1:1')).toMatchObject({ untried: expect.stringContaining('127.0.0.1:1') })
})
