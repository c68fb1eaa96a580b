import fc from 'fast-check'
import { CAPABILITIES, toRules, type PathRule } from '../../src/policy/index.js'

/** Few names, so that patterns often meet; `ab` begins with `a`, as a prefix ought to find. */
const segment = fc.constantFrom('a', 'b', 'ab', '+')
const last = fc.constantFrom('a', 'b', 'ab', '+', '', '*', 'a*')

/** A path as policies have it: exact, with `+`, with `*` at its end, with a slash at its end. */
export const pattern = fc
  .tuple(fc.array(segment, { maxLength: 2 }), last)
  .map(([segments, end]) => [...segments, end].join('/'))
  .filter((path) => path !== '')

/** Without `+`: of two such paths that overlap the one is inside the other, and the stronger. */
const nested = pattern.filter((path) => !path.includes('+'))

/** Paths of requests that the patterns above match, miss, and just miss; `z` is in none of them. */
export const REQUESTS = ['a', 'b', 'ab', 'z', 'abz'].flatMap((first) => [
  first,
  ...['', 'a', 'ab', 'z', 'a/', 'b/ab', 'az/z/b'].map((rest) => `${first}/${rest}`),
])

const stanza = (path: fc.Arbitrary<string>): fc.Arbitrary<PathRule> =>
  fc.record({
    path,
    // Few kinds, so that sets are often the same, often one in the other.
    capabilities: fc.oneof(
      { weight: 8, arbitrary: fc.subarray(['read', 'update', 'list'] as const) },
      { weight: 1, arbitrary: fc.constant(['deny'] as const) },
      { weight: 1, arbitrary: fc.subarray([...CAPABILITIES]) },
    ),
  })

export const rules = fc.array(stanza(pattern), { maxLength: 5 }).map(toRules)
export const nestedRules = fc.array(stanza(nested), { maxLength: 5 }).map(toRules)
