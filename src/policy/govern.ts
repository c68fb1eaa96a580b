import { covers, hasWildcard, matches, overlaps, precedence, withSlash } from './match.js'
import { CAPABILITIES, allows, toRules, type Capability, type PathRule, type Rules } from './rule.js'

/**
 * What somebody with these rules may do at a path, in any product and version; for several policies give the stanzas of
 * all. `list` is answered as LIST is asked, with a slash at the end of the path. A path with wildcards: what may be done
 * at every path that it matches.
 */
export function effective(rules: Rules, path: string): readonly Capability[] {
  const stanzas = toRules(rules)
  if (hasWildcard(path)) return within(stanzas, path, () => true).always
  const governing = allows(strongest(stanzas.filter((rule) => matches(rule.path, path))))
  const listing = listGoverning(stanzas, path)
  return CAPABILITIES.filter((capability) =>
    capability === 'list' ? listing.every((rule) => allows(rule).includes('list')) : governing.includes(capability),
  )
}

function strongest(stanzas: Rules): PathRule | undefined {
  return stanzas.reduce<PathRule | undefined>(
    (best, rule) => (best === undefined || precedence(rule.path, best.path) > 0 ? rule : best),
    undefined,
  )
}

/**
 * The stanzas that decide a LIST. It is a request for `path/`, but a stanza for `path` counts too: exact paths come
 * first; then OpenBao asks the patterns that match with the slash before those that match without, and Vault (1.21) the
 * other way about.
 */
function listGoverning(stanzas: Rules, path: string): readonly (PathRule | undefined)[] {
  const bare = path.replace(/\/$/, '')
  const [withIt, without] = [`${bare}/`, bare].map((asked) =>
    strongest(stanzas.filter((rule) => matches(rule.path, asked))),
  )
  const exact = [withIt, without].find((rule) => rule !== undefined && !hasWildcard(rule.path))
  return exact === undefined ? [withIt ?? without, without ?? withIt] : [exact]
}

/** Is there a LIST that both patterns speak of, with or without the slash at the end? */
function overlapWhenListed(one: string, other: string): boolean {
  return overlaps(one, other) || overlaps(withSlash(one), other) || overlaps(one, withSlash(other))
}

/** What rules do at the paths of a pattern that no more specific stanza takes out of its hands. */
export interface Given {
  /** What they allow at each of those paths; less where the answer would need more than patterns. */
  readonly always: readonly Capability[]
  /** What they allow at any of them; more where the answer would need more than patterns. */
  readonly ever: readonly Capability[]
}

/** What normalised rules give to the paths that a stanza for this pattern governs, or would govern if there were one. */
export function given(rules: Rules, pattern: string): Given {
  const own = rules.find((rule) => rule.path === pattern)
  if (own !== undefined) return { always: allows(own), ever: allows(own) }
  return within(rules, pattern, (rule) => covers(rule.path, pattern) || precedence(rule.path, pattern) < 0)
}

/** What has a say at the paths of a pattern. */
interface Speakers {
  /** The strongest stanza that speaks of all of them; undefined: some are not spoken of. */
  readonly floor: PathRule | undefined
  readonly deciding: (capability: Capability) => Rules
}

function speakers(rules: Rules, pattern: string, counts: (rule: PathRule) => boolean): Speakers {
  const floor = strongest(rules.filter((rule) => covers(rule.path, pattern)))
  const governors = rules.filter(
    (rule) =>
      overlaps(rule.path, pattern) && counts(rule) && (floor === undefined || precedence(rule.path, floor.path) >= 0),
  )
  // Which of several stanzas decides a LIST depends on the product: all that could have a say.
  const listers = rules.filter((rule) => overlapWhenListed(rule.path, pattern))
  return { floor, deciding: (capability) => (capability === 'list' ? listers : governors) }
}

const gives = (capability: Capability) => (rule: PathRule | undefined) => allows(rule).includes(capability)

function within(rules: Rules, pattern: string, counts: (rule: PathRule) => boolean): Given {
  const { floor, deciding } = speakers(rules, pattern, counts)
  return {
    always: floor === undefined ? [] : CAPABILITIES.filter((each) => deciding(each).every(gives(each))),
    ever: CAPABILITIES.filter((each) => deciding(each).some(gives(each))),
  }
}

/** What decides over one capability at a path, or at the paths of a pattern. */
export interface Decision {
  /** It is given at every path that is meant, in any product. */
  readonly always: boolean
  /** It is given at one of them at least, or (LIST) in one product; more where the answer would need more than patterns. */
  readonly ever: boolean
  /** The stanzas that have a say; none: nothing speaks of it, which refuses it. */
  readonly by: Rules
}

/** The same question as `effective` for one capability, with the stanzas that answer it. */
export function decide(rules: Rules, path: string, capability: Capability): Decision {
  const stanzas = toRules(rules)
  if (hasWildcard(path)) {
    const { floor, deciding } = speakers(stanzas, path, () => true)
    const by = deciding(capability)
    return { always: floor !== undefined && by.every(gives(capability)), ever: by.some(gives(capability)), by }
  }
  const by =
    capability === 'list'
      ? listGoverning(stanzas, path)
      : [strongest(stanzas.filter((rule) => matches(rule.path, path)))]
  return {
    always: by.every(gives(capability)),
    ever: by.some(gives(capability)),
    by: [...new Set(by)].filter((rule) => rule !== undefined),
  }
}
