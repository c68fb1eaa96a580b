import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { effective, hasWildcard, matches, sum, toRules, type Capability, type Rules } from '../../src/policy/index.js'
import { REQUESTS, nestedRules, pattern, rules } from './arbitrary.js'

function policy(stanzas: Record<string, readonly Capability[]>): Rules {
  return toRules(Object.entries(stanzas).map(([path, capabilities]) => ({ path, capabilities })))
}

describe('toRules', () => {
  test('joins the same path, orders, and lets deny stand alone', () => {
    expect(
      toRules([
        { path: 'b', capabilities: ['read', 'create', 'read'] },
        { path: 'a', capabilities: ['list'] },
        { path: 'b', capabilities: ['list'] },
        { path: 'c', capabilities: ['read'] },
        { path: 'c', capabilities: ['deny'] },
      ]),
    ).toEqual([
      { path: 'a', capabilities: ['list'] },
      { path: 'b', capabilities: ['create', 'read', 'list'] },
      { path: 'c', capabilities: ['deny'] },
    ])
  })

  test('says the same in whatever order the stanzas come', () => {
    fc.assert(
      fc.property(rules, rules, (a, b) => {
        expect(toRules([...a, ...b])).toEqual(toRules([...b, ...a]))
      }),
    )
  })
})

describe('effective', () => {
  test('only the most specific stanza counts', () => {
    const stanzas = policy({ 'secret/*': ['read', 'update'], 'secret/a*': ['read'], 'secret/ab': ['deny'] })
    expect(effective(stanzas, 'secret/x')).toEqual(['read', 'update'])
    expect(effective(stanzas, 'secret/a')).toEqual(['read'])
    expect(effective(stanzas, 'secret/ab')).toEqual([])
    expect(effective(stanzas, 'secret')).toEqual([])
  })

  test('two policies of a token are one', () => {
    const one = policy({ 'secret/*': ['read'], 'secret/x': ['update'] })
    const other = policy({ 'secret/*': ['delete'], 'secret/x/y': ['deny'] })
    expect(effective([...one, ...other], 'secret/z')).toEqual(['read', 'delete'])
    expect(effective([...one, ...other], 'secret/x')).toEqual(['update'])
    expect(effective([...one, ...other], 'secret/x/y')).toEqual([])
  })

  test.each<[string, Rules, string, boolean]>([
    ['of a path and of the same with a slash', policy({ 'kv/app/': ['list'] }), 'kv/app', true],
    ['a stanza without the slash', policy({ 'kv/app': ['list'] }), 'kv/app/', true],
    ['a pattern without the slash', policy({ 'kv/+': ['list'] }), 'kv/app/', true],
    ['the slash before none', policy({ 'kv/app': ['list'], 'kv/app/': ['read'] }), 'kv/app', false],
    ['an exact path before a pattern', policy({ 'kv/app': ['read'], 'kv/app/*': ['list'] }), 'kv/app', false],
    ['where products differ: no', policy({ 'kv/*': ['list'], 'kv/app/*': ['deny'] }), 'kv/app', false],
    ['where products differ: no', policy({ 'kv/*': ['deny'], 'kv/app/*': ['list'] }), 'kv/app', false],
  ])('list: %s', (_, stanzas, path, allowed) => {
    expect(effective(stanzas, path).includes('list')).toBe(allowed)
  })

  test('of a pattern is what each of its paths has', () => {
    fc.assert(
      fc.property(rules, pattern, (stanzas, paths) => {
        fc.pre(hasWildcard(paths))
        const all = effective(stanzas, paths)
        for (const path of REQUESTS.filter((request) => matches(paths, request)))
          expect(effective(stanzas, path)).toEqual(expect.arrayContaining([...all]))
      }),
      { numRuns: 500 },
    )
    const stanzas = policy({ 'a/*': ['read', 'update'], 'a/b/*': ['read'], 'a/b/c': ['delete'] })
    expect(effective(stanzas, 'a/*')).toEqual([])
    expect(effective(stanzas, 'a/b/x*')).toEqual(['read'])
    expect(effective(stanzas, 'a/x/*')).toEqual(['read', 'update'])
    expect(effective(stanzas, '+/x')).toEqual([])
  })
})

describe('sum', () => {
  test('a narrower grant takes nothing from a broader one', () => {
    expect(sum(policy({ 's/*': ['read'], 's/a': ['update'], 't/a': ['update'] }))).toEqual(
      policy({ 's/*': ['read'], 's/a': ['read', 'update'], 't/a': ['update'] }),
    )
  })

  test('nor its LIST', () => {
    const both = sum(policy({ 'm/app': ['read'], 'm/app/*': ['list'] }))
    expect(effective(both, 'm/app')).toEqual(['read', 'list'])
  })

  test('allows what the grants allow one by one, and nothing else', () => {
    fc.assert(
      fc.property(rules, (stanzas) => {
        const grants = stanzas.filter((rule) => !rule.capabilities.includes('deny'))
        const together = sum(grants)
        for (const path of REQUESTS) {
          const allowed = effective(together, path)
          expect(grants.flatMap((grant) => effective([grant], path))).toEqual(expect.arrayContaining([...allowed]))
          expect(allowed).toEqual(expect.arrayContaining(effective(grants, path).filter((each) => each !== 'list')))
        }
      }),
      { numRuns: 500 },
    )
  })

  test('leaves nothing out, where no paths cross', () => {
    fc.assert(
      fc.property(nestedRules, (stanzas) => {
        const grants = stanzas.filter((rule) => !rule.capabilities.includes('deny'))
        const together = sum(grants)
        for (const path of REQUESTS) {
          const single = grants.flatMap((grant) => effective([grant], path)).filter((each) => each !== 'list')
          expect(effective(together, path)).toEqual(expect.arrayContaining(single))
        }
      }),
      { numRuns: 500 },
    )
  })
})
