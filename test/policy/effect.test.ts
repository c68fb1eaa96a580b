import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compareRules, effective, meet, toRules, type Capability, type Rules } from '../../src/policy/index.js'
import { REQUESTS, nestedRules, rules } from './arbitrary.js'

const runs = { numRuns: 500 }

function policy(stanzas: Record<string, readonly Capability[]>): Rules {
  return toRules(Object.entries(stanzas).map(([path, capabilities]) => ({ path, capabilities })))
}

/** What the first rules allow that none of the others does, as `capability path`. */
function excess(first: Rules, ...others: Rules[]): string[] {
  return REQUESTS.flatMap((path) => {
    const known = others.flatMap((other) => effective(other, path))
    return effective(first, path)
      .filter((capability) => !known.includes(capability))
      .map((capability) => `${capability} ${path}`)
  })
}

describe('meet', () => {
  test('allows at most what both allow', () => {
    fc.assert(
      fc.property(rules, rules, (before, after) => {
        const both = meet(before, after)
        expect(excess(both, before)).toEqual([])
        expect(excess(both, after)).toEqual([])
      }),
      runs,
    )
  })

  test('of a token with another policy allows at most what that token had or will have', () => {
    fc.assert(
      fc.property(rules, rules, rules, (before, after, other) => {
        const token = (own: Rules): Rules => [...own, ...other]
        expect(excess(token(meet(before, after)), token(before), token(after))).toEqual([])
      }),
      runs,
    )
  })

  test('takes nothing that both allow, where no paths cross', () => {
    let seen = 0
    fc.assert(
      fc.property(nestedRules, nestedRules, (before, after) => {
        const both = meet(before, after)
        for (const path of REQUESTS) {
          // LIST is matched differently by different products: there the meet may allow less.
          const allowed = effective(before, path).filter(
            (each) => each !== 'list' && effective(after, path).includes(each),
          )
          expect(effective(both, path)).toEqual(expect.arrayContaining(allowed))
          seen += allowed.length
        }
      }),
      runs,
    )
    expect(seen).toBeGreaterThan(100)
  })

  test('keeps every path of either side, in whatever order they come', () => {
    fc.assert(
      fc.property(rules, rules, (before, after) => {
        const both = meet(before, after)
        expect(both).toEqual(toRules(both))
        expect(new Set(both.map(({ path }) => path))).toEqual(new Set([...before, ...after].map(({ path }) => path)))
        expect(both).toEqual(meet(after, before))
      }),
      runs,
    )
  })

  test('of the same rules is those rules', () => {
    fc.assert(fc.property(rules, (same) => expect(meet(same, same)).toEqual(same)))
  })

  test('leaves what both allow by another stanza', () => {
    const before = policy({ 's/*': ['read', 'list'], 's/x': ['update'] })
    const after = policy({ 's/*': ['read'], 's/y': ['read', 'update'] })
    expect(meet(before, after)).toEqual(policy({ 's/*': ['read'], 's/x': [], 's/y': ['read'] }))
  })

  test('keeps a stanza that is to go, so that no other policy gives more in its place', () => {
    const other = policy({ 's/*': ['read', 'delete'] })
    const both = meet(policy({ 's/a': ['read'] }), policy({}))
    expect(both).toEqual(policy({ 's/a': [] }))
    expect(effective([...both, ...other], 's/a')).toEqual([])
    expect(effective(other, 's/a')).toEqual(['read', 'delete'])
  })

  test('denies where either denies', () => {
    expect(meet(policy({ a: ['deny'] }), policy({ a: ['read'], 'b/*': ['read'] }))).toEqual(
      policy({ a: ['deny'], 'b/*': [] }),
    )
  })

  test('knows which stanza never gets a say', () => {
    const before = policy({ 's/+/*': ['read'] })
    const after = policy({ 's/+/*': ['read'], 's/+/+/*': ['read', 'update'] })
    expect(meet(before, after)).toEqual(policy({ 's/+/*': ['read'], 's/+/+/*': ['read'] }))
  })

  test('where patterns cross allows less', () => {
    const before = policy({ 'a/+/c': ['read'] })
    const after = policy({ 'a/b/*': ['read'] })
    expect(meet(before, after)).toEqual(policy({ 'a/+/c': [], 'a/b/*': [] }))
    expect(compareRules(before, after)).toBe('mixed')
  })
})

describe('compareRules', () => {
  test.each<[string, ReturnType<typeof compareRules>, Rules, Rules]>([
    ['the same', 'neutral', policy({ a: ['read'] }), policy({ a: ['read'] })],
    ['a capability less', 'narrows', policy({ a: ['read', 'list'] }), policy({ a: ['read'] })],
    ['a capability more', 'widens', policy({ a: ['read'] }), policy({ a: ['read', 'list'] })],
    ['one more, one less', 'mixed', policy({ a: ['read'] }), policy({ a: ['list'] })],
    ['a new path', 'widens', policy({ a: ['read'] }), policy({ a: ['read'], b: ['read'] })],
    ['the first path', 'widens', policy({}), policy({ b: ['read'] })],
    ['a path shut', 'narrows', policy({ 's/*': ['read'] }), policy({ 's/*': ['read'], 's/a': ['deny'] })],
    ['a path opened again', 'widens', policy({ 's/*': ['read'], 's/a': ['deny'] }), policy({ 's/*': ['read'] })],
    ['a path less shut', 'widens', policy({ a: ['deny'] }), policy({ a: [] })],
    ['a path more shut', 'narrows', policy({ a: [] }), policy({ a: ['deny'] })],
    [
      'a narrower stanza that says less',
      'narrows',
      policy({ 's/*': ['read', 'update'] }),
      policy({ 's/*': ['read', 'update'], 's/a': ['read'] }),
    ],
    [
      'a narrower stanza that says more',
      'widens',
      policy({ 's/*': ['read'] }),
      policy({ 's/*': ['read'], 's/a': ['read', 'update'] }),
    ],
    [
      'a narrower stanza that says the same',
      'neutral',
      policy({ 's/*': ['read'] }),
      policy({ 's/*': ['read'], 's/a': ['read'] }),
    ],
    [
      'a broader one under a narrower',
      'widens',
      policy({ 's/a': ['read'] }),
      policy({ 's/a': ['read'], 's/*': ['list'] }),
    ],
    // Alone it narrows. With another policy on s/* it may widen: hence by way of the meet.
    ['a path gone', 'mixed', policy({ a: ['read'], b: ['read'] }), policy({ a: ['read'] })],
  ])('%s: %s', (_, effect, before, after) => {
    expect(compareRules(before, after)).toBe(effect)
  })

  test('what narrows allows nothing that was not allowed', () => {
    let seen = 0
    fc.assert(
      fc.property(rules, rules, (before, other) => {
        for (const after of [other, meet(before, other)]) {
          if (compareRules(before, after) !== 'narrows') continue
          seen++
          expect(excess(after, before)).toEqual([])
        }
      }),
      runs,
    )
    expect(seen).toBeGreaterThan(100)
  })

  test('what widens takes nothing away, and what is neutral changes nothing', () => {
    const seen = { widens: 0, neutral: 0 }
    fc.assert(
      fc.property(rules, rules, (before, other) => {
        for (const after of [other, before, toRules([...before, ...other])]) {
          const effect = compareRules(before, after)
          if (effect !== 'widens' && effect !== 'neutral') continue
          seen[effect]++
          expect(excess(before, after)).toEqual([])
          if (effect === 'neutral') expect(excess(after, before)).toEqual([])
        }
      }),
      runs,
    )
    expect(Math.min(seen.widens, seen.neutral)).toBeGreaterThan(50)
  })

  test('what narrows takes no stanza away', () => {
    fc.assert(
      fc.property(rules, (before) => {
        for (const gone of before) {
          const after = before.filter((rule) => rule !== gone)
          expect(['widens', 'mixed']).toContain(compareRules(before, after))
        }
      }),
      runs,
    )
  })

  test('turned about, no change narrows both ways', () => {
    fc.assert(
      fc.property(rules, rules, (before, after) => {
        if (compareRules(before, after) === 'narrows') expect(compareRules(after, before)).not.toBe('narrows')
      }),
      runs,
    )
  })
})
