import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'undici'
import { apiOf, asked, ROOT_PATHS } from '../../../src/policy/lint/apis.js'
import { covers } from '../../../src/policy/match.js'
import { servers } from '../../servers/index.js'
import { CASES, p } from './cases.js'

/** What the rules say of the servers, said by the servers. */

const { vaultAddress, caFile, token: root, product } = servers()
const dispatcher = new Agent({ connect: { ca: readFileSync(caFile) } })
const id = `lint-${randomBytes(4).toString('hex')}`
const ENGINES: Readonly<Record<string, { readonly type: string; readonly version?: number }>> = {
  [`${id}-v2`]: { type: 'kv', version: 2 },
  [`${id}-v1`]: { type: 'kv', version: 1 },
  [`${id}-transit`]: { type: 'transit' },
  [`${id}-db`]: { type: 'database' },
}
const auth = `auth/${id}`

type Method = 'GET' | 'LIST' | 'POST' | 'PUT' | 'DELETE'

/** One request. @returns the status and what was answered */
async function ask(
  method: Method,
  path: string,
  body?: unknown,
  token = root,
): Promise<readonly [status: number, answer: unknown]> {
  const answer = await request(`${vaultAddress}/v1/${path}`, {
    method: method as 'GET',
    dispatcher,
    headers: { 'x-vault-token': token, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.body.text()
  return [answer.statusCode, text === '' ? undefined : JSON.parse(text)]
}

async function must<T = undefined>(method: Method, path: string, body?: unknown): Promise<T> {
  const [status, answer] = await ask(method, path, body)
  if (status >= 400) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`)
  return answer as T
}

const writePolicy = (policy: string) => ask('POST', `sys/policies/acl/${id}`, { policy })

interface Made {
  readonly auth: { readonly client_token: string }
}

/** A token that has the policy, and nothing else. */
async function tokenWith(policy: string): Promise<string> {
  const [status, answer] = await writePolicy(policy)
  if (status >= 400) throw new Error(JSON.stringify(answer))
  const body = { policies: [id], no_default_policy: true, ttl: '10m' }
  return (await must<Made>('POST', 'auth/token/create', body)).auth.client_token
}

interface Capabilities {
  readonly data: Readonly<Record<string, readonly string[] | undefined>>
}

/** What the server lets a token with the policy do at a path. */
async function given(policy: string, path: string): Promise<readonly string[]> {
  const token = await tokenWith(policy)
  const { data } = await must<Capabilities>('POST', 'sys/capabilities', { token, paths: [path] })
  return (data[path] ?? []).filter((each) => each !== 'deny').sort()
}

beforeAll(async () => {
  for (const [path, { type, version }] of Object.entries(ENGINES)) {
    await must('POST', `sys/mounts/${path}`, { type, ...(version && { options: { version: String(version) } }) })
  }
  await must('POST', `sys/${auth}`, { type: 'kubernetes' })
  // A KV mount of version 2 is not ready at once.
  for (let tries = 0; tries < 50; tries++) {
    const [status] = await ask('POST', `${id}-v2/data/app/creds`, { data: { key: 'value' } })
    if (status < 400) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('KV is not ready')
})

afterAll(async () => {
  for (const path of Object.keys(ENGINES)) await must('DELETE', `sys/mounts/${path}`)
  await must('DELETE', `sys/${auth}`)
  await must('DELETE', `sys/policies/acl/${id}`)
  await dispatcher.close()
})

describe('what the servers refuse, and nothing else, is said to be refused', () => {
  test.each(CASES.map((each) => [`${each.rule}: ${each.what}`, each] as const))('%s', async (_name, own) => {
    const foreign = own.rule === 'otherProduct' && own.facts?.product !== product
    const [status] = await writePolicy(own.bad)
    expect(status).toBe(own.refused?.includes(product) === true ? 400 : 204)
    if (own.corrected !== undefined && !foreign) expect((await writePolicy(own.corrected))[0]).toBe(204)
  })
})

test.each([
  ['a text without stanzas', '# nothing', 204],
  ['JSON', '{"path": {"a": {"capabilities": ["read"]}}}', 204],
  ['a comma at the end of a list', 'path "a" { capabilities = ["read",] }', 204],
  ['Windows line ends', 'path "a" {\r\n  capabilities = ["read"]\r\n}\r\n', 204],
  ['a text of several lines', 'path "a" {\n  capabilities = ["read"]\n  comment = <<E\n}\nE\n}', 204],
  ['a byte order mark', '\ufeffpath "a" { capabilities = ["read"] }', 400],
  ['single quotes', "path 'a' { capabilities = ['read'] }", 400],
  ['words without quotes', 'path "a" { capabilities = [read] }', 400],
])('the parser is the servers’ own: %s', async (_name, text, status) => {
  const { parseHcl } = await import('../../../src/policy/parse.js')
  expect((await writePolicy(text))[0]).toBe(status)
  expect('error' in (await parseHcl(text))).toBe(status === 400)
})

describe('what a stanza means', () => {
  test.each([
    ['no data/', p(`${id}-v2/app/creds`, 'read'), `${id}-v2/data/app/creds`, []],
    ['data/', p(`${id}-v2/data/app/creds`, 'read'), `${id}-v2/data/app/creds`, ['read']],
    ['a * in the middle', p('x/*/c', 'read'), 'x/b/c', []],
    ['a + in its place', p('x/+/c', 'read'), 'x/b/c', ['read']],
    ['a * before the end of a name', p('x/*-sec', 'read'), 'x/a-sec', []],
    ['a + within a segment', p('x/app-+/c', 'read'), 'x/app-1/c', []],
    ['v1/', p('v1/x', 'read'), 'x', []],
    ['a slash at the beginning', p('/x', 'read'), 'x', ['read']],
    ['x/*, for x', p('x/y/*', 'read'), 'x/y', []],
    ['x*, for longer names', p('x/app*', 'read'), 'x/application', ['read']],
    ['a narrower stanza', `${p('x/*', 'read')}\n${p('x/y', 'update')}`, 'x/y', ['update']],
    ['the same path twice', `${p('x', 'read')}\n${p('x', 'update')}`, 'x', ['read', 'update']],
    ['the same path twice, with deny', `${p('x', 'read')}\n${p('x', 'deny')}`, 'x', []],
    ['deny among others', p('x', 'read', 'deny'), 'x', []],
    ['no capabilities', `${p('x/*', 'read')}\npath "x/y" {}`, 'x/y', []],
    ['policy = write', 'path "x" { policy = "write" }', 'x', ['create', 'delete', 'list', 'read', 'update']],
    ['policy = read', 'path "x" { policy = "read" }', 'x', ['list', 'read']],
    [
      'policy beside capabilities',
      'path "x" { policy = "read"\ncapabilities = ["delete"] }',
      'x',
      ['delete', 'list', 'read'],
    ],
  ])('%s', async (_name, policy, path, expected) => {
    expect(await given(policy, path)).toEqual(expected)
  })

  test('no data/, for real', async () => {
    const read = async (policy: string) => ask('GET', `${id}-v2/data/app/creds`, undefined, await tokenWith(policy))
    expect((await read(p(`${id}-v2/app/creds`, 'read')))[0]).toBe(403)
    expect((await read(p(`${id}-v2/data/app/creds`, 'read')))[0]).toBe(200)
  })

  test('list on data/', async () => {
    const list = async (...stanzas: readonly string[]) =>
      (await ask('LIST', `${id}-v2/metadata/app`, undefined, await tokenWith(stanzas.join('\n'))))[0]
    expect(await list(p(`${id}-v2/data/app`, 'read', 'list'))).toBe(403)
    expect(await list(p(`${id}-v2/data/app`, 'read'), p(`${id}-v2/metadata/app`, 'list'))).toBe(200)
  })

  test('conditions on the keys of a secret of KV version 2', async () => {
    const condition = 'capabilities = ["create", "update"]\n  allowed_parameters = { "key" = [] }'
    const write = async (path: string, body: object) =>
      (await ask('POST', path, body, await tokenWith(`path "${path}" {\n  ${condition}\n}`)))[0]
    expect(await write(`${id}-v2/data/app/creds`, { data: { key: 'value' } })).toBe(403)
    expect(await write(`${id}-v1/app`, { key: 'value' })).toBe(204)
  })

  test('create where all writes are updates, and where it makes a key', async () => {
    const transit = `${id}-transit`
    const write = async (path: string, body: object, ...capabilities: readonly string[]) =>
      (await ask('POST', `${transit}/${path}`, body, await tokenWith(p(`${transit}/${path}`, ...capabilities))))[0]
    const plaintext = { plaintext: Buffer.from('x').toString('base64') }
    expect(await write('keys/app', {}, 'create')).toBe(403)
    expect(await write('encrypt/other', plaintext, 'update')).toBe(403)
    expect((await ask('GET', `${transit}/keys/other`))[0]).toBe(404)
    expect(await write('encrypt/other', plaintext, 'create')).toBe(200)
    expect((await ask('GET', `${transit}/keys/other`))[0]).toBe(200)
    expect(await write('keys/app', {}, 'update')).toBeLessThan(300)
    expect(await write('encrypt/app', plaintext, 'update')).toBe(200)
  })

  test('sudo', async () => {
    const read = async (...capabilities: readonly string[]) =>
      (await ask('GET', `sys/${auth}`, undefined, await tokenWith(p(`sys/${auth}`, ...capabilities))))[0]
    expect(await read('create', 'read', 'update', 'delete', 'list')).toBe(403)
    expect(await read('read', 'sudo')).toBe(200)
  })
})

describe('templates', () => {
  test('what finds nothing leaves its stanza out; metadata leads it where somebody wishes', async () => {
    const { data: entity } = await must<{ data: { id: string } }>('POST', 'identity/entity', {
      name: id,
      metadata: { team: 'a' },
    })
    const mounts = await must<{ data: Record<string, { accessor: string }> }>('GET', 'sys/auth')
    const accessor = mounts.data['token/']!.accessor
    await must('POST', 'identity/entity-alias', { name: id, canonical_id: entity.id, mount_accessor: accessor })
    await must('POST', `auth/token/roles/${id}`, { allowed_entity_aliases: [id], allowed_policies: [id] })
    const paths = {
      id: `x/${entity.id}/1`,
      team: 'x/a/2',
      moved: 'x/sys/2',
      uid: 'x//3',
      alias: `x/${id}/4`,
      gone: 'x//5',
    }
    await writePolicy(
      [
        p('x/{{identity.entity.id}}/1', 'read'),
        p('x/{{identity.entity.metadata.team}}/2', 'read'),
        p('x/{{identity.entity.uid}}/3', 'read'),
        p(`x/{{identity.entity.aliases.${accessor}.name}}/4`, 'read'),
        p('x/{{identity.entity.aliases.auth_kubernetes_1111.name}}/5', 'read'),
      ].join('\n'),
    )
    const body = { policies: [id], no_default_policy: true, entity_alias: id, ttl: '10m' }
    const token = (await must<Made>('POST', `auth/token/create/${id}`, body)).auth.client_token
    const seen = async () => {
      const { data } = await must<Capabilities>('POST', 'sys/capabilities', { token, paths: Object.values(paths) })
      return Object.entries(paths).flatMap(([name, path]) => (data[path]?.includes('read') ? [name] : []))
    }
    expect(await seen()).toEqual(['id', 'team', 'alias'])
    await must('POST', `identity/entity/id/${entity.id}`, { metadata: { team: 'sys' } })
    expect(await seen()).toEqual(['id', 'moved', 'alias'])
    await must('POST', 'auth/token/revoke', { token })
    await must('DELETE', `auth/token/roles/${id}`)
    await must('DELETE', `identity/entity/id/${entity.id}`)
  })
})

describe('the tables of what the APIs ask for are the servers’ own', () => {
  interface Operation {
    readonly parameters?: readonly { readonly name: string; readonly required?: boolean }[]
  }
  interface Path {
    readonly get?: Operation
    readonly post?: Operation
    readonly patch?: Operation
    readonly delete?: Operation
    readonly 'x-vault-createSupported'?: boolean
    readonly 'x-vault-sudo'?: boolean
  }
  let document: Readonly<Record<string, Path>>

  beforeAll(async () => {
    document = (await must<{ paths: typeof document }>('GET', 'sys/internal/specs/openapi')).paths
  })

  const pattern = (path: string): string => path.replace(/\{(?:path|prefix)\}\/?$/, '*').replace(/\{[^}]+\}/g, '+')

  function asks(path: Path): readonly string[] {
    const { get, post, patch, delete: remove } = path
    const list = get?.parameters?.find(({ name }) => name === 'list')
    return [
      ...(post && path['x-vault-createSupported'] ? ['create'] : []),
      ...(list ? ['list'] : []),
      ...(get && list?.required !== true ? ['read'] : []),
      ...(post ? ['update'] : []),
      ...(patch ? ['patch'] : []),
      ...(remove ? ['delete'] : []),
    ]
  }

  test.each([...Object.entries(ENGINES), [auth, { type: 'kubernetes' }] as const])('%s', (mount, fact) => {
    const api = apiOf({ mount, fact, rest: '' })!
    const told = new Map<string, Set<string>>()
    for (const [path, operations] of Object.entries(document)) {
      if (!path.startsWith(`/${mount}/`) || path.includes('^')) continue
      // Vault lists at another path; a folder is as good as what is below it.
      const rest = pattern(path.slice(mount.length + 2)).replace(/^(metadata)\/$/, '$1')
      told.set(rest, new Set([...(told.get(rest) ?? []), ...asks(operations)]))
    }
    expect(told.size).toBeGreaterThan(0)
    // These are asked by other requests than the document knows.
    const unseen = ['scan', 'subscribe', 'recover']
    for (const [rest, capabilities] of told) {
      const ours = asked(
        api.filter(({ path }) => path === rest),
        product,
      ).filter((each) => !unseen.includes(each))
      expect([rest, ...ours.toSorted()]).toEqual([rest, ...[...capabilities].sort()])
    }
  })

  test('sudo', () => {
    // Sealing and stepping down ask for it elsewhere than where the document looks; raw is switched off.
    const unseen = ['sys/seal', 'sys/step-down', 'sys/raw', 'sys/raw/*']
    for (const path of ROOT_PATHS.filter((each) => !unseen.includes(each))) {
      const there = Object.entries(document).filter(([known]) => covers(path, pattern(known.slice(1))))
      const accessors =
        path === 'auth/token/accessors/'
          ? [['', document[`/${path}`] ?? document['/auth/token/accessors']] as const]
          : []
      const all = [...there, ...accessors].filter(([, operations]) => operations !== undefined)
      expect([path, all.length > 0, all.every(([, operations]) => operations!['x-vault-sudo'])]).toEqual([
        path,
        true,
        true,
      ])
    }
  })
})
