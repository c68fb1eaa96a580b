import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { Agent, request } from 'undici'
import {
  effective,
  meet,
  readCanonical,
  renderPolicy,
  toRules,
  type Capability,
  type Rules,
} from '../../src/policy/index.js'
import { servers } from '../servers/index.js'
import { REQUESTS, rules } from './arbitrary.js'

const { vaultAddress, caFile, token: root } = servers()
const dispatcher = new Agent({ connect: { ca: readFileSync(caFile) } })
const names = ['one', 'two'].map((name) => `test-${randomBytes(4).toString('hex')}-${name}`)
let token: string

beforeAll(async () => {
  for (const name of names) await write(name, [])
  const made = await call<{ auth: { client_token: string } }>('POST', 'auth/token/create', {
    policies: names,
    no_default_policy: true,
    ttl: '10m',
  })
  token = made.auth.client_token
})

afterAll(async () => {
  await call('POST', 'auth/token/revoke', { token })
  for (const name of names) await call('DELETE', `sys/policies/acl/${name}`)
  await dispatcher.close()
})

async function call<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const answer = await request(`${vaultAddress}/v1/${path}`, {
    method,
    dispatcher,
    headers: { 'x-vault-token': root, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.body.text()
  if (answer.statusCode >= 400) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`)
  return (text === '' ? undefined : JSON.parse(text)) as T
}

async function write(name: string | undefined, own: Rules): Promise<void> {
  await call('PUT', `sys/policies/acl/${name}`, { policy: renderPolicy(own) })
}

/** What the server says the token may do at each path. */
async function capabilities(paths: readonly string[]): Promise<Record<string, string[]>> {
  const { data } = await call<{ data: Record<string, string[]> }>('POST', 'sys/capabilities', { token, paths })
  return data
}

function policy(stanzas: Record<string, readonly Capability[]>): Rules {
  return toRules(Object.entries(stanzas).map(([path, own]) => ({ path, capabilities: own })))
}

describe('a policy as we write it', () => {
  const NAMES = [
    'a"b',
    'a\\b',
    'a\\"b',
    'a\\',
    'a" { capabilities = ["sudo"] }\tpath "b'.replace('\t', ' '),
    'a/${b}',
    'a/${b',
    'a\\${b}c',
    '$${x}',
    '%{if}',
    'a#b',
    'a//b',
    'a /* b */',
    'café/日本/🔑',
    'a b/c',
    '{a}',
    "it's",
    '<<EOF',
  ]

  test('means its names, and nothing beside them', async () => {
    const own = toRules(NAMES.map((path) => ({ path: `static/${path}`, capabilities: ['read'] })))
    await write(names[0], own)
    const { data } = await call<{ data: { policy: string } }>('GET', `sys/policies/acl/${names[0]}`)
    expect(readCanonical(data.policy)).toEqual(own)

    const given = await capabilities(own.flatMap(({ path }) => [path, `${path}x`]))
    for (const { path } of own) {
      expect([path, given[path]]).toEqual([path, ['read']])
      expect([path, given[`${path}x`]]).toEqual([path, ['deny']])
    }
    expect((await capabilities(['b', 'static/b']))['b']).toEqual(['deny'])
  })

  test('may be empty, and may have stanzas that allow nothing', async () => {
    await write(names[0], [])
    expect(await capabilities(['a'])).toMatchObject({ a: ['deny'] })

    const shut = meet(policy({ 's/a': ['read'], 's/*': ['read'] }), policy({ 's/*': ['read'], 's/b': ['deny'] }))
    await write(names[0], shut)
    await write(names[1], policy({ 's/+': ['update'], 's/b': ['update'] }))
    expect(await capabilities(['s/a', 's/b', 's/c', 's/c/d'])).toMatchObject({
      's/a': ['read'],
      's/b': ['deny'],
      's/c': ['update'],
      's/c/d': ['read'],
    })
  })
})

test('the server lets through what effective says', async () => {
  // OpenBao does not know `subscribe`.
  const common = rules.map((own) =>
    own.map(({ path, capabilities: all }) => ({ path, capabilities: all.filter((each) => each !== 'subscribe') })),
  )
  const listed = (path: string): string => path.replace(/\/?$/, '/')
  await fc.assert(
    fc.asyncProperty(common, common, async (one, two) => {
      await write(names[0], one)
      await write(names[1], two)
      const paths = REQUESTS.filter((path) => !path.endsWith('/'))
      const given = await capabilities([...paths, ...REQUESTS.map(listed)])
      for (const path of REQUESTS) {
        const ours = effective([...one, ...two], path)
        // Capabilities of a path with a slash at its end are those of its LIST.
        if (ours.includes('list')) expect([path, given[listed(path)]]).toEqual([path, expect.arrayContaining(['list'])])
        if (path.endsWith('/')) continue
        const theirs = given[path]?.filter((each) => each !== 'list' && each !== 'deny') ?? []
        expect([path, ...theirs.sort()]).toEqual([path, ...ours.filter((each) => each !== 'list').sort()])
      }
    }),
    { numRuns: 100 },
  )
})
