import { covers, withSlash } from './match.js'
import { allows, denies, toRules, type PathRule, type Rules } from './rule.js'

/**
 * What grants allow together: all that any of them allows. A policy does not do that by itself, since only the most
 * specific of its stanzas counts: beside `read a/*` a stanza `update a/b` would take reading `a/b` away. So each stanza
 * also gets what the stanzas that cover it allow. Patterns that overlap without one covering the other stay as they are.
 */
export function sum(stanzas: Iterable<PathRule>): Rules {
  const rules = toRules(stanzas)
  return toRules(
    rules.map((rule) => {
      if (denies(rule)) return rule
      const broader = rules.filter((other) => covers(other.path, rule.path)).flatMap(allows)
      // LIST of `a/` is decided by a stanza for `a`, if there is one, before it is by `a/*`. (`b/+` is for `b/` too.)
      const listed =
        !rule.path.endsWith('+') &&
        rules.some((other) => allows(other).includes('list') && covers(other.path, withSlash(rule.path)))
      return {
        path: rule.path,
        capabilities: [...rule.capabilities, ...broader, ...(listed ? (['list'] as const) : [])],
      }
    }),
  )
}
