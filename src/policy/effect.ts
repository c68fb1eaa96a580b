import { given } from './govern.js'
import { denies, toRules, type Rules } from './rule.js'

/**
 * The rules that allow only what both allow: what is written first where a change takes something and gives something.
 *
 * Every path of either side stays, with what both sides give to the requests that it governs: `deny` where either denies
 * there, nothing (`capabilities = []`) where one side has nothing. None must go, for taking a stanza away gives too: a
 * token's policies are matched as one, the most specific path of all of them wins, and without it a broader path of this
 * or of another policy takes its place. So, whatever a token's other policies say, the meet lets nothing through that
 * neither the old nor the new rules let through; and if they do not speak of these requests, nothing that not both do.
 * (While two policies of one token change at once, one of them may, in between, outdo a stanza of the other that is
 * broader than its own and about to be replaced.)
 *
 * It may allow less than both do where paths overlap and the narrower is not the stronger (`a/+/c` and `a/b/*`, or
 * `a/*` and `a/+/c*`), and for LIST, which products match differently.
 */
export function meet(before: Rules, after: Rules): Rules {
  const [old, wanted] = [toRules(before), toRules(after)]
  return toRules(
    [...old, ...wanted].map(({ path }) => {
      if ([old, wanted].some((side) => denies(side.find((rule) => rule.path === path))))
        return { path, capabilities: ['deny'] }
      const allowed = given(wanted, path).always
      return { path, capabilities: given(old, path).always.filter((capability) => allowed.includes(capability)) }
    }),
  )
}

/**
 * What a change does to anybody who has these rules. It narrows if its outcome is the meet itself, and widens if what
 * came before gives the same as the meet; `mixed` if neither, also where that cannot be told: then the meet is the way
 * between. To take a stanza away is never called narrowing (see meet).
 */
export function compareRules(before: Rules, after: Rules): 'narrows' | 'neutral' | 'widens' | 'mixed' {
  const [old, wanted] = [toRules(before), toRules(after)]
  const both = meet(old, wanted)
  const narrows = JSON.stringify(both) === JSON.stringify(wanted)
  const widens = both.every(({ path, capabilities }) => {
    const own = old.find((rule) => rule.path === path)
    if (own !== undefined) return JSON.stringify(own.capabilities) === JSON.stringify(capabilities)
    return given(old, path).ever.every((capability) => capabilities.includes(capability))
  })
  if (narrows) return widens ? 'neutral' : 'narrows'
  return widens ? 'widens' : 'mixed'
}
