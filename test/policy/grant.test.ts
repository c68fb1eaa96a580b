import { describe, expect, test } from '@jest/globals'
import { toJsonSchema } from '@valibot/to-json-schema'
import * as v from 'valibot'
import { grantSchema, parseGrant, splitMount } from '../../src/policy/index.js'

const VERBS = { kv: ['read', 'list', 'create'], database: ['read'], transit: ['encrypt', 'decrypt'] }

test.each([
  ['read kv static/exampleapp/creds', { verb: 'read', engine: 'kv', target: 'static/exampleapp/creds' }],
  [
    '  encrypt   transit transit/vso-client-cache ',
    { verb: 'encrypt', engine: 'transit', target: 'transit/vso-client-cache' },
  ],
  ['list kv static/', { verb: 'list', engine: 'kv', target: 'static' }],
  ['read kv static/+/creds/*', { verb: 'read', engine: 'kv', target: 'static/+/creds/*' }],
  [
    { verb: 'read', engine: 'kv', mount: 'static', path: 'my app/creds' },
    { verb: 'read', engine: 'kv', target: 'static/my app/creds' },
  ],
  [
    { verb: 'list', engine: 'kv', mount: 'static', path: '' },
    { verb: 'list', engine: 'kv', target: 'static' },
  ],
])('%j', (written, grant) => {
  expect(parseGrant(written, VERBS)).toEqual({ ok: grant })
  expect(v.is(grantSchema, written)).toBe(true)
})

test.each([
  ['', 'is not a grant', 'VERB ENGINE MOUNT/PATH'],
  ['read kv', 'is not a grant', 'VERB ENGINE MOUNT/PATH'],
  ['read kv static/my app', 'is not a grant', 'VERB ENGINE MOUNT/PATH'],
  ['raed kv static/a', '"raed" is not something to do in a kv engine', 'Did you mean "read"?'],
  ['sign kv static/a', '"sign" is not something to do in a kv engine', 'Known are: read, list, create'],
  ['read kb static/a', '"kb" is not a type of engine that grants know', 'Did you mean "kv"?'],
  ['read pki static/a', '"pki" is not a type of engine that grants know', 'Known are: kv, database, transit'],
  ['read constructor static/a', '"constructor" is not a type of engine', 'Known are'],
  ['read kv static//a', 'has an empty segment'],
  ['read kv /static/a', 'has an empty segment'],
  ['read kv static/../sys/raw', 'has a segment . or ..'],
  ['read kv static/./a', 'has a segment . or ..'],
  ['read kv static/..%2fsys', 'holds one of'],
  ['read kv static/a\\b', 'holds one of'],
  ['read kv static/a?list=true', 'holds one of'],
  ['read kv static/a*/b', 'has a * before its end'],
  ['read kv static/+*', 'has `+*`'],
  ['read kv static/{{identity.entity.id}}', 'is a template'],
  ['read kv static/a\u202eb', 'holds a control character'],
  [{ verb: 'read', engine: 'kv', mount: 'static', path: 'a\nb' }, 'holds a control character'],
  [{ verb: 'read', engine: 'kv', mount: 'static', path: ' a/ ' }, 'begins or ends with a space'],
])('%j %s', (written, error, hint = '') => {
  const parsed = parseGrant(written, VERBS)
  if (!('error' in parsed)) throw new Error('was read as a grant')
  expect(parsed.error).toContain(error)
  expect(parsed.hint ?? '').toContain(hint)
})

test('a grant in parts has all of them and no other', () => {
  const grant = { verb: 'read', engine: 'kv', mount: 'static', path: 'a' }
  expect(v.is(grantSchema, { ...grant, version: 2 })).toBe(false)
  expect(v.is(grantSchema, { verb: 'read', engine: 'kv', mount: 'static' })).toBe(false)
  expect(v.is(grantSchema, 3)).toBe(false)
})

test('the schema can be published', () => {
  expect(toJsonSchema(grantSchema)).toMatchObject({ anyOf: [{ type: 'string' }, { type: 'object' }] })
})

describe('splitMount', () => {
  test('the longest mount wins, by whole segments', () => {
    const mounts = ['team', 'team/kv', 'te']
    expect(splitMount('team/kv/app/creds', mounts)).toEqual({ mount: 'team/kv', path: 'app/creds' })
    expect(splitMount('team/kvx/app', mounts)).toEqual({ mount: 'team', path: 'kvx/app' })
    expect(splitMount('team/kv', mounts)).toEqual({ mount: 'team/kv', path: '' })
    expect(splitMount('teams/kv', mounts)).toBeUndefined()
    expect(splitMount('team', [])).toBeUndefined()
  })
})
