import { describe, expect, test } from '@jest/globals'
import * as v from 'valibot'
import { IceError, VAULT } from '../../src/catalogue/index.js'
import { databaseConnectionSchema } from '../../src/kinds/database-connection-fields.js'
import { databaseConnection } from '../../src/kinds/database-connection.js'
import { databaseRoleSchema } from '../../src/kinds/database-role.js'
import {
  databaseStaticRole,
  databaseStaticRoleFields,
  databaseStaticRoleSchema,
} from '../../src/kinds/database-static-role.js'
import { desiredValues } from '../../src/kinds/fields.js'
import { fromApi } from '../../src/kinds/database-credential.js'
import { engineMount } from '../../src/kinds/engine-mount.js'
import { kvConfig } from '../../src/kinds/kv-config.js'
import { kvSecret } from '../../src/kinds/kv-secret.js'
import { fileWith, context } from './files.js'

const connection = (more: object = {}) => {
  const file = fileWith({
    engines: {
      db: {
        type: 'database',
        connections: { main: { plugin: 'p', username: { literal: 'u' }, password: { env: 'PW' }, ...more } },
        roles: { a: { connection: 'main' } },
        staticRoles: { b: { connection: 'main', username: 'x', rotationPeriod: '1h' } },
      },
    },
  })
  const [draft] = [...databaseConnection.expand(file, context)]
  return draft!.desired
}

const live = (username = 'u') => {
  const { values } = connection()
  return { values, details: {}, username }
}
const fieldsOf = (desired: ReturnType<typeof connection>, observed: ReturnType<typeof live>, password = 'env PW') =>
  databaseConnection.diff(desired, observed, { fingerprint: '', password, options: '' }).map(({ field }) => field)

test('the roles that use a connection may use it, unless the file says which', () => {
  expect(connection().values['allowedRoles']).toEqual(['a', 'b'])
  expect(connection({ allowedRoles: ['*'] }).values['allowedRoles']).toEqual(['*'])
})

test('a password is sent for a new connection, another source, or another user; else never again', () => {
  expect(fieldsOf(connection(), live())).toEqual([])
  expect(fieldsOf(connection(), live(), 'env OLD')).toEqual(['password'])
  expect(fieldsOf(connection(), live('other'))).toEqual(['username', 'password'])
  expect(databaseConnection.diff(connection(), undefined).map(({ field, to }) => [field, to])).toEqual([
    ['plugin', 'p'],
    ['allowedRoles', ['a', 'b']],
    ['username', 'u'],
    ['password', '(secret)'],
  ])
})

test('whether another password was sent before a kill is not known, so it is sent again', () => {
  const settled = (last: string | undefined) =>
    databaseConnection.settled?.(
      live(),
      { fingerprint: 'f', password: 'env PW', options: '' },
      last === undefined ? undefined : { fingerprint: '', password: last, options: '' },
    )
  expect(settled(undefined)).toEqual({ fingerprint: 'f', password: 'env PW', options: '' })
  expect(settled('env PW')).toEqual({ fingerprint: 'f', password: 'env PW', options: '' })
  expect(fieldsOf(connection(), live(), settled('env OLD')?.password)).toEqual(['password'])
})

describe('an option that the file no longer has', () => {
  const mark = { fingerprint: '', password: 'env PW', options: 'flag\nhidden\nlist\nnumber\ntext' }
  const shown = { flag: true, list: ['x'], number: 3, text: 'a', theirs: 'set by the plug-in' }
  const changes = (desired: ReturnType<typeof connection>, details: object) =>
    databaseConnection
      .diff(desired, { ...live(), details: { ...details } }, mark)
      .map(({ field, from, to }) => [field, from, to])

  test('is emptied, each by its sort; what we did not set is left alone', async () => {
    expect(changes(connection(), shown)).toEqual([
      ['options.flag', true, false],
      ['options.hidden', undefined, ''],
      ['options.list', ['x'], []],
      ['options.number', 3, 0],
      ['options.text', 'a', ''],
    ])
    const bodies: object[] = []
    const vault = { write: (_at: unknown, body: object) => (bodies.push(body), Promise.resolve({})) }
    const io = { vault, secrets: { resolve: () => Promise.resolve('u') } } as never
    const desired = connection({ options: { text: 'b' } })
    const written = await databaseConnection.write(
      { mount: 'db', name: 'main' },
      desired,
      { ...live(), details: shown },
      io,
      mark,
    )
    expect(bodies).toMatchObject([{ flag: false, hidden: '', list: [], number: 0, text: 'b' }])
    expect(bodies[0]).not.toHaveProperty('theirs')
    expect(written.options).toBe('text')
  })

  test('is done with once it is empty, and none where a step speaks of other fields', () => {
    const hidden = connection({ options: { hidden: 'h' } })
    expect(changes(hidden, { flag: false, list: [], number: 0, text: '' })).toEqual([])
    expect(changes(hidden, { flag: null, list: null, number: null, text: null })).toEqual([])
    expect(changes(databaseConnection.keep!(connection(), live(), new Set()), shown)).toEqual([])
  })

  test('is taken away again where it is not known whether a killed run did it', () => {
    const intent = { fingerprint: '', password: 'env PW', options: 'new' }
    expect(databaseConnection.settled?.(live(), intent, mark).options).toBe('flag\nhidden\nlist\nnew\nnumber\ntext')
  })
})

test.each([
  [{ url: 'postgresql://{{username}}:{{password}}@db:5432/app' }, true],
  [{ url: 'postgresql://vault:geheim@db:5432/app' }, false],
  [{ probeAddress: 'localhost:5432' }, true],
  [{ probeAddress: '[::1]:5432' }, true],
  [{ probeAddress: 'localhost' }, false],
  [{ options: { password: 'x' } }, false],
  [{ options: { connection_url: 'x' } }, false],
  [{ options: { auth_type: 'gcp_iam' } }, true],
])('a connection with %j is accepted: %p', (more, accepted) => {
  expect(v.is(databaseConnectionSchema, { plugin: 'p', ...more })).toBe(accepted)
})

test.each([
  [`CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`, true],
  [`CREATE ROLE {{name}} WITH LOGIN PASSWORD '{{password}}'`, false],
  [`CREATE ROLE "{{name}}" WITH LOGIN PASSWORD {{password}}`, false],
  [`CREATE ROLE "{{username}}" PASSWORD '{{password}}'`, true],
  [`SELECT make('{{name}}', '{{password}}')`, true],
])('creation statements are quoted: %s: %p', (statement, accepted) => {
  expect(v.is(databaseRoleSchema, { connection: 'main', creation: [statement] })).toBe(accepted)
  expect(v.is(databaseRoleSchema, { connection: 'main', creation: [statement], accept: ['unquotedStatements'] })).toBe(
    true,
  )
})

test.each([
  [{}, false],
  [{ rotationPeriod: '1h' }, true],
  [{ rotationSchedule: '0 0 * * *' }, true],
  [{ rotationPeriod: '1h', rotationSchedule: '0 0 * * *' }, false],
])('a static role with %j is accepted: %p', (more, accepted) => {
  expect(v.is(databaseStaticRoleSchema, { connection: 'main', username: 'u', ...more })).toBe(accepted)
})

test('a write of a static role says its period or its schedule, never both', async () => {
  const bodies: object[] = []
  const vault = { write: (_at: unknown, body: object) => (bodies.push(body), Promise.resolve({})) }
  const role = (more: object) => desiredValues(databaseStaticRoleFields, { connection: 'main', username: 'u', ...more })
  // Every product has this one field.
  const period = role({ rotationPeriod: 3600 })
  const observed = role({ rotationSchedule: '0 0 * * *', rotationWindow: 3600 })
  await databaseStaticRole.write({ mount: 'db', name: 'a' }, period, observed, { vault } as never)
  expect(Object.keys(bodies[0] ?? {}).filter((name) => name.startsWith('rotation_'))).toEqual([
    'rotation_period',
    'rotation_statements',
  ])
})

describe('a static role whose password must not be changed at import', () => {
  const role = (more: object = {}) =>
    desiredValues(databaseStaticRoleFields, { connection: 'main', username: 'u', rotationPeriod: 60, ...more })
  const id = { mount: 'db', name: 'a' }
  /** A fake of Vault Enterprise, which alone knows the field. */
  const enterprise = (found: object | undefined) => {
    const bodies: Record<string, unknown>[] = []
    const vault = {
      read: () => Promise.resolve(found && { data: found }),
      write: (_at: unknown, body: Record<string, unknown>) => {
        bodies.push(body)
        if (body['skip_import_rotation'] !== '?') return Promise.resolve({})
        const said = `error converting input for field "skip_import_rotation"`
        return Promise.reject(new IceError(VAULT.badRequest, { message: said, evidence: { status: 400 } }))
      },
    }
    return { io: { vault } as never, bodies }
  }

  test('is asked for where the server knows the field, once: when it is made', async () => {
    const desired = role({ skipImportRotation: true })
    const { io, bodies } = enterprise(undefined)
    await databaseStaticRole.prove?.(id, desired, io)
    await databaseStaticRole.write(id, desired, undefined, io)
    expect(bodies.map((body) => body['skip_import_rotation'])).toEqual(['?', true])

    const later = enterprise({})
    await databaseStaticRole.prove?.(id, desired, later.io)
    await databaseStaticRole.write(id, desired, role(), later.io)
    expect(later.bodies).toEqual([expect.not.objectContaining({ skip_import_rotation: expect.anything() })])
    expect(databaseStaticRole.diff(desired, role({ skipImportRotation: false }))).toMatchObject([
      { field: 'skipImportRotation', mode: 'createOnly' },
    ])
  })

  test('costs nothing where the file does not ask for it', async () => {
    await databaseStaticRole.prove?.(id, role(), {} as never)
  })
})

test('a mount whose plug-in still runs another version says how to change over', async () => {
  const [draft] = [...engineMount.expand(fileWith({ engines: { kv: { type: 'kv', pluginVersion: 'v2' } } }), context)]
  const { id, desired } = draft!
  const row = {
    type: 'kv',
    accessor: 'a',
    options: { version: '2' },
    plugin_version: 'v2',
    running_plugin_version: 'v1',
  }
  const events: object[] = []
  const vault = { write: () => Promise.resolve({}), read: () => Promise.resolve({ data: { 'kv/': row } }) }
  const io = { vault, emit: (event: object) => events.push(event), shared: () => undefined }
  await engineMount.write(id, desired, undefined, io as never)
  expect(events).toMatchObject([
    {
      level: 'warning',
      address: 'vault:sys/mounts/kv',
      text: expect.stringMatching(/v1 .*vault plugin reload -mounts=kv$/),
    },
  ])
})

test('what Vault fills into the configuration of credentials by itself is not shown', () => {
  const shown = (config: unknown) => fromApi({ credential_config: config })['credential_config']
  expect(shown(undefined)).toEqual({})
  expect(shown({ key_bits: 2048, format: 'pkcs8' })).toEqual({})
  expect(shown({ key_bits: 4096, password_policy: 'p' })).toEqual({ key_bits: '4096', password_policy: 'p' })
})

test('a KV secret: created with a reason for each key, then left, and told where it was deleted', () => {
  const desired = { data: { a: { env: 'A' }, b: { generate: { length: 32 } } } }
  expect(kvSecret.diff(desired, undefined)).toEqual([
    { field: 'data.a', from: undefined, to: '(secret)', why: 'env A' },
    { field: 'data.b', from: undefined, to: '(secret)', why: 'generated, 32 characters' },
  ])
  expect(kvSecret.diff(desired, { deleted: false, current: 7 })).toEqual([])
  expect(kvSecret.diff(desired, { deleted: true, current: 1 })).toMatchObject([{ mode: 'createOnly' }])
})

test('a KV secret is as we wrote it until somebody writes another version', () => {
  const mark = { version: '1', createdTime: 't' }
  expect(kvSecret.fits({ current: 1, createdTime: 't', deleted: false }, mark)).toBe(true)
  expect(kvSecret.fits({ current: 2, createdTime: 'u', deleted: false }, mark)).toBe(false)
  expect(kvSecret.fits({ current: 1, createdTime: 'u', deleted: false }, mark)).toBe(false)
})

test('every KV engine of version 2 has its config watched, also where the file is silent', () => {
  const file = fileWith({
    engines: { two: { type: 'kv' }, one: { type: 'kv', version: 1 }, theirs: { type: 'kv', existing: true } },
  })
  expect([...kvConfig.expand(file, context)].map(({ id }) => id)).toEqual([{ mount: 'two' }])
})

test('a mount is the one with our accessor, whatever was tuned; an intent is it by its looks', () => {
  const [draft] = [...engineMount.expand(fileWith({ engines: { kv: { type: 'kv', description: 'x' } } }), context)]
  const { id, desired } = draft!
  const observed = { values: desired, accessor: 'a1', runningVersion: 'v1' }
  const tuned = { ...observed, values: { ...desired, description: 'y' } }
  expect(engineMount.identity?.(tuned, { accessor: 'a1' })).toBe(true)
  expect(engineMount.identity?.(observed, { accessor: 'a2' })).toBe(false)
  const intent = engineMount.intended(id, desired)
  expect(engineMount.fits(observed, intent)).toBe(true)
  expect(engineMount.fits(tuned, intent)).toBe(false)
  expect(engineMount.settled?.(observed, intent, undefined)).toEqual({ accessor: 'a1' })
})
