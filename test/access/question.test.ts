import { expect, test } from '@jest/globals'
import { isIceError } from '../../src/catalogue/index.js'
import { mountOf, rawQuestion, verbQuestion } from '../../src/access/question.js'
import type { Engine } from '../../src/kinds/engine.js'

const engine = (mount: string, section: Engine['section']): Engine => ({ mount, section })

/** `capability path`, or the code and what is suggested. */
function asked(make: () => ReturnType<typeof rawQuestion>): string[] {
  try {
    return make().needs.map(({ capability, path }) => `${capability} ${path}`)
  } catch (error) {
    if (isIceError(error)) return [error.code, ...error.next]
    throw error
  }
}

test.each<[verb: string, path: string, Engine, string[]]>([
  ['read', 'kv/a/b', engine('kv', { type: 'kv', version: 2 }), ['read kv/data/a/b']],
  ['read', 'kv/a/b', engine('kv', { type: 'kv', version: 1 }), ['read kv/a/b']],
  ['list', 'kv', engine('kv', { type: 'kv', version: 2 }), ['list kv/metadata']],
  ['read', 'kv/a/*', engine('kv', { type: 'kv', version: 2 }), ['read kv/data/a/*']],
  ['read', 'kv/with space', engine('kv', { type: 'kv', version: 2 }), ['read kv/data/with space']],
  ['encrypt', 'team/transit/key', engine('team/transit', { type: 'transit' }), ['update team/transit/encrypt/key']],
  ['sign', 't/key', engine('t', { type: 'transit' }), ['update t/sign/key', 'update t/sign/key/*']],
  ['read', 'db/app', engine('db', { type: 'database' }), ['read db/creds/app']],
  [
    'read',
    'db/fixed',
    engine('db', { type: 'database', staticRoles: { fixed: { connection: '' } } }),
    ['read db/static-creds/fixed'],
  ],
  ['subscribe', 'kv/a', engine('kv', { type: 'kv' }), ['subscribe kv/data/a', 'read sys/events/subscribe/kv*']],
  ['raed', 'kv/a', engine('kv', { type: 'kv' }), ['ICE7120', 'Did you mean "read"?']],
  ['read', 'kv', engine('kv', { type: 'kv' }), ['ICE7120', 'For all of them: read kv/*']],
  ['read', 'kv/../x', engine('kv', { type: 'kv' }), ['ICE7120', expect.any(String) as unknown as string]],
  [
    'read',
    'ssh/a',
    engine('ssh', { type: 'ssh' }),
    ['ICE7120', 'Ask for a capability on a path of its API with --raw.'],
  ],
])('%s %s', (verb, path, of, needs) => {
  expect(asked(() => verbQuestion(verb, path, of))).toEqual(needs)
})

test.each<[string, string, string[]]>([
  ['update', 'sys/policies/acl/app', ['update sys/policies/acl/app']],
  ['sudo', 'sys/*', ['sudo sys/*']],
  ['deny', 'sys/*', ['ICE7120', expect.stringContaining('Known are: create') as unknown as string]],
  ['updat', 'a', ['ICE7120', 'Did you mean update?']],
  ['read', '/a', ['ICE7120', expect.any(String) as unknown as string]],
  ['read', 'a/{{x}}', ['ICE7120', expect.any(String) as unknown as string]],
])('raw: %s %s', (verb, path, needs) => {
  expect(asked(() => rawQuestion(verb, path))).toEqual(needs)
})

test('the longest mount wins, and the nearest is suggested', () => {
  expect(mountOf('a/b/c', ['a', 'a/b'])).toBe('a/b')
  expect(asked(() => rawQuestion('read', mountOf('sttic/x', ['static', 'db'])))).toEqual([
    'ICE7120',
    'Did you mean static/…?',
    expect.stringContaining('Known are: static, db.') as unknown as string,
  ])
})
