import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import * as v from 'valibot'
import { authRole, authRoleFields, authRoleSchema } from '../../src/kinds/auth-role.js'
import { desiredValues, diffFields, type Values } from '../../src/kinds/fields.js'

const role = (section: object): Values =>
  desiredValues(authRoleFields, { serviceAccounts: ['a'], namespaces: ['x'], audience: 'v', ...section })
const stages = (desired: object, observed: object) => authRole.stages(role(desired), role(observed))

test('lists that only shrink narrow, lists that only grow widen', () => {
  expect(Object.keys(stages({ namespaces: ['x'] }, { namespaces: ['x', 'y'] }))).toEqual(['narrow'])
  expect(Object.keys(stages({ policies: ['p'] }, {}))).toEqual(['widen'])
  expect(Object.keys(stages({ tokenTTL: 60 }, {}))).toEqual(['switch'])
})

test('what shrinks and grows goes by what both have', () => {
  const { narrow, widen, ...rest } = stages(
    { namespaces: ['y', 'z'], policies: ['p'] },
    { namespaces: ['x', 'y'], policies: ['p', 'q'] },
  )
  expect(rest).toEqual({})
  expect(narrow).toMatchObject({ namespaces: ['y'], policies: ['p'] })
  expect(widen).toMatchObject({ namespaces: ['y', 'z'], policies: ['p'] })
})

test('where nobody is in both, nobody has anything in between', () => {
  const { narrow, widen } = stages(
    { serviceAccounts: ['b'], policies: ['p'] },
    { serviceAccounts: ['a'], policies: ['p'] },
  )
  expect(narrow).toMatchObject({ serviceAccounts: ['a'], policies: [] })
  expect(widen).toMatchObject({ serviceAccounts: ['b'], policies: ['p'] })
})

test('a role that selects namespaces and lists none keeps what it gives while its policies change', () => {
  const selecting = { namespaces: [], namespaceSelector: '{"matchLabels":{"a":"b"}}' }
  const { narrow } = stages({ ...selecting, policies: ['p', 'r'] }, { ...selecting, policies: ['p', 'q'] })
  expect(narrow).toMatchObject({ namespaces: [], policies: ['p'] })
  // Another selector lets in others: nobody has anything until it is written.
  const other = stages(
    { ...selecting, namespaceSelector: '{"matchLabels":{"a":"c"}}', policies: ['p'] },
    { ...selecting, policies: ['p'] },
  )
  expect(other).toEqual({
    switch: role({ ...selecting, namespaceSelector: '{"matchLabels":{"a":"c"}}', policies: ['p'] }),
  })
})

test('a name that a glob covers is not new', () => {
  expect(Object.keys(stages({ serviceAccounts: ['team-a'] }, { serviceAccounts: ['team-*'] }))).toEqual(['narrow'])
  expect(Object.keys(stages({ serviceAccounts: ['*'] }, { serviceAccounts: ['team-*', 'x'] }))).toEqual(['widen'])
  expect(stages({ serviceAccounts: ['team-a', 'b'] }, { serviceAccounts: ['team-*'] }).narrow).toMatchObject({
    serviceAccounts: ['team-a'],
  })
})

const section = fc.record({
  serviceAccounts: fc.subarray(['a', 'ab', 'a*', '*b', 'b'], { minLength: 1 }),
  namespaces: fc.subarray(['x', 'y'], { minLength: 1 }),
  policies: fc.subarray(['p', 'q']),
  audience: fc.constantFrom('v', 'w'),
  tokenTTL: fc.constantFrom(0, 60),
})

test('the last stage is what is wanted, and each stage can be written: it names somebody', () => {
  fc.assert(
    fc.property(section, section, (to, from) => {
      const [desired, observed] = [role(to), role(from)]
      if (diffFields(authRoleFields, desired, observed).length === 0) return
      const states = Object.values(authRole.stages(desired, observed))
      expect(states.at(-1)).toEqual(desired)
      for (const state of states) {
        expect(state['serviceAccounts']).not.toEqual([])
        expect(state['namespaces']).not.toEqual([])
      }
    }),
  )
})

test('a selector reads the same, whoever wrote it', async () => {
  const vault = {
    read: () =>
      Promise.resolve({
        data: { bound_service_account_namespace_selector: '{ "matchLabels": { "b": "2", "a": "1" } }' },
        warnings: [],
      }),
  }
  const observed = await authRole.read({ mount: 'demo', name: 'app' }, { vault } as never)
  expect(observed?.['namespaceSelector']).toBe('{"matchLabels":{"a":"1","b":"2"}}')
})

const valid = { serviceAccounts: ['a'], namespaces: ['x'], audience: 'v' }
test.each([
  [{}, true],
  [{ audience: undefined }, false],
  [{ audience: undefined, accept: ['noAudience'] }, true],
  [{ serviceAccounts: ['*'] }, false],
  [{ namespaces: ['team-*'] }, false],
  [{ serviceAccounts: ['*'], accept: ['wildcard'] }, true],
  [{ serviceAccounts: [] }, false],
  [{ namespaces: [] }, false],
  [{ namespaces: [], namespaceSelector: { matchLabels: { a: 'b' } } }, true],
  [{ namespaceSelector: { matchExpressions: [] } }, false],
  [{ tokenType: 'default-service' }, false],
])('a role with %j is accepted: %p', (more, accepted) => {
  expect(v.is(authRoleSchema, { ...valid, ...more })).toBe(accepted)
})
