import { describe, expect, test } from '@jest/globals'
import { readConfig } from '../../../src/config/index.js'
import { additionsFor } from '../../../src/operations/init/additions.js'
import { draft } from '../../../src/operations/init/draft.js'
import { extend } from '../../../src/operations/init/extend.js'
import { partsOf } from '../../../src/operations/init/templates.js'
import type { Addable, Answers, Facts } from '../../../src/operations/init/types.js'
import { expectGolden } from '../../views/golden.js'
import { ANSWERS, everything, NOTHING } from './facts.js'

const { 'transit-engine': _, ...answers } = ANSWERS
const { text: before } = draft({ template: 'web-app', parts: await partsOf('web-app'), answers, facts: everything() })
const { file } = await readConfig('icebreaker.yaml', before)

const added = async (add: readonly Addable[], more: Answers, facts: Facts = everything()) => {
  const additions = additionsFor({ add, answers: more, facts, file })
  const text = extend(before, additions)
  return { additions, text, file: (await readConfig('icebreaker.yaml', text)).file }
}

const ROLE = {
  namespace: 'shop',
  'service-account': 'till',
  role: 'till',
  audience: 'vault',
  'token-ttl': '30m',
} as const

test('all four, into the file of a template', async () => {
  const { text } = await added(['role', 'policy', 'engine', 'cluster'], {
    ...ROLE,
    policy: 'till',
    grant: 'read kv secret/till, list kv kv/till',
    'engine-type': 'kv',
    engine: 'kv',
    'engine-version': '1',
    context: 'prod',
    cluster: 'prod',
    'auth-path': 'prod',
    'reviewer-namespace': 'vault-auth',
    'reviewer-service-account': 'vault-reviewer',
  })
  expectGolden('../operations/init/all-added', text)
  const lines = text.split('\n')
  expect(before.split('\n').every((line) => lines.includes(line))).toBe(true)
})

describe('a role', () => {
  const sections = async (more: Answers, facts?: Facts) =>
    (await added(['role'], { ...ROLE, ...more }, facts)).additions.map(
      ({ section, key, value }) => `${section} ${key ?? String(value)}`,
    )

  test('brings what it needs', async () => {
    expect(await sections({ policies: 'cart' })).toEqual(['namespaces shop', 'serviceAccounts shop/till', 'roles till'])
  })

  test('does not bring what is there, in the file or in the cluster', async () => {
    const there = everything({ namespaces: ['shop'], accounts: { shop: ['till'] } })
    expect(await sections({ policies: 'cart' }, there)).toEqual(['roles till'])
    expect(await sections({ policies: 'cart', namespace: 'app', 'service-account': 'cart' })).toEqual(['roles till'])
  })

  test('with a policy of somebody else', async () => {
    const { file } = await added(
      ['role'],
      { ...ROLE, policies: 'cart,default,audit' },
      everything({ policies: ['audit'] }),
    )
    expect(file.policies).toEqual({ cart: expect.anything(), audit: { existing: true } })
    expect(file.roles['till']?.policies).toEqual(['cart', 'default', 'audit'])
  })

  test('on several clusters: what the first one has, another may lack', async () => {
    const there = everything({ namespaces: ['shop'], accounts: { shop: ['till'] } })
    const clusters = { ...file.clusters, other: file.clusters['demo']! }
    const additions = additionsFor({
      add: ['role'],
      answers: { ...ROLE, policies: 'cart' },
      facts: there,
      file: { ...file, clusters },
    })
    expect(additions.map(({ section }) => section)).toEqual(['namespaces', 'serviceAccounts', 'roles'])
  })

  test('with a policy that could not be looked for: it is marked', async () => {
    const { text } = await added(['role'], { ...ROLE, policies: 'audit' }, NOTHING)
    expect(text).toMatch(/# CHECK: whether Vault has it could not be seen\.\n {2}audit:\n {4}existing: true/)
  })
})

test.each([
  [{ 'engine-type': 'transit', engine: 't' }, { type: 'transit' }],
  [
    { 'engine-type': 'kv', engine: 'k', 'engine-version': '1' },
    { type: 'kv', version: 1 },
  ],
  [
    { 'engine-type': 'database', engine: 'd', 'connection-url': 'db/x', username: 'v', 'password-env': 'PW' },
    {
      connections: {
        main: {
          url: 'postgresql://{{username}}:{{password}}@db/x',
          username: { literal: 'v' },
          password: { env: 'PW' },
        },
      },
    },
  ],
  [
    { 'engine-type': 'kv', engine: 'there' },
    { existing: true, type: 'kv', version: 1 },
  ],
] as const)('an engine: %j', async (more, section) => {
  const facts = everything({ engines: [{ path: 'there', type: 'kv', version: 1 }] })
  const { file } = await added(['engine'], more, facts)
  expect(file.engines[more.engine]).toMatchObject(section)
})

test('a policy on an engine that only Vault has brings that engine, as somebody else’s', async () => {
  const facts = everything({ engines: [{ path: 'team/kv', type: 'kv', version: 2 }] })
  const { file } = await added(['policy'], { policy: 'p', grant: 'read kv team/kv/a,list kv team/kv/b' }, facts)
  expect(file.engines['team/kv']).toEqual({ existing: true, type: 'kv', version: 2 })
  expect(file.policies['p']).toEqual({ grants: ['read kv team/kv/a', 'list kv team/kv/b'] })
})
