import { LINT } from '../../../catalogue/index.js'
import { covers, hasWildcard, precedence } from '../../match.js'
import { capabilitiesOf } from '../../parse.js'
import { allowed, candidates, isDenied, problem, rewritten, rule, spoken } from '../stanzas.js'
import type { Rule, Stanza } from '../types.js'

const q = (word: string): string => JSON.stringify(word)

const duplicatePath = rule({
  record: LINT.duplicatePath,
  needs: [],
  *judge({ policy }) {
    const byPath = Map.groupBy(policy.parsed.stanzas, ({ path }) => path)
    for (const [path, same] of byPath) {
      const [first, ...others] = same
      if (first === undefined) continue
      const capabilities = same.some(isDenied) ? ['deny'] : [...new Set(same.flatMap(capabilitiesOf))]
      for (const stanza of others) {
        yield problem(
          stanza,
          `There is a stanza for ${q(path)} already, on line ${first.line}. Together they ${capabilities[0] === 'deny' ? 'deny everything' : `allow ${spoken(capabilities)}`}.`,
          rewritten(stanza, { capabilities }),
        )
      }
    }
  },
})

/** The stanza, of those with wildcards, that would decide where this one does, if this one were not there. */
const broader = (wild: (path: string) => readonly Stanza[], { path }: Stanza): Stanza | undefined =>
  wild(path)
    .filter((other) => other.path !== path && covers(other.path, path))
    .reduce<Stanza | undefined>(
      (best, each) => (best === undefined || precedence(each.path, best.path) > 0 ? each : best),
      undefined,
    )

const takesAway = rule({
  record: LINT.takesAway,
  needs: [],
  *judge({ policy }) {
    const { stanzas } = policy.parsed
    const wild = candidates(stanzas.filter(({ path }) => hasWildcard(path)))
    for (const stanza of stanzas) {
      const wider = broader(wild, stanza)
      if (wider === undefined || isDenied(stanza)) continue
      const [own, before] = [allowed(stanza), allowed(wider)]
      const lost = before.filter((each) => !own.includes(each))
      // What only takes away was meant to.
      if (lost.length === 0 || own.every((each) => before.includes(each))) continue
      yield problem(
        stanza,
        `${q(wider.path)} (line ${wider.line}) allows ${spoken(lost)}; on ${q(stanza.path)} only this stanza counts, which does not.`,
        rewritten(stanza, { capabilities: [...own, ...lost] }),
      )
    }
  },
})

export const togetherRules: readonly Rule[] = [duplicatePath, takesAway]
