import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { isIceError, isIceErrors, type IceError } from '../../src/catalogue/index.js'
import { loadConfig } from '../../src/config/index.js'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-config-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const HEAD = `version: 1
name: demo
clusters:
  demo: { auth: { path: demo, reviewer: { namespace: vault-auth, serviceAccount: reviewer } } }
`

/** What is wrong with a file whose first four lines are right. */
async function mistakes(text: string): Promise<readonly IceError[]> {
  const file = join(folder, 'icebreaker.yaml')
  writeFileSync(file, HEAD + text)
  try {
    await loadConfig(file)
    return []
  } catch (error) {
    if (isIceErrors(error)) return error.errors
    if (isIceError(error)) return [error]
    throw error
  }
}

const told = ({ code, message, details: { at } }: IceError): string => `${at?.line}:${at?.column} ${code} ${message}`

test('a config for an engine that has none is refused at its place, not passed over', async () => {
  expect(
    (
      await mistakes(`engines:
  one: { type: kv, version: 1, config: { maxVersions: 3 } }
  two: { type: kv, config: { maxVersions: 3 } }
  plain: { type: kv, version: 1 }
`)
    ).map(told),
  ).toEqual([
    '6:32 ICE1005 engines.one.config is not valid: an engine of version 1 has no config. Take it away, or say version: 2.',
  ])
})

const ENGINES = `engines:
  postgres: { type: database, connections: { main: { plugin: p } }, roles: { app: { connection: main } } }
  transit: { type: transit, existing: true }
  static: { type: kv, secrets: { app/creds: { key: { literal: x } } } }
policies:
  p: { grants: `

test.each<[string, string, string[]]>([
  [
    'read database postgres',
    'names no role in postgres',
    ['Write which one, as in: read database postgres/app', 'For all of them: read database postgres/*'],
  ],
  [
    'encrypt transit transit/',
    'names no key in transit',
    ['Write which one, as in: encrypt transit transit/KEY', 'For all of them: encrypt transit transit/*'],
  ],
  [
    'read kv static',
    'names no path in static',
    ['Write which one, as in: read kv static/app/creds', 'For all of them: read kv static/*'],
  ],
  [
    '{ verb: read, engine: kv, mount: static, path: "" }',
    'names no path in static',
    [
      'Write which one, as in: {"verb":"read","engine":"kv","mount":"static","path":"app/creds"}',
      'For all of them: {"verb":"read","engine":"kv","mount":"static","path":"*"}',
    ],
  ],
])('a grant of a mount alone is refused, with what to type: %s', async (grant, problem, next) => {
  const [error, ...more] = await mistakes(`${ENGINES}[${grant}] }\n`)
  expect(more).toEqual([])
  expect(error && told(error)).toMatch(/^10:17 ICE1030 The grant ".*" names no /)
  expect([error?.message, error?.next]).toEqual([expect.stringContaining(problem), next])
})

test('the same under verify; and where the verb means the mount itself, it is a grant', async () => {
  const verify = `roles:
  r: { serviceAccounts: [a], namespaces: [b], audience: vault, policies: [p] }
verify:
  - { as: b/a, role: r, can: [list kv static], cannot: [read database postgres, read database postgres/other] }
`
  const all = await mistakes(`${ENGINES}[list kv static/, read kv static/*] }\n${verify}`)
  expect(all.map(told)).toEqual(['14:57 ICE1030 The grant "read database postgres" names no role in postgres.'])
})
