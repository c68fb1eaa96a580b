import { expect, test } from '@jest/globals'
import * as v from 'valibot'
import { parseYaml } from '../../src/config/yaml.js'
import { check } from '../../src/config/problems.js'
import { mistakes, told, toy } from './toy.js'

const HEAD = 'version: 1\nname: demo\n'

const KEYS = 'env, file, generate, prompt, kubernetes, literal'
const LIST = 'A list is written [a, b], or with a `- ` before each entry.'
const DURATION = 'expected a duration such as 30s'

/** Each begins with two lines that are right. */
test.each<[string, string[]]>([
  // keys
  ['polices: {}', ['3:1 ICE1002 Unknown key "polices" at the top level. Did you mean "policies"?']],
  [
    'foo: 1\nbar: 2',
    [
      '3:1 ICE1002 Unknown key "foo" at the top level. Known keys: version, name, engines, policies, roles, bindings.',
      '4:1 ICE1002 Unknown key "bar" at the top level. Known keys: version, name, engines, policies, roles, bindings.',
    ],
  ],
  // a mistyped key is one mistake, not two
  [
    'roles:\n  app: { serviceAccount: [app], audience: v }',
    ['4:10 ICE1002 Unknown key "serviceAccount" in roles.app. Did you mean "serviceAccounts"?'],
  ],
  ['roles:\n  app:\n    audience: vault', ['4:3 ICE1003 Missing key "serviceAccounts" in roles.app (a list).']],
  [
    'roles:\n  "Te\u0061m A": { serviceAccounts: [a], audience: v }',
    ['4:3 ICE1005 Key "Team A" in roles is not valid: expected lower-case letters, such as team-a.'],
  ],
  // sorts
  ['roles: []', ['3:8 ICE1004 roles: expected a mapping, found a list.']],
  ['roles:', ['3:1 ICE1004 roles: expected a mapping, found nothing.']],
  ['roles: app:x', ['3:8 ICE1004 roles: expected a mapping, found text. Is the space after a colon missing?']],
  ['roles:\n  app: []', ['4:8 ICE1004 roles.app: expected a mapping, found a list.']],
  [
    'roles:\n  app: { serviceAccounts: app, audience: v }',
    [`4:27 ICE1004 roles.app.serviceAccounts: expected a list, found text. ${LIST}`],
  ],
  [
    'roles:\n  app: { serviceAccounts: { app: {} }, audience: v }',
    [`4:27 ICE1004 roles.app.serviceAccounts: expected a list, found a mapping. ${LIST}`],
  ],
  [
    'roles:\n  app: { serviceAccounts: [app], audience: 0123, tokenNumUses: "3", batch: "true" }',
    [
      '4:44 ICE1004 roles.app.audience: expected text, found a number. In quotes it is text: "0123".',
      '4:64 ICE1004 roles.app.tokenNumUses: expected a whole number, found text. Write it without quotes.',
      '4:76 ICE1004 roles.app.batch: expected true or false, found text. Write it without quotes.',
    ],
  ],
  [
    'roles:\n  app: { serviceAccounts: [app], audience: yes, batch: yes }',
    ['4:56 ICE1004 roles.app.batch: expected true or false, found text.'],
  ],
  [
    'roles:\n  app: { serviceAccounts: [true], audience: false }',
    [
      '4:28 ICE1004 roles.app.serviceAccounts[0]: expected text, found true. In quotes it is text: "true".',
      '4:45 ICE1004 roles.app.audience: expected text, found false. In quotes it is text: "false".',
    ],
  ],
  // values
  [
    'roles:\n  app: { serviceAccounts: ["../x", ..%2f], audience: v, tokenNumUses: -1 }',
    [
      '4:28 ICE1005 roles.app.serviceAccounts[0]: "../x" is not valid: expected lower-case letters, such as team-a.',
      '4:36 ICE1005 roles.app.serviceAccounts[1]: "..%2f" is not valid: expected lower-case letters, such as team-a.',
      '4:71 ICE1005 roles.app.tokenNumUses: -1 is not valid: expected 0 or more.',
    ],
  ],
  [
    'roles:\n  app: { serviceAccounts: [app], audience: v, tokenNumUses: 1.5, tokenTTL: 5 minutes }',
    [
      '4:61 ICE1005 roles.app.tokenNumUses: 1.5 is not valid: expected a whole number.',
      `4:76 ICE1005 roles.app.tokenTTL: "5 minutes" is not valid: ${DURATION}.`,
    ],
  ],
  [
    'roles:\n  app: { serviceAccounts: [app], accept: [noAudiense], tokenTTL: [1h] }',
    [
      '4:43 ICE1005 roles.app.accept[0]: "noAudiense" is not noAudience. Did you mean "noAudience"?',
      '4:66 ICE1004 roles.app.tokenTTL: expected a duration such as 30s, found a list.',
    ],
  ],
  ['policies:\n  a: { grants: [] }', ['4:8 ICE1005 policies.a.grants is not valid: expected at least one entry.']],
  // rules over several keys, in a choice and out of it
  ['roles:\n  app: { serviceAccounts: [app] }', ['4:3 ICE1003 roles.app.audience is missing: expected an audience.']],
  [
    'policies:\n  A: { grants: [] }',
    [
      '4:3 ICE1005 Key "A" in policies is not valid: expected lower-case letters, such as team-a.',
      '4:8 ICE1005 policies.A.grants is not valid: expected at least one entry.',
    ],
  ],
  [
    'engines:\n  a: { type: database, connections: { m: { url: "x://u:p@h" } }, roles: { r: {} } }',
    [
      '4:49 ICE1005 engines.a.connections.m.url is not valid: holds a password.',
      '4:75 ICE1003 Missing key "connection" in engines.a.roles.r (text).',
    ],
  ],
  ['bindings:\n  app:\nroles:\n  app: { serviceAccounts: [app], audience: v }', []],
  // one of several shapes: told of the one that was meant
  [
    'policies:\n  a: { grant: [x] }\n  b: { lines: [x] }\n  c: {}\n  d: { file: x, grants: [y] }\n  e: x',
    [
      '4:8 ICE1002 Unknown key "grant" in policies.a. Did you mean "grants"?',
      '5:8 ICE1002 Unknown key "lines" in policies.b. Known keys: grants, file.',
      '6:3 ICE1003 Missing key in policies.c: one of grants, file.',
      '7:8 ICE1002 Key "file" in policies.d does not go together with grants.',
      '8:6 ICE1004 policies.e: expected a mapping with one of the keys grants, file, found text.',
    ],
  ],
  [
    'engines:\n  a: { type: kvv }\n  b: { version: 2 }\n  c: { type: kv, version: "2" }\n  d: { type: kv, version: 3, secert: {} }',
    [
      '4:14 ICE1005 engines.a.type: "kvv" is not one of kv, database. Did you mean "kv"?',
      '5:3 ICE1003 Missing key "type" in engines.b (one of kv, database).',
      '6:27 ICE1005 engines.c.version: "2" is not one of 1, 2. Write it without quotes.',
      '7:27 ICE1005 engines.d.version: 3 is not one of 1, 2.',
      '7:30 ICE1002 Unknown key "secert" in engines.d. Did you mean "secrets"?',
    ],
  ],
  [
    'engines:\n  a: { type: kv, connections: {} }\n  b: { existing: true, type: kv, vesion: 1 }',
    [
      '4:18 ICE1002 Key "connections" in engines.a does not go together with type: kv.',
      '5:34 ICE1002 Unknown key "vesion" in engines.b. Did you mean "version"?',
    ],
  ],
  [
    'engines:\n  a: { exsting: true, type: kv }\n  b: { type: kv, connections: {}, roles: {} }',
    [
      '4:8 ICE1002 Unknown key "exsting" in engines.a. Did you mean "existing"?',
      '5:18 ICE1002 Key "connections" in engines.b does not go together with type: kv.',
      '5:35 ICE1002 Key "roles" in engines.b does not go together with type: kv.',
    ],
  ],
  // several, in the order of the file
  [
    'roles:\n  b: { audience: v }\n  a: { serviceAccounts: [], audience: v, x: 1 }\npolicis: {}',
    [
      '4:3 ICE1003 Missing key "serviceAccounts" in roles.b (a list).',
      '5:42 ICE1002 Unknown key "x" in roles.a. Known keys: serviceAccounts, policies, audience, accept, tokenTTL, tokenNumUses, batch.',
      '6:1 ICE1002 Unknown key "policis" at the top level. Did you mean "policies"?',
    ],
  ],
])('%s', (text, expected) => {
  expect(told(HEAD + text)).toEqual(expected)
})

test.each<[string, string[]]>([
  ['[]', ['1:1 ICE1004 the file: expected a mapping, found a list.']],
  ['version:1', ['1:1 ICE1004 the file: expected a mapping, found text. Is the space after a colon missing?']],
  ['version: "1"\nname: x', ['1:10 ICE1005 version: "1" is not 1. Write it without quotes.']],
  ['name: x', ['1:1 ICE1003 Missing key "version" at the top level (1).']],
])('at the top level: %j', (text, expected) => {
  expect(told(text)).toEqual(expected)
})

const secret = (source: string) => `${HEAD}engines:\n  kv: { type: kv, secrets: { app: { password: ${source} } } }`
const PLACE = 'engines.kv.secrets.app.password'

test.each<[string, string]>([
  ['hunter2', `4:47 ICE1004 ${PLACE}: expected a mapping with one of the keys ${KEYS}, found text.`],
  ['0123', `4:47 ICE1004 ${PLACE}: expected a mapping with one of the keys ${KEYS}, found a number.`],
  ['', `4:37 ICE1004 ${PLACE}: expected a mapping with one of the keys ${KEYS}, found nothing.`],
  ['{}', `4:37 ICE1003 Missing key in ${PLACE}: one of ${KEYS}.`],
  ['{ evn: PGPASSWORD }', `4:49 ICE1002 Unknown key "evn" in ${PLACE}. Did you mean "env"?`],
  ['{ vault: x }', `4:49 ICE1002 Unknown key "vault" in ${PLACE}. Known keys: ${KEYS}.`],
  ['{ env: A, file: b }', `4:57 ICE1002 Key "file" in ${PLACE} does not go together with env.`],
  ['{ literal: 0123 }', `4:58 ICE1004 ${PLACE}.literal: expected text, found a number. In quotes it is text: "0123".`],
  ['{ generate: { length: 2 } }', `4:69 ICE1005 ${PLACE}.generate.length: 2 is not valid: expected 8 or more.`],
  [
    '{ kubernetes: { secret: x, key: y } }',
    `4:71 ICE1005 ${PLACE}.kubernetes.secret: "x" is not valid: expected NAMESPACE/NAME.`,
  ],
  ['{ env: "" }', `4:54 ICE1005 ${PLACE}.env: "" is not valid: it must not be empty.`],
])('a secret value written as %s', (source, expected) => {
  expect(told(secret(source))).toEqual([expected])
})

test('what stands at the place of a secret is never shown, and neither is the rest of a marked line', () => {
  const canary = 'c4n4ry-hunter2'
  const texts = [
    secret(canary),
    secret(`"${canary}"`),
    secret(`[${canary}]`),
    secret(`{ value: ${canary} }`),
    secret(`{ env: [${canary}], nonsense: ${canary} }`),
    secret(`{ evn: ${canary} }`),
    secret(`{ literal: ${canary}, x: 1 }`),
    `${HEAD}engines: { db: { type: database, connections: { main: { password: ${canary}, ulr: x } } } }`,
    `${HEAD}engines: { db: { type: database, connections: { main: { url: ["postgresql://u:${canary}@h"] } } } }`,
    `${HEAD}roles:\n  app: { serviceAccounts: ["postgresql://u:${canary}@h/db"], audience: v }`,
    `${HEAD}policies: { a: { grants: { password: "${canary}" } } }\npassword: ${canary}`,
    `${HEAD}password: "${canary}`,
    `${HEAD}password: ${canary}\n\tx`,
    `${HEAD}password: &x ${canary}`,
  ]
  for (const text of texts) {
    const found = mistakes(text)
    expect(found.length).toBeGreaterThan(0)
    expect(JSON.stringify(found.map(({ message, details }) => [message, details]))).not.toContain('hunter2')
  }
})

test('a mistake shows its line with a mark', () => {
  const frames = (text: string) => mistakes(text).map(({ details }) => details.evidence?.['source'])
  expect(frames(`${HEAD}polices:\n  a: {}`)).toEqual(['3 | polices:\n  | ^^^^^^^'])
  expect(frames(`${HEAD}roles: { app: { serviceAccounts: [app], "audiense": v } }`)).toEqual([
    '3 | … "audiense": …\n  |   ^^^^^^^^^^',
  ])
  expect(frames(`${HEAD}engines:\n  kv:\n    type: kvv # old`)).toEqual(['5 |     type: kvv …\n  |           ^^^'])
  expect(frames(secret('hunter2'))).toEqual(['4 | … password: …\n  |             ^'])
  expect(mistakes(`${HEAD}polices: {}`)[0]?.details.evidence).toMatchObject({ path: 'polices' })
})

test('more than twenty mistakes are counted, not shown', () => {
  const text = HEAD + Array.from({ length: 25 }, (_, index) => `x${index}: 1\n`).join('')
  const messages = told(text)
  expect(messages).toHaveLength(21)
  expect(messages[20]).toBe('23:1 ICE1015 And 5 more from here on.')
})

test('a value that is right comes with its defaults and transformations', () => {
  const text = `${HEAD}roles:\n  app: { serviceAccounts: [app], audience: v, tokenTTL: 60 }`
  expect(check(toy, parseYaml(text, 'f'))).toEqual({
    version: 1,
    name: 'demo',
    roles: { app: { serviceAccounts: ['app'], audience: 'v', tokenTTL: '60', policies: [], batch: false } },
  })
})

test('rules on lists and on the whole file have a place too', () => {
  const schema = v.pipe(
    v.strictObject({
      hosts: v.pipe(v.array(v.string()), v.minLength(2), v.maxLength(3)),
      name: v.pipe(v.string(), v.minLength(3), v.maxLength(5)),
    }),
    v.check(({ hosts, name }) => !hosts.includes(name), 'the name must not be a host.'),
  )
  expect(told('hosts: [a]\nname: a', schema)).toEqual([
    '1:1 ICE1005 hosts is not valid: expected at least 2 entries.',
    '1:1 ICE1005 the file is not valid: the name must not be a host.',
    '2:7 ICE1005 name: "a" is not valid: expected at least 3 characters.',
  ])
  expect(told('hosts: [a, b, c, d]\nname: abcdefg', schema)).toEqual([
    '1:1 ICE1005 hosts is not valid: expected at most 3 entries.',
    '2:7 ICE1005 name: "abcdefg" is not valid: expected at most 5 characters.',
  ])
})

test('recursive schemas are explained down to the place', () => {
  interface Tree {
    readonly [key: string]: string | Tree
  }
  const tree: v.GenericSchema<Tree> = v.record(v.string(), v.union([v.string(), v.lazy(() => tree)]))
  expect(told('a: { b: { c: 1 } }', tree)).toEqual([
    '1:14 ICE1004 a.b.c: expected text, or a mapping, found a number. In quotes it is text: "1".',
  ])
})
