import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { isIceError, isIceErrors } from '../../src/catalogue/index.js'
import { loadConfig } from '../../src/config/index.js'
import { blocks, pages } from './pages.js'

/** What an excerpt leaves out: it is put into a file that has what it may refer to. */
const BASE = {
  version: 1,
  name: 'demo',
  clusters: {
    demo: { auth: { path: 'demo', reviewer: { namespace: 'vault-auth', serviceAccount: 'vault-reviewer' } } },
  },
  engines: {
    static: { type: 'kv' },
    postgres: { existing: true, type: 'database' },
    transit: { existing: true, type: 'transit' },
  },
  policies: { static: { grants: ['read kv static/exampleapp/creds'] }, app: { existing: true } },
  roles: { static: { serviceAccounts: ['exampleapp'], namespaces: ['app'], policies: ['static'], audience: 'vault' } },
}

const examples = pages().flatMap(([path, text]) =>
  blocks(text, 'yaml').map((block, index) => [`${path}, example ${index + 1}`, block] as const),
)

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-docs-'))
  mkdirSync(join(folder, 'policies'))
  writeFileSync(join(folder, 'policies/by-hand.hcl'), 'path "sys/health" { capabilities = ["read"] }\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

test.each(examples)('%s is read', async (_name, example) => {
  const excerpt = (parse(example) ?? {}) as Record<string, unknown>
  const whole = 'version' in excerpt ? excerpt : merged(BASE, excerpt)
  const file = join(folder, 'icebreaker.yaml')
  writeFileSync(file, JSON.stringify(whole))
  expect(await problems(file)).toEqual([])
})

async function problems(file: string): Promise<string[]> {
  try {
    await loadConfig(file)
    return []
  } catch (error) {
    if (isIceErrors(error)) return error.errors.map(({ message }) => message)
    if (isIceError(error)) return [error.message]
    throw error
  }
}

type Mapping = Readonly<Record<string, unknown>>

const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Sections grow together: an entry of the excerpt takes the place of one of its name. */
function merged(base: Mapping, excerpt: Mapping): Mapping {
  const sections = Object.entries(excerpt).map(([key, value]) => {
    const before = base[key]
    return [key, isMapping(before) && isMapping(value) ? { ...before, ...value } : value] as const
  })
  return { ...base, ...Object.fromEntries(sections) }
}
