import { LINT } from '../../../catalogue/index.js'
import { covers, overlaps } from '../../match.js'
import { LEGACY, capabilitiesOf } from '../../parse.js'
import { apiOf, asked, endpointsAt, isKv, ROOT_PATHS } from '../apis.js'
import { allowed, isDenied, meant, place, problem, rewritten, rule, spoken } from '../stanzas.js'
import type { Facts, MountFact, Problem, Rule, Stanza } from '../types.js'

const q = (word: string): string => JSON.stringify(word)

interface Use {
  readonly stanza: Stanza
  /** `sudo` is another matter. */
  readonly own: readonly string[]
  readonly useful: readonly string[]
}

type Seen = Facts & { readonly mounts: Readonly<Record<string, MountFact>> }

/** What the stanzas of a policy ask for, beside what the API that they are for can use. */
function* uses(stanzas: readonly Stanza[], { mounts, product }: Seen): Generator<Use> {
  for (const stanza of stanzas) {
    const placed = place(stanza.path, mounts)
    const endpoints = placed && endpointsAt(apiOf(placed) ?? [], placed.rest)
    if (endpoints === undefined || endpoints.length === 0) continue
    const own = allowed(stanza).filter((each) => each !== 'sudo')
    yield { stanza, own, useful: asked(endpoints, product) }
  }
}

/** Writing is meant, and what writing takes here is not given. */
const cannotWrite = ({ own, useful }: Use): boolean =>
  own.includes('create') && !useful.includes('create') && useful.includes('update') && !own.includes('update')

const cannotAnything = ({ own, useful }: Use): boolean =>
  own.length > 0 && !own.some((each) => useful.includes(each)) && useful.length > 0

/** What should be there instead. */
function needed({ own, useful }: Use): readonly string[] {
  const kept = own.filter((each) => useful.includes(each))
  const main = ['update', 'read', 'list'].find((each) => useful.includes(each))
  return main === undefined || kept.includes(main) ? kept : [...kept, main]
}

const lacksCapability = rule({
  record: LINT.lacksCapability,
  needs: ['mounts'],
  *judge({ policy, facts }) {
    for (const use of uses(policy.parsed.stanzas, facts)) {
      const { stanza, own, useful } = use
      // Told by a rule of its own, which knows better.
      if (isListOnData(stanza, facts.mounts)) continue
      const told = cannotAnything(use)
        ? `Requests to ${q(stanza.path)} take ${spoken(useful)}; ${spoken(own)} ${own.length === 1 ? 'lets' : 'let'} none of them through.`
        : cannotWrite(use)
          ? `Writes to ${q(stanza.path)} are all updates, whether something is there or not: create lets none of them through.`
          : undefined
      if (told !== undefined) yield problem(stanza, told, rewritten(stanza, { capabilities: needed(use) }))
    }
  },
})

function isListOnData({ path }: Stanza, mounts: Readonly<Record<string, MountFact>>): boolean {
  const placed = place(path, mounts)
  return placed !== undefined && isKv(placed, 2) && placed.rest.startsWith('data')
}

const lacksSudo = rule({
  record: LINT.lacksCapability,
  needs: [],
  *judge({ policy }) {
    for (const stanza of policy.parsed.stanzas) {
      const own = allowed(stanza)
      if (own.length === 0 || own.includes('sudo')) continue
      const path = meant(stanza.path)
      if (!ROOT_PATHS.some((root) => covers(root, path) && overlaps(root, path))) continue
      yield problem(
        stanza,
        `${q(stanza.path)} is protected: every request there takes sudo besides.`,
        rewritten(stanza, { capabilities: [...own, 'sudo'] }),
      )
    }
  },
})

const idleCapability = rule({
  record: LINT.idleCapability,
  needs: ['mounts'],
  *judge({ policy, facts }) {
    for (const use of uses(policy.parsed.stanzas, facts)) {
      const { stanza, own, useful } = use
      if (cannotAnything(use) || cannotWrite(use)) continue
      // Neither the engines nor this auth method have protected paths.
      const idle = allowed(stanza).filter((each) => !useful.includes(each))
      if (idle.length === 0 || (idle.length === 1 && idle[0] === 'list' && isListOnData(stanza, facts.mounts))) continue
      yield problem(
        stanza,
        `No request to ${q(stanza.path)} asks for ${spoken(idle)}.`,
        own.length === 0 ? undefined : rewritten(stanza, { capabilities: own.filter((each) => useful.includes(each)) }),
      )
    }
  },
})

const upsert = rule({
  record: LINT.upsert,
  needs: ['mounts'],
  *judge({ policy, facts: { mounts } }) {
    for (const stanza of policy.parsed.stanzas) {
      const placed = place(stanza.path, mounts)
      if (placed?.fact.type !== 'transit' || !covers('encrypt/*', placed.rest)) continue
      const own = allowed(stanza)
      if (!own.includes('create')) continue
      const capabilities = [...own.filter((each) => each !== 'create' && each !== 'update'), 'update']
      yield problem(
        stanza,
        `With create, encrypting with a key that is not there makes it.`,
        rewritten(stanza, { capabilities }),
      )
    }
  },
})

const legacyPolicy = rule({
  record: LINT.legacyPolicy,
  needs: [],
  *judge({ policy }): Iterable<Problem> {
    for (const stanza of policy.parsed.stanzas) {
      const { legacy } = stanza
      const means = legacy && LEGACY[legacy.text]
      if (legacy === undefined || means === undefined) continue
      yield {
        at: { line: legacy.line, column: legacy.column },
        path: stanza.path,
        message: `policy = ${q(legacy.text)} means ${means.join(', ')}, without patch.`,
        corrected: rewritten(stanza, { capabilities: isDenied(stanza) ? ['deny'] : capabilitiesOf(stanza) }),
      }
    }
  },
})

const denyAmong = rule({
  record: LINT.denyAmong,
  needs: [],
  *judge({ policy }) {
    for (const stanza of policy.parsed.stanzas) {
      const others = capabilitiesOf(stanza).filter((each) => each !== 'deny')
      if (!isDenied(stanza) || others.length === 0) continue
      yield problem(
        stanza,
        `With deny, ${spoken(others)} ${others.length === 1 ? 'counts' : 'count'} for nothing.`,
        rewritten(stanza, { capabilities: ['deny'] }),
      )
    }
  },
})

const allowsNothing = rule({
  record: LINT.allowsNothing,
  needs: [],
  *judge({ policy }) {
    for (const stanza of policy.parsed.stanzas) {
      // What is no list, or no block, is told elsewhere.
      if (!stanza.isBlock || capabilitiesOf(stanza).length > 0 || stanza.legacy !== undefined) continue
      if (stanza.capabilities === undefined && stanza.keys.some(({ name }) => name === 'capabilities')) continue
      yield problem(
        stanza,
        `It allows nothing on ${q(stanza.path)}, and hides what a broader stanza allows there.`,
        rewritten(stanza, { capabilities: ['deny'] }),
      )
    }
  },
})

export const capabilityRules: readonly Rule[] = [
  lacksCapability,
  lacksSudo,
  idleCapability,
  upsert,
  legacyPolicy,
  denyAmong,
  allowsNothing,
]
