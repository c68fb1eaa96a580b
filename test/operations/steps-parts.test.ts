import { describe, expect, test } from '@jest/globals'
import type { IceError } from '../../src/catalogue/index.js'
import { allowsRole } from '../../src/operations/database-connection.js'
import { sectionOf } from '../../src/operations/step-fields.js'
import {
  anyRoleFields,
  databaseConnectionStep,
  databaseRoleStep,
  databaseStaticRoleStep,
} from '../../src/operations/steps/database.js'
import { kvEngine } from '../../src/operations/steps/engine.js'
import { jsonData, pairsData } from '../../src/operations/steps/kv-data.js'
import { mountAndName } from '../../src/operations/steps/target.js'
import { transitKeyStep } from '../../src/operations/steps/transit.js'

const PLACE = { cluster: 'demo', mount: 'demo', engines: {} }
const errorOf = (call: () => unknown): IceError => {
  try {
    call()
  } catch (error) {
    return error as IceError
  }
  throw new Error('it went well')
}

describe('what a secret is to hold', () => {
  test('from pairs', () => {
    expect(pairsData(['a=env:X', 'b=literal:x=y', 'c=generate:16', 'd=kubernetes:ns/s:key'])).toEqual({
      a: { env: 'X' },
      b: { literal: 'x=y' },
      c: { generate: { length: 16 } },
      d: { kubernetes: { secret: 'ns/s', key: 'key' } },
    })
  })

  test.each([['password'], ['=x'], ['a=hunter2'], ['a=env:'], ['a=generate:3'], ['a=']])(
    '%j is refused, and nothing of it repeated but the key',
    (pair) => {
      const { message, next, exitCode } = errorOf(() => pairsData([pair]))
      expect(exitCode).toBe(2)
      expect(message + next.join()).not.toMatch(/hunter2|^password/)
    },
  )

  test('a key stands once, and there is at least one', () => {
    expect(errorOf(() => pairsData(['a=env:X', 'a=env:Y'])).message).toContain('twice')
    expect(errorOf(() => pairsData([])).exitCode).toBe(2)
  })

  test('from JSON: the values are answers to questions, and not in the data', async () => {
    const { data, answer } = jsonData('{"a": "not-to-be-seen", "b": ""}')
    expect(data).toEqual({ a: { prompt: 'standard input: a' }, b: { literal: '' } })
    expect(await answer('standard input: a')).toBe('not-to-be-seen')
  })

  test.each(['', '[]', 'null', '"hunter2"', '{}', '{"a": 1}', '{"a": {"b": "hunter2"}}', '{"a": "hunter2"'])(
    '%s is refused, and not repeated',
    (text) => {
      const { message, exitCode } = errorOf(() => jsonData(text))
      expect([exitCode, message]).toEqual([2, expect.not.stringContaining('hunter2')])
    },
  )
})

test('a flag that takes a source does not repeat what it was given instead', () => {
  const given = { password: 'hunter2' }
  const { message, next, exitCode } = errorOf(() => sectionOf(databaseConnectionStep.fields, given))
  expect([exitCode, message]).toEqual([2, expect.stringContaining('--password')])
  expect(message + next.join()).not.toContain('hunter2')
})

test('the last part of a target is a name, the rest a mount', () => {
  expect(mountAndName('team/postgres/main', 'CONNECTION')).toEqual({ mount: 'team/postgres', name: 'main' })
  for (const wrong of ['main', '/main', 'postgres/', ''])
    expect(errorOf(() => mountAndName(wrong, 'CONNECTION')).message).toContain(
      'MOUNT/CONNECTION, such as postgres/main',
    )
})

describe('sections', () => {
  test('a KV engine: its config stands apart', () => {
    const parts = kvEngine.parts('static', { version: 2, maxVersions: 3, description: 'x' })
    expect(parts.sections(PLACE)).toEqual({
      engines: { static: { type: 'kv', version: 2, description: 'x', config: { maxVersions: 3 } } },
    })
    expect(kvEngine.parts('static', {}).sections(PLACE)).toEqual({ engines: { static: { type: 'kv' } } })
  })

  test.each([
    ['vault', { literal: 'vault' }],
    ['literal:env:x', { literal: 'env:x' }],
    ['env:PGUSER', { env: 'PGUSER' }],
  ])('the user %j of a connection', (username, source) => {
    expect(databaseConnectionStep.parts('pg/main', { username }).sections(PLACE)).toEqual({
      engines: { pg: { type: 'database', connections: { main: { username: source } } } },
    })
  })

  test('roles and keys stand in their engines', () => {
    const within = { connection: 'main' }
    expect(databaseRoleStep.parts('pg/app', within).sections(PLACE)).toEqual({
      engines: { pg: { type: 'database', roles: { app: within } } },
    })
    expect(databaseStaticRoleStep.parts('pg/app', within).sections(PLACE)).toEqual({
      engines: { pg: { type: 'database', staticRoles: { app: within } } },
    })
    expect(transitKeyStep.parts('a/b/key', {}).sections(PLACE)).toEqual({
      engines: { 'a/b': { type: 'transit', keys: { key: {} } } },
    })
  })
})

test('the flags of both sorts of role: every field once, with the choices of either', () => {
  const flags = anyRoleFields.map(({ flag }) => flag)
  expect(new Set(flags).size).toBe(flags.length)
  for (const { flag } of [...databaseRoleStep.fields, ...databaseStaticRoleStep.fields]) expect(flags).toContain(flag)
  expect(anyRoleFields.find(({ name }) => name === 'credentialType')?.options).toEqual([
    'password',
    'rsa_private_key',
    'client_certificate',
  ])
})

test.each([
  [['app'], 'app', true],
  [['app'], 'apps', false],
  [['*'], 'app', true],
  [['app-*'], 'app-one', true],
  [['app-*'], 'other', false],
  [['a.p'], 'app', false],
  [[], 'app', false],
])('a connection that allows %j, and the role %s', (allowedRoles, role, allowed) => {
  expect(allowsRole({ allowedRoles }, role)).toBe(allowed)
})
