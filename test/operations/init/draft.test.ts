import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parse } from 'yaml'
import { readConfig } from '../../../src/config/index.js'
import { draft } from '../../../src/operations/init/draft.js'
import { QUESTIONS } from '../../../src/operations/init/questions.js'
import { partsOf, TEMPLATES } from '../../../src/operations/init/templates.js'
import {
  TEMPLATE_NAMES,
  type Answers,
  type Facts,
  type QuestionId,
  type TemplateName,
} from '../../../src/operations/init/types.js'
import { expectGolden } from '../../views/golden.js'
import { ANSWERS, everything, NOTHING } from './facts.js'

const parts = new Map(await Promise.all(TEMPLATE_NAMES.map(async (name) => [name, await partsOf(name)] as const)))

/** As the interview gives them: none to a question that the template does not ask. */
const answersFor = (template: TemplateName, answers: Answers): Answers =>
  Object.fromEntries(Object.entries(answers).filter(([id]) => TEMPLATES[template].questions.includes(id as QuestionId)))

const drafted = (template: TemplateName, facts: Facts, answers: Answers = ANSWERS) =>
  draft({ template, parts: parts.get(template)!, answers: answersFor(template, answers), facts })

const checked = async (text: string) => (await readConfig('icebreaker.yaml', text)).file

describe.each(TEMPLATE_NAMES)('%s', (template) => {
  test('with both servers in sight', async () => {
    const { text, assumed } = drafted(template, everything())
    expect(assumed).toEqual([])
    expectGolden(`../operations/init/${template}`, text)
    await checked(text)
  })

  test('with nothing in sight', async () => {
    const { 'vault-address': _, context: __, ...answers } = ANSWERS
    const { text, assumed } = drafted(template, NOTHING, answers)
    expectGolden(`../operations/init/${template}-blind`, text)
    expect(text.match(/# CHECK: /g)).toHaveLength(assumed.length)
    await checked(text)
  })

  test('with all that can be said of the servers', async () => {
    const more = {
      'vault-namespace': 'team-a/b',
      'vault-ca-file': '../ca files/ca.crt',
      'vault-tls-server-name': 'vault.internal',
      'api-server': 'https://kubernetes.default.svc',
    }
    const file = await checked(drafted(template, everything(), { ...ANSWERS, ...more }).text)
    expect(file).toMatchObject({
      vault: { namespace: 'team-a/b', caFile: '../ca files/ca.crt', tlsServerName: 'vault.internal' },
      clusters: { demo: { apiServer: 'https://kubernetes.default.svc', context: 'kind-demo' } },
    })
  })

  test('what is there already is not made, and not taken for ours', async () => {
    const type = template === 'postgres' ? 'database' : 'kv'
    const { text, assumed } = drafted(
      template,
      everything({
        auth: [{ path: 'demo', type: 'kubernetes' }],
        engines: [
          { path: 'secret', type, ...(type === 'kv' && { version: 1 }) },
          { path: 'transit', type: 'transit' },
        ],
        policies: ['cart'],
        namespaces: ['app', 'vault-secrets-operator-system'],
        accounts: {
          app: ['default', 'cart'],
          'vault-secrets-operator-system': ['vault-secrets-operator-controller-manager'],
        },
      }),
    )
    const file = await checked(text)
    expect(file.engines['secret']).toMatchObject({ existing: true, type })
    if (template === 'vso') expect(file.engines['transit']).toEqual({ existing: true, type: 'transit' })
    expect([file.namespaces, file.serviceAccounts]).toEqual([{}, []])
    expect(assumed.map(({ at }) => at)).toEqual(['clusters.demo.auth.path', 'policies.cart'])
    expect(text).toMatch(/# CHECK: auth\/demo is there already, of type kubernetes: plan refuses/)
    expect(text).not.toMatch(/^(?:namespaces|serviceAccounts):/m)
  })

  const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  const valid = (id: QuestionId) =>
    names.filter((name) => {
      const about = { template, add: [], file: undefined, folder: 'x', vault: {}, facts: everything(), answers: {} }
      return (
        QUESTIONS[id].problem?.(name, about) === undefined && !['__proto__', 'constructor', 'prototype'].includes(name)
      )
    })

  test('odd names come out as they went in', async () => {
    const odd = fc.record({
      'auth-path': valid('auth-path'),
      engine: valid('engine').map((name) => `e${name}`),
      secret: valid('secret'),
      policy: valid('policy'),
      role: valid('role'),
      audience: names,
      username: names,
      context: names,
    })
    await fc.assert(
      fc.asyncProperty(odd, async (answers) => {
        const { text } = drafted(template, everything(), { ...ANSWERS, ...answers, 'transit-engine': 't' })
        const file = parse(text) as Record<string, Record<string, Record<string, unknown>>>
        expect(file['clusters']!['demo']).toMatchObject({
          context: answers.context,
          auth: { path: answers['auth-path'] },
        })
        expect(Object.keys(file['engines']!)).toContain(answers.engine)
        expect(file['roles']![answers.role]).toMatchObject({ policies: [answers.policy], audience: answers.audience })
        // What the file's own check says of the names was asked before; a control character in the others it refuses.
        if (!/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(JSON.stringify(answers))) await checked(text)
      }),
      { numRuns: 30 },
    )
  })
})

const HOSTILE = [
  'a: b',
  '- a',
  '#a',
  'a # b',
  '"',
  "'",
  '{a}',
  '[a]',
  '&a',
  '*a',
  '!a',
  '|',
  '>',
  '@a',
  '`a`',
  'true',
  'null',
  '~',
  '0123',
  '1e3',
  '---',
  '...',
  '<role>',
  '<engine>/<secret>',
  '<<',
  'a b',
  'ä ☃ 漢',
  '$(id)',
  '${HOME}',
]

test.each(HOSTILE)('%j is a name like any other', async (name) => {
  // What Vault's paths may not hold.
  const path = name.replaceAll(/[#*]/g, '')
  const answers = { 'auth-path': path, engine: `${path}-e`, secret: `${path}/x`, audience: name, context: name }
  const file = await checked(drafted('web-app', everything(), { ...ANSWERS, ...answers }).text)
  expect(file.clusters['demo']).toMatchObject({ context: name, auth: { path } })
  expect(file.engines).toHaveProperty([`${path}-e`, 'secrets', `${path}/x`])
  expect(file.roles['cart']?.audience).toBe(name)
})

test('what a server said cannot break the file', async () => {
  const why = 'one\ntwo: [\u001b[31m\u202e # three\r\n---\nname: other'
  const facts = { ...NOTHING, vault: { seen: false, why, code: 'ICE2003' } as const }
  const { text } = drafted('web-app', facts)
  expect((await checked(text)).name).toBe('shop')
})

test.each([
  ['https://127.0.0.1:6443', 'https://vault.example.com:8200', 1],
  ['https://127.0.0.1:6443', 'https://localhost:8200', 0],
  ['https://10.0.0.1:6443', 'https://vault.example.com:8200', 0],
])('the API server at %s and Vault at %s: %d to look at', (server, address, number) => {
  const facts = everything()
  if (!facts.cluster.seen) throw new Error('not seen')
  const cluster = { ...facts.cluster, value: { ...facts.cluster.value, server } }
  const { assumed } = drafted('web-app', { ...facts, cluster }, { ...ANSWERS, 'vault-address': address })
  expect(assumed).toHaveLength(number)
})

test('plain http to another machine is marked; it is not accepted on anybody’s behalf', async () => {
  const { text, assumed } = drafted('web-app', everything(), {
    ...ANSWERS,
    'vault-address': 'http://vault.internal:8200',
  })
  expect(assumed).toMatchObject([{ at: 'vault.address', why: expect.stringContaining('accept: [plaintext]') }])
  expect((await checked(text)).vault.accept).toEqual([])
})

test('operator and application in one namespace', async () => {
  const { text } = drafted('vso', everything(), { ...ANSWERS, 'operator-namespace': 'app' })
  expect(Object.keys((await checked(text)).namespaces)).toEqual(['app'])
})
