import { describe, expect, test } from '@jest/globals'
import { rawQuestion } from '../../src/access/question.js'
import { roleViews, whoCan } from '../../src/access/who-can.js'
import { aliasKey, type Access, type Entity } from '../../src/access/model.js'
import { access, cluster, policy, role } from './models.js'

/** `account role: verdict by policy:stanza`. */
function ask(of: Access, capability: string, path: string): string[] {
  const answers = whoCan(of, roleViews(of), rawQuestion(capability, path))
  return answers.map(
    ({ account, role: name, verdict, by }) =>
      `${account} ${name}: ${verdict} by ${by.map((reason) => `${reason.policy}:${reason.path}`).join(' ')}`,
  )
}

const verdict = (policies: Parameters<typeof policy>[], capability: string, path: string): string => {
  const all = policies.map((each) => policy(...each))
  const one = access({ roles: [role('r', { policies: all.map(({ name }) => name) })], policies: all })
  return whoCan(one, roleViews(one), rawQuestion(capability, path))[0]?.verdict ?? 'no'
}

describe('the policies of a token are matched as one', () => {
  test('the most specific stanza decides, of whichever policy it is', () => {
    const both = [policy('wide', { 'a/*': ['read', 'list'] }), policy('narrow', { 'a/b': ['update'] })]
    const of = access({ roles: [role('both', { policies: ['wide', 'narrow'] }), role('wide')], policies: both })
    expect(ask(of, 'read', 'a/b')).toEqual(['team/app wide: yes by wide:a/*'])
    expect(ask(of, 'read', 'a/c')).toEqual(['team/app both: yes by wide:a/*', 'team/app wide: yes by wide:a/*'])
    expect(ask(of, 'update', 'a/b')).toEqual(['team/app both: yes by narrow:a/b'])
  })

  test('deny beats all at its path, and the same path adds up', () => {
    const of = access({
      roles: [role('one', { policies: ['r', 'u'] }), role('two', { policies: ['r', 'd'] })],
      policies: [
        policy('r', { 'a/b': ['read'] }),
        policy('u', { 'a/b': ['update'] }),
        policy('d', { 'a/b': ['deny'] }),
      ],
    })
    expect(ask(of, 'read', 'a/b')).toEqual(['team/app one: yes by r:a/b'])
    expect(ask(of, 'update', 'a/b')).toEqual(['team/app one: yes by u:a/b'])
  })

  test('default counts, unless the role says no', () => {
    const of = access({
      roles: [role('with', { policies: [], noDefaultPolicy: false }), role('without', { policies: [] })],
      policies: [policy('default', { 'sys/x': ['read'] })],
    })
    expect(ask(of, 'read', 'sys/x')).toEqual(['team/app with: yes by default:sys/x'])
  })

  test('a login never gives root', () => {
    const of = access({ roles: [role('r', { policies: ['root', 'p'] })], policies: [policy('p', { a: ['read'] })] })
    expect(ask(of, 'read', 'a')).toEqual([])
  })
})

describe('a pattern', () => {
  const own: Parameters<typeof policy>[] = [['p', { 'a/*': ['read'], 'a/b': ['deny'], 'c/*': ['read'] }]]
  test.each([
    ['c/*', 'yes'],
    ['c/d/*', 'yes'],
    ['a/*', 'partly'],
    ['+/x', 'partly'],
    ['b/*', 'no'],
    ['a/b', 'no'],
  ])('read %s: %s', (path, wanted) => {
    expect(verdict(own, 'read', path)).toBe(wanted)
  })
})

describe('what is not known', () => {
  test('leaves the answer open, whichever way it leans', () => {
    const hidden: Parameters<typeof policy> = ['hidden', {}, 'it may not be read']
    expect(verdict([['p', { 'a/*': ['read'] }], hidden], 'read', 'a/b')).toBe('unknown')
    expect(verdict([['p', { b: ['read'] }], hidden], 'read', 'a/b')).toBe('unknown')
    // But nothing outdoes a deny at the very path.
    expect(verdict([['p', { 'a/b': ['deny'] }], hidden], 'read', 'a/b')).toBe('no')
    expect(verdict([['p', { 'a/*': ['deny'] }], hidden], 'read', 'a/b')).toBe('unknown')
  })

  test('products that list by different stanzas', () => {
    expect(verdict([['p', { '+/b': ['list'], '+/b/+': ['read'] }]], 'list', 'a/b')).toBe('partly')
  })

  test('accounts that could not be listed are told in the words of the role', () => {
    const unseen = { name: 'demo', namespaces: undefined, accounts: new Map(), whole: false }
    const of = access({
      clusters: [unseen],
      roles: [role('p', { bindings: { names: ['app'], namespaces: ['team', 'x-*'] } })],
      policies: [policy('p', { a: ['read'] })],
    })
    const answers = whoCan(of, roleViews(of), rawQuestion('read', 'a'))
    expect(answers.map(({ account, there }) => [account, there])).toEqual([
      ['app in the namespaces x-*', 'unlisted'],
      ['team/app', 'unknown'],
    ])
  })
})

describe('identities', () => {
  const entity: Entity = { id: 'e1', name: 'one', disabled: false, policies: ['more'] }
  const own = (entities: Record<string, Entity>, aliasName: 'uid' | 'name' = 'uid') =>
    access({
      roles: [role('p', { bindings: { names: ['app', 'other'], namespaces: ['team'] }, aliasName })],
      policies: [policy('p', { 'a/*': ['read'] }), policy('more', { 'a/b': ['deny'], c: ['read'] })],
      entities,
    })

  test('what an entity has counts for its account alone', () => {
    const of = own({ [aliasKey('acc', 'uid-app')]: entity })
    expect(ask(of, 'read', 'a/b')).toEqual(['team/other p: yes by p:a/*'])
    expect(ask(of, 'read', 'c')).toEqual(['team/app p: yes by more:c'])
  })

  test('by name where the role names by name, and only on its mount', () => {
    expect(ask(own({ [aliasKey('acc', 'team/app')]: entity }, 'name'), 'read', 'c')).toHaveLength(1)
    expect(ask(own({ [aliasKey('other', 'uid-app')]: entity }), 'read', 'c')).toEqual([])
  })

  test('a disabled one can nothing', () => {
    const of = own({ [aliasKey('acc', 'uid-app')]: { ...entity, policies: [], disabled: true } })
    expect(ask(of, 'read', 'a/x')).toEqual(['team/other p: yes by p:a/*'])
  })
})

describe('templates', () => {
  const template = (path: string) =>
    access({
      clusters: [cluster('demo', { team: ['app'], far: ['app'] })],
      roles: [role('p', { bindings: { names: ['app'], namespaces: ['*'] } })],
      policies: [policy('p', { [path]: ['read'] })],
    })

  test('are filled in with what the account has', () => {
    const of = template('kv/{{identity.entity.aliases.acc.metadata.service_account_namespace}}/*')
    expect(ask(of, 'read', 'kv/team/x')).toEqual(['team/app p: yes by p:kv/team/*'])
    expect(ask(of, 'read', 'other/team/x')).toEqual([])
  })

  test('leave it open where the value is not known', () => {
    const foreign = template('kv/{{ identity.entity.aliases.foreign.metadata.service_account_namespace }}/*')
    expect(ask(foreign, 'read', 'kv/team/x').map((line) => line.split(' ')[2])).toEqual(['unknown', 'unknown'])
    expect(ask(template('kv/{{identity.entity.name}}'), 'read', 'kv/one')[0]).toContain('unknown')
  })
})

test('a thousand roles with policies of their own: the work grows with them, not with their square', () => {
  const number = 1000
  const counted = { asked: 0 }
  const names = Array.from({ length: number }, (_, index) => `r${index}`)
  const of = access({
    clusters: [cluster('demo', Object.fromEntries(names.map((name) => [name, ['default', 'app']])))],
    roles: names.map((name) => role(name, { bindings: { names: ['app'], namespaces: [name] } })),
    policies: names.map((name) => policy(name, { [`kv/data/${name}/*`]: ['read'] })),
  })
  const policies = new Proxy(of.policies, {
    get(target, key) {
      if (key === 'get') counted.asked++
      const value = Reflect.get(target, key) as unknown
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  const answers = whoCan({ ...of, policies }, roleViews({ ...of, policies }), rawQuestion('read', 'kv/data/r7/x'))
  expect(answers.map(({ account }) => account)).toEqual(['r7/app'])
  expect(counted.asked).toBeLessThanOrEqual(number)
})
