import { expect, test } from '@jest/globals'
import { told } from './toy.js'

const HEAD = 'version: 1\nname: demo\n'
const ROLE = (policies: string) => `roles:\n  app: { serviceAccounts: [app], audience: v, policies: ${policies} }\n`
const DATABASES = (connection: string) => `engines:
  a: { type: database, connections: { main: { url: x } }, roles: { r: { connection: ${connection} } } }
  b: { type: database, connections: { other: { url: x } } }
`

test.each<[string, string[]]>([
  [`${ROLE('[static, default]')}policies: { static: { file: x } }`, []],
  [
    `${ROLE('[statik]')}policies: { static: { file: x } }`,
    ['4:58 ICE1007 roles.app.policies[0]: there is no "statik" in policies. Did you mean "static"?'],
  ],
  [
    `${ROLE('[static, zzz]')}policies: { static: { file: x }, dynamic: { file: y } }`,
    ['4:66 ICE1007 roles.app.policies[1]: there is no "zzz" in policies. It has: static, dynamic.'],
  ],
  [
    `${ROLE('[static]')}policies: {}`,
    ['4:58 ICE1007 roles.app.policies[0]: there is no "static" in policies. It is empty.'],
  ],
  [ROLE('[static]'), ['4:58 ICE1007 roles.app.policies[0]: there is no "static", since the file has no policies.']],
  // what JavaScript's objects have is not in the file
  [
    `${ROLE('[toString]')}policies: { static: { file: x } }`,
    ['4:58 ICE1007 roles.app.policies[0]: there is no "toString" in policies. It has: static.'],
  ],
  // a `*` is the same engine
  [DATABASES('main'), []],
  [
    DATABASES('other'),
    ['4:85 ICE1007 engines.a.roles.r.connection: there is no "other" in engines.a.connections. It has: main.'],
  ],
  [
    DATABASES('mian'),
    ['4:85 ICE1007 engines.a.roles.r.connection: there is no "mian" in engines.a.connections. Did you mean "main"?'],
  ],
  // keys of a record
  [
    `${ROLE('[]')}bindings: { app: { note: x }, web: { note: y } }`,
    ['5:31 ICE1007 bindings.web: there is no "web" in roles. It has: app.'],
  ],
  // a section whose key is misspelt is one mistake; other references are told along with other mistakes
  [
    `${ROLE('[static]')}polices: { static: { file: x } }`,
    ['5:1 ICE1002 Unknown key "polices" at the top level. Did you mean "policies"?'],
  ],
  [
    `${ROLE('[statik]')}policies: { static: { file: x } }\nfoo: 1`,
    [
      '4:58 ICE1007 roles.app.policies[0]: there is no "statik" in policies. Did you mean "static"?',
      '6:1 ICE1002 Unknown key "foo" at the top level. Known keys: version, name, engines, policies, roles, bindings.',
    ],
  ],
])('%s', (text, expected) => {
  expect(told(HEAD + text)).toEqual(expected)
})
