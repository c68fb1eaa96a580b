import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { VAULT } from '../../src/catalogue/index.js'
import { databaseConfigure } from '../../src/operations/database-configure.js'
import { databaseCreds, type DatabaseCredsOptions } from '../../src/operations/database-creds.js'
import { databaseRole } from '../../src/operations/database-role.js'
import type { StepOptions } from '../../src/operations/step.js'
import {
  databaseConnectionStep,
  databaseRoleStep,
  databaseStaticRoleStep,
} from '../../src/operations/steps/database.js'
import { Shown } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { databaseURL, makeUser } from './everything.js'
import { limitedToken } from './limited.js'
import { changed, fieldsOf, openSteps, refused, type Steps } from './steps.js'

let steps: Steps
let mount = ''
const POSTGRES = 'postgresql-database-plugin'
const CREATE = `CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`
const main = () => ({ plugin: POSTGRES, url: databaseURL(), username: 'vault', password: { env: 'PGPASSWORD' } })
const app = { connection: 'main', creation: [CREATE], revocation: ['DROP ROLE "{{name}}"'], defaultTTL: '5m' }

beforeAll(async () => {
  steps = await openSteps()
  mount = `${steps.id}-db`
  await configure(`${mount}/main`, main())
})
afterAll(() => steps.close())

type More = Partial<StepOptions> & { readonly kept?: readonly string[] }

function configure(target: string, section: object, more: More = {}) {
  process.env['PGPASSWORD'] = servers().postgres.vault.password
  const at = target.lastIndexOf('/')
  return databaseConfigure(steps.options(databaseConnectionStep, target, section as never, more), {
    mount: target.slice(0, at),
    name: target.slice(at + 1),
  })
}

const role = (name: string, section: object, more: More = {}) =>
  databaseRole(steps.options(databaseRoleStep, `${mount}/${name}`, section as never, more), {
    mount,
    name,
    part: 'roles',
  })

const creds = (name: string, more: Partial<DatabaseCredsOptions> = {}) =>
  databaseCreds({ ...steps.look(), target: `${mount}/${name}`, showSecret: false, ...more })

const probeAddress = () => `${servers().postgres.host}:${servers().postgres.port}`
const allowed = async () =>
  (await steps.vault.read<{ allowed_roles: string[] }>(path`${mount}/config/main`))?.data.allowed_roles

describe('configure', () => {
  test('mounts the engine where it is missing, and makes the connection once', async () => {
    const other = `${steps.id}-other`
    expect(changed(await configure(`${other}/pg`, main()))).toEqual({
      [`vault:sys/mounts/${other}`]: 'create',
      [`vault:${other}/config/pg`]: 'create',
    })
    expect(changed(await configure(`${other}/pg`, main()))).toEqual({})
    // The engine is only ensured, whoever made it.
    const theirs = `${steps.id}-theirs`
    await steps.vault.write(path`sys/mounts/${theirs}`, { type: 'database', description: 'theirs' })
    expect(changed(await configure(`${theirs}/pg`, main()))).toEqual({ [`vault:${theirs}/config/pg`]: 'create' })
  })

  test('one field is changed by saying it alone', async () => {
    const known = await databaseConnectionStep.existing!(`${mount}/main`, steps.look())
    expect(known).toMatchObject({ plugin: POSTGRES, url: databaseURL(), username: 'vault' })
    const { plugin, url, username } = known!
    const section = { plugin, url, username, maxOpenConnections: 3 }
    const result = await configure(`${mount}/main`, section, { kept: ['plugin', 'url', 'username'] })
    expect(fieldsOf(result, `vault:${mount}/config/main`)).toEqual(['maxOpenConnections'])
  })

  test('a new one is asked for the password that its URL speaks of', async () => {
    const { password: _none, ...bare } = main()
    expect(await refused(configure(`${mount}/asked`, bare))).toMatchObject({
      code: 'ICE1102',
      exit: 2,
      message: '--password is missing.',
    })
    const asked: string[] = []
    const prompt = (question: string) => {
      asked.push(question)
      return Promise.resolve(servers().postgres.vault.password)
    }
    expect(changed(await configure(`${mount}/asked`, bare, { prompt }))).toEqual({
      [`vault:${mount}/config/asked`]: 'create',
    })
    expect(asked).toEqual([expect.stringContaining(`${mount}/asked`)])
    const { username: _nobody, ...nameless } = main()
    expect((await refused(configure(`${mount}/nameless`, nameless))).message).toBe('--username is missing.')
  })

  test('another sort of engine is left alone', async () => {
    const kv = `${steps.id}-kv1`
    await steps.vault.write(path`sys/mounts/${kv}`, { type: 'kv' })
    expect((await refused(configure(`${kv}/main`, main()))).code).toBe(VAULT.notThere.code)
    expect(await steps.vault.list(path`${kv}`)).toEqual([])
  })

  test('a password that does not fit is refused by Vault, and stands nowhere', async () => {
    process.env['WRONG'] = 'not-the-password'
    const result = await configure(`${mount}/wrong`, { ...main(), password: { env: 'WRONG' } })
    expect(result.outcomes.map(({ state }) => state)).toEqual(['failed'])
    expect(JSON.stringify(result)).not.toContain('not-the-password')
    expect(await steps.vault.read(path`${mount}/config/wrong`)).toBeUndefined()
  })
})

describe('role', () => {
  test('of our own connection: it is told to allow the role, and no other is forgotten', async () => {
    expect(changed(await role('one', app))).toEqual({
      [`vault:${mount}/config/main`]: 'update',
      [`vault:${mount}/roles/one`]: 'create',
    })
    expect(changed(await role('two', app))).toMatchObject({ [`vault:${mount}/roles/two`]: 'create' })
    expect(await allowed()).toEqual(['one', 'two'])
    expect(changed(await role('one', app))).toEqual({})
    // Nothing else of the connection was touched.
    expect((await steps.vault.read(path`${mount}/config/main`))?.data).toMatchObject({
      connection_details: expect.objectContaining({ username: 'vault', connection_url: databaseURL() }),
    })
  })

  test('of others’ connection: the command that allows it is said', async () => {
    const { user, password } = servers().postgres.vault
    await steps.vault.write(path`${mount}/config/theirs`, {
      plugin_name: POSTGRES,
      connection_url: databaseURL(),
      username: user,
      password,
      allowed_roles: ['a-*'],
    })
    expect(changed(await role('a-fits', { ...app, connection: 'theirs' }))).toEqual({
      [`vault:${mount}/roles/a-fits`]: 'create',
    })
    steps.events.length = 0
    expect(changed(await role('b', { ...app, connection: 'theirs' }))).toEqual({ [`vault:${mount}/roles/b`]: 'create' })
    const [note] = steps.events.flatMap((event) => (event.type === 'note' ? [event.text] : []))
    expect(note).toContain(
      `icebreaker database configure ${mount}/theirs --allowed-roles a-*,b --adopt vault:${mount}/config/theirs`,
    )
    expect((await steps.vault.read(path`${mount}/config/theirs`))?.data['allowed_roles']).toEqual(['a-*'])
  })

  test('a connection or an engine that is not there', async () => {
    expect(await refused(role('x', { ...app, connection: 'mian' }))).toMatchObject({
      code: VAULT.notThere.code,
      next: ['Did you mean main?', `To make it: icebreaker database configure ${mount}/mian`],
    })
    const nowhere = `${steps.id}-nosuch`
    const work = databaseRole(steps.options(databaseRoleStep, `${nowhere}/x`, app), {
      mount: nowhere,
      name: 'x',
      part: 'roles',
    })
    expect((await refused(work)).next).toEqual(
      expect.arrayContaining([expect.stringContaining('icebreaker database configure')]),
    )
  })

  test('statements that do not quote are refused in flags', async () => {
    const told = await refused(role('bad', { ...app, creation: ['CREATE ROLE {{name}}'] }))
    expect(told).toMatchObject({
      exit: 2,
      message: expect.stringMatching(/^--creation: .*--accept unquotedStatements/),
    })
  })

  test('a static role: Vault takes the password over; what is said alone changes alone', async () => {
    const user = `${steps.id}_fixed`
    const remove = await makeUser(user)
    try {
      const fixed = (section: object, kept: readonly string[] = []) =>
        databaseRole(steps.options(databaseStaticRoleStep, `${mount}/fixed`, section as never, { kept }), {
          mount,
          name: 'fixed',
          part: 'staticRoles',
        })
      const section = { connection: 'main', username: user, rotationPeriod: '24h' }
      expect(changed(await fixed(section))).toEqual({
        [`vault:${mount}/config/main`]: 'update',
        [`vault:${mount}/static-roles/fixed`]: 'create',
      })
      expect(changed(await fixed(section))).toEqual({})
      expect(await databaseStaticRoleStep.existing!(`${mount}/fixed`, steps.look())).toMatchObject(section)
      const result = await fixed({ ...section, rotationPeriod: '48h' }, ['connection', 'username'])
      expect(fieldsOf(result, `vault:${mount}/static-roles/fixed`)).toEqual(['rotationPeriod'])

      const got = await creds('fixed', { probeAddress: probeAddress() })
      expect(got).toMatchObject({ type: 'static', kept: true, proof: { verdict: 'passed', detail: 'logged in' } })
      expect(Object.keys(got.credential).sort()).toEqual(['password', 'username'])
      expect(Date.parse(got.livesUntil)).toBeGreaterThan(Date.now())
      await steps.vault.delete(path`${mount}/static-roles/fixed`)
    } finally {
      await remove()
    }
  })
})

describe('creds', () => {
  const leases = (name: string) => steps.vault.list(path`sys/leases/lookup/${mount}/creds/${name}`)

  beforeAll(() => role('creds', app))

  test('masked, and revoked at the end', async () => {
    const got = await creds('creds')
    expect(got).toMatchObject({
      operation: 'database creds',
      mount,
      role: 'creds',
      type: 'dynamic',
      kept: false,
      left: [],
    })
    expect(String(got.credential['password'])).toBe('(secret)')
    expect(got.leaseId).toContain(`${mount}/creds/creds/`)
    expect(await leases('creds')).toEqual([])
  })

  test('proven in the database: it lets in, and once it is revoked it does not', async () => {
    const got = await creds('creds', { probeAddress: probeAddress() })
    expect(got.proof).toEqual({ verdict: 'passed', detail: 'logged in, renewed, revoked, then refused' })
    expect(await leases('creds')).toEqual([])
  })

  test('what is asked for lives on, and is tried all the same', async () => {
    const out = join(steps.folder, 'creds.json')
    const got = await creds('creds', { showSecret: true, secretOut: out, probeAddress: probeAddress() })
    expect(got).toMatchObject({ kept: true, savedTo: out, proof: { verdict: 'passed', detail: 'logged in' } })
    const seconds = (Date.parse(got.livesUntil) - Date.now()) / 1000
    expect([seconds > 240, seconds < 360]).toEqual([true, true])
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual({
      username: Shown.text(got.credential['username'] as Shown),
      password: Shown.text(got.credential['password'] as Shown),
    })
    expect(await leases('creds')).toHaveLength(1)
    await steps.vault.write(path`sys/leases/revoke`, { lease_id: got.leaseId!, sync: true })
  })

  test('a database that cannot be reached proves nothing, and the credential is given back', async () => {
    const got = await creds('creds', { probeAddress: '127.0.0.1:1' })
    expect(got.proof).toMatchObject({ verdict: 'skipped', detail: expect.stringContaining('not logged in with') })
    expect(await leases('creds')).toEqual([])
  })

  test('a file that is there is not replaced, and nothing is issued for it', async () => {
    const out = join(steps.folder, 'creds.json')
    expect(await refused(creds('creds', { secretOut: out }))).toMatchObject({ code: 'ICE1107', exit: 2 })
    expect(await leases('creds')).toEqual([])
  })

  test('of a role that is not there the nearest is named', async () => {
    expect(await refused(creds('cred'))).toMatchObject({ code: VAULT.notThere.code, next: ['Did you mean creds?'] })
  })

  test('with a token that may do nothing else: what it cannot give back is told', async () => {
    const token = await limitedToken(steps, 'creds', `path "${mount}/creds/creds" { capabilities = ["read"] }`)
    const options = { ...steps.look(), target: `${mount}/creds`, showSecret: false, probeAddress: probeAddress() }
    process.env['VAULT_TOKEN'] = token
    const got = await databaseCreds(options)
    expect(got).toMatchObject({
      type: 'dynamic',
      proof: { verdict: 'skipped', detail: expect.stringContaining('may not read the connection') },
      left: [expect.stringContaining('may not revoke it')],
    })
  })
})
