import { describe, expect, test } from '@jest/globals'
import type { Bindings, ClusterView } from '../../../src/access/model.js'
import { admits, closed, letIn, reopened, without, type Workload } from '../../../src/operations/lockdown/narrow.js'

const ACCOUNTS = ['a/app', 'a/other', 'a/app-two', 'b/app', 'b/third', 'c/app']
const LABELS = { a: { team: 'x' }, b: { team: 'x' }, c: {} }

const view: ClusterView = {
  name: 'demo',
  whole: true,
  namespaces: new Map(Object.entries(LABELS)),
  accounts: new Map(
    Object.keys(LABELS).map((namespace) => [
      namespace,
      new Map(
        ACCOUNTS.map((account) => account.split('/'))
          .filter(([in_]) => in_ === namespace)
          .map(([, name = '']) => [name, { namespace, name }]),
      ),
    ]),
  ),
}
const blind: ClusterView = { name: 'demo', whole: false, namespaces: undefined, accounts: new Map() }

const binds = (names: string[], namespaces: string[], selector?: Bindings['selector']): Bindings => ({
  names,
  namespaces,
  ...(selector !== undefined && { selector }),
})
const target: Workload = { namespace: 'a', name: 'app' }
const lock = (entry: string) => `icebreaker_locked:${entry}`

describe('one workload is taken out of a role', () => {
  test.each<[string, Bindings, object]>([
    ['alone', binds(['app'], ['a']), { after: { names: [lock('app')], namespaces: ['a'] }, others: [], later: [] }],
    [
      'by its name, where there are several in one namespace',
      binds(['app', 'other'], ['a']),
      { after: { names: [lock('app'), 'other'], namespaces: ['a'] }, others: [] },
    ],
    [
      'by its namespace, where it has one name in several',
      binds(['app'], ['a', 'b']),
      { after: { names: ['app'], namespaces: [lock('a'), 'b'] }, others: [] },
    ],
    [
      'of a cross product, by what costs others least',
      binds(['app', 'other', 'app-two'], ['a', 'b']),
      { after: { names: [lock('app'), 'other', 'app-two'], namespaces: ['a', 'b'] }, others: ['b/app'] },
    ],
    [
      'of a glob, which is replaced by those who are there',
      binds(['*'], ['a']),
      { after: { names: [lock('*'), 'app-two', 'other'], namespaces: ['a'] }, others: [], later: ['*'] },
    ],
    [
      'of a glob of namespaces',
      binds(['app'], ['*']),
      { after: { names: ['app'], namespaces: [lock('*'), 'b', 'c'] }, others: [], later: ['*'] },
    ],
    [
      'of a selector, which no list takes anything from: by its name alone',
      binds(['app'], ['a'], { team: 'x' }),
      { after: { names: [lock('app')], namespaces: ['a'] }, others: ['b/app'] },
    ],
    [
      'beside what is locked already',
      binds([lock('other'), 'app'], ['a']),
      { after: { names: [lock('other'), lock('app')], namespaces: ['a'] }, others: [] },
    ],
  ])('%s', (_, bindings, expected) => expect(without(bindings, target, view)).toMatchObject(expected))

  test('a role that does not let it in stays', () => {
    expect(without(binds(['app'], ['b']), target, view)).toBeUndefined()
    expect(without(binds(['app'], [], { team: 'y' }), target, view)).toBeUndefined()
    expect(without(binds([lock('app')], ['a']), target, view)).toBeUndefined()
  })

  test('where the cluster cannot be seen, everybody else counts as there', () => {
    expect(without(binds(['app'], ['a']), target, blind)!.others).toEqual([])
    expect(without(binds(['app', 'x'], ['a', 'b']), target, blind)!.others).toHaveLength(1)
    expect(without(binds(['app*'], ['a']), target, blind)!.others).not.toEqual([])
    expect(without(binds(['app'], [], { team: 'x' }), target, blind)!.others).not.toEqual([])
  })
})

/** Every role of few names, namespaces and globs. */
function* roles(): Generator<Bindings> {
  const names = [['app'], ['*'], ['app*'], ['app', 'other'], ['app*', 'third'], ['other'], ['*p', 'other']]
  const namespaces = [['a'], ['*'], ['a', 'b'], ['b'], ['a*', 'c'], []]
  for (const one of names)
    for (const other of namespaces)
      for (const selector of [undefined, { team: 'x' }, {}]) yield binds(one, other, selector)
}

test('it never lets in anybody whom it did not let in before, never the one that is meant, and says who else is out', () => {
  for (const bindings of roles()) {
    const narrowing = without(bindings, target, view)
    const before = letIn(bindings, view)
    expect(narrowing === undefined).toBe(!before.includes('a/app'))
    if (narrowing === undefined) continue
    const after = { ...bindings, ...narrowing.after }
    const now = letIn(after, view)
    expect(before).toEqual(expect.arrayContaining(now))
    expect(admits(after, target, view)).toBe(false)
    expect([...now, ...narrowing.others, 'a/app'].sort()).toEqual(before)
    // Those who come later, too: any name in any namespace.
    for (const namespace of ['a', 'b', 'c', 'new'])
      for (const name of ['app', 'app-new', 'new', 'other', 'third'])
        if (admits(after, { namespace, name }, view) === true)
          expect(admits(bindings, { namespace, name }, view)).toBe(true)
  }
})

test('opened again it is as it was, in whatever order it was closed', () => {
  for (const bindings of roles()) {
    const steps = [
      (now: Bindings) => closed(now),
      (now: Bindings) => without(now, target, view)?.after ?? now,
      (now: Bindings) => without(now, { namespace: 'b', name: 'app' }, view)?.after ?? now,
    ]
    for (const order of [[0], [1], [2], [1, 2], [2, 1], [1, 2, 0]]) {
      const locked = order.reduce<Bindings>((now, index) => ({ ...now, ...steps[index]!(now) }), bindings)
      const again = { ...bindings, ...reopened(locked) }
      expect([[...again.names].sort(), [...again.namespaces].sort()]).toEqual([
        [...bindings.names].sort(),
        [...bindings.namespaces].sort(),
      ])
    }
  }
})

test('one is let in again while another stays out', () => {
  const both = [target, { namespace: 'a', name: 'other' }].reduce<Bindings>(
    (now, workload) => ({ ...now, ...without(now, workload, view)!.after }),
    binds(['*'], ['a']),
  )
  const one = { ...both, ...reopened(both, target) }
  expect([admits(one, target, view), admits(one, { namespace: 'a', name: 'other' }, view)]).toEqual([true, false])
  expect(one.names).not.toContain('*')
  expect(reopened(one, { namespace: 'a', name: 'other' }).names).toEqual(['*'])
})

test('a role that names nobody is closed to all, and opened again', () => {
  const { names } = closed(binds([], []))
  expect(names).toEqual([lock('')])
  expect(reopened(binds([...names], []))).toEqual({ names: [], namespaces: [] })
})
