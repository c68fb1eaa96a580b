import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isWildcard, matchesGlob, resolveBindings } from '../../src/access/bindings.js'
import type { Bindings, ClusterView } from '../../src/access/model.js'
import { cluster } from './models.js'

const demo = cluster(
  'demo',
  { default: ['default'], 'team-a': ['app', 'app-two', 'default'], 'team-b': ['app', 'default'], empty: [] },
  { 'team-a': { team: 'a', stage: 'live' }, 'team-b': { team: 'b' } },
)

function who(bindings: Partial<Bindings>, view: ClusterView | undefined = demo): { accounts: string[]; open: number } {
  const { accounts, open } = resolveBindings({ names: ['app'], namespaces: [], ...bindings }, view)
  return {
    accounts: accounts.map(({ namespace, name, there }) => `${namespace}/${name}${there === 'yes' ? '' : ` ${there}`}`),
    open: open.length,
  }
}

describe('a cluster that could be listed', () => {
  test.each<[string, Partial<Bindings>, string[]]>([
    ['names', { namespaces: ['team-a', 'team-b'] }, ['team-a/app', 'team-b/app']],
    [
      'names that are not there',
      { names: ['gone'], namespaces: ['team-a', 'nowhere'] },
      ['team-a/gone no', 'nowhere/gone no'],
    ],
    ['a glob of names', { names: ['app*'], namespaces: ['team-a'] }, ['team-a/app', 'team-a/app-two']],
    [
      'a glob of namespaces says nothing of accounts that are not in them',
      { namespaces: ['*'] },
      ['team-a/app', 'team-b/app'],
    ],
    ['a glob in the middle', { names: ['d*lt'], namespaces: ['t*-b'] }, ['team-b/default']],
    ['labels', { selector: { team: 'a' } }, ['team-a/app']],
    ['all the labels', { selector: { team: 'a', stage: 'test' } }, []],
    ['a selector without labels is every namespace', { selector: {} }, ['team-a/app', 'team-b/app']],
    ['a list or labels', { namespaces: ['team-b'], selector: { team: 'a' } }, ['team-b/app', 'team-a/app']],
    ['a selector that the plug-in refuses', { namespaces: ['team-b'], selector: 'invalid' }, ['team-b/app']],
    [
      'everybody',
      { names: ['*'], namespaces: ['team-*', 'default'] },
      ['default/default', 'team-a/app', 'team-a/app-two', 'team-a/default', 'team-b/app', 'team-b/default'],
    ],
  ])('%s', (_, bindings, accounts) => {
    expect(who(bindings)).toEqual({ accounts, open: 0 })
  })
})

describe('what could not be listed is open, never nobody', () => {
  const unseen: ClusterView = { name: 'demo', namespaces: undefined, accounts: new Map(), whole: false }

  test('no cluster at all', () => {
    expect(who({ namespaces: ['team-a'] }, unseen)).toEqual({ accounts: ['team-a/app unknown'], open: 0 })
    expect(who({ namespaces: ['team-*'] }, unseen)).toEqual({ accounts: [], open: 1 })
    expect(who({ names: ['*'], namespaces: ['team-a'] }, unseen)).toEqual({ accounts: [], open: 1 })
    expect(who({ selector: { team: 'a' } }, unseen)).toEqual({ accounts: [], open: 1 })
    expect(resolveBindings({ names: ['app'], namespaces: ['x'] }, undefined).accounts[0]?.there).toBe('unknown')
  })

  test('only some namespaces', () => {
    const some = { ...demo, accounts: new Map([...demo.accounts].filter(([name]) => name === 'team-a')), whole: false }
    expect(who({ namespaces: ['team-a', 'team-b'] }, some)).toEqual({
      accounts: ['team-a/app', 'team-b/app unknown'],
      open: 0,
    })
    expect(who({ names: ['*'], selector: { team: 'b' } }, some)).toEqual({ accounts: [], open: 1 })
  })

  test('no labels: what accounts say of namespaces is enough for globs, not for a selector', () => {
    const unlabelled = { ...demo, namespaces: undefined }
    expect(who({ namespaces: ['team-*'] }, unlabelled)).toEqual({ accounts: ['team-a/app', 'team-b/app'], open: 0 })
    expect(who({ selector: { team: 'a' } }, unlabelled)).toEqual({ accounts: [], open: 1 })
  })
})

test('globs match as the plug-in does: each * is any text', () => {
  const glob = fc.array(fc.constantFrom('a', 'b', 'ab', '*'), { maxLength: 6 }).map((parts) => parts.join(''))
  const text = fc.array(fc.constantFrom('a', 'b'), { maxLength: 7 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(glob, text, (pattern, subject) => {
      expect(matchesGlob(pattern, subject)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(subject))
    }),
    { numRuns: 2000 },
  )
})

test('a wildcard is whatever lets in accounts that nobody has named', () => {
  const is = (bindings: Partial<Bindings>) => isWildcard({ names: ['app'], namespaces: ['team'], ...bindings })
  expect([is({}), is({ selector: { team: 'a' } }), is({ selector: 'invalid' })]).toEqual([false, false, false])
  expect([is({ names: ['a*'] }), is({ namespaces: ['*'] }), is({ selector: {} })]).toEqual([true, true, true])
})
