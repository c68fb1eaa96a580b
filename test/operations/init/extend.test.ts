import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { extend, type Addition } from '../../../src/operations/init/extend.js'

const role: Addition = { section: 'roles', key: 'app', value: { namespaces: ['app'], audience: 'vault' } }
const account: Addition = { section: 'serviceAccounts', value: 'app/app' }

const CASES: readonly (readonly [string, string, Addition, string])[] = [
  [
    'after the last entry, before what follows',
    `roles:\n    old:   {audience: vault}   # why\n    # none other\n\n# The end\nverify: []\n`,
    role,
    `roles:\n    old:   {audience: vault}   # why\n    app:\n      namespaces:\n        - app\n      audience: vault\n    # none other\n\n# The end\nverify: []\n`,
  ],
  [
    'with a blank line where there are blank lines',
    `roles:\n  a: {}\n\n  # The other\n  b: {}\n`,
    { ...role, value: {}, comment: 'New.' },
    `roles:\n  a: {}\n\n  # The other\n  b: {}\n\n  # New.\n  app: {}\n`,
  ],
  [
    'at the end where the section is missing',
    'name: x # the last',
    role,
    'name: x # the last\n\nroles:\n  app:\n    namespaces:\n      - app\n    audience: vault\n',
  ],
  [
    'into an empty section',
    'roles: {}\nname: x\n',
    { ...role, value: { a: 1 } },
    'roles:\n  app:\n    a: 1\nname: x\n',
  ],
  [
    'into a section without a value',
    'roles:\nname: x\n',
    { ...role, value: { a: 1 } },
    'roles:\n  app:\n    a: 1\nname: x\n',
  ],
  [
    'into a flow list',
    '# Mine\nserviceAccounts: [a/b] # all\nname:   x\n',
    account,
    '# Mine\nserviceAccounts: [ a/b, app/app ] # all\nname:   x\n',
  ],
  [
    'into a flow mapping',
    'roles: {a: {}}\nname:   x\n',
    { ...role, value: {} },
    'roles: { a: {}, app: {} }\nname:   x\n',
  ],
  [
    'into a list that is not indented',
    'serviceAccounts:\n- a/b\nname: x\n',
    account,
    'serviceAccounts:\n- a/b\n- app/app\nname: x\n',
  ],
  [
    'after a text of several lines',
    'roles:\n  a: |\n    one\n    two\nname: x\n',
    { ...role, value: {} },
    'roles:\n  a: |\n    one\n    two\n  app: {}\nname: x\n',
  ],
  [
    'where lines end in CR LF',
    'roles:\r\n  a: {}\r\nname: x\r\n',
    { ...role, value: {} },
    'roles:\r\n  a: {}\r\n  app: {}\r\nname: x\r\n',
  ],
  ['into a file in flow style', '{roles: {a: {}}}\n', { ...role, value: {} }, '{roles: { a: {}, app: {} }}\n'],
  [
    'of a section that a file in flow style has not',
    '{name: x} # all\n',
    { ...role, value: {} },
    '{ name: x, roles: { app: {} } } # all\n',
  ],
]

test.each(CASES)('adds %s', (_, before, addition, after) => {
  expect(extend(before, [addition])).toBe(after)
})

test('several, one after the other', () => {
  expect(parse(extend('name: x\n', [role, account, { ...role, key: 'b', value: {} }]))).toEqual({
    name: 'x',
    roles: { app: role.value, b: {} },
    serviceAccounts: ['app/app'],
  })
})

const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })

test('whatever the names are, the file means what it meant, and what was added', () => {
  fc.assert(
    fc.property(fc.dictionary(names, names, { noNullPrototype: true }), names, names, (roles, key, value) => {
      fc.pre(!Object.hasOwn(roles, key) && ![key, ...Object.keys(roles)].includes('__proto__'))
      const before = `# First\n${stringify({ roles, name: 'x' })}`
      const after = extend(before, [{ section: 'roles', key, value: { [key]: [value] } }])
      expect(parse(after)).toEqual({ roles: { ...roles, [key]: { [key]: [value] } }, name: 'x' })
      expect(after.startsWith('# First\n')).toBe(true)
    }),
  )
})
