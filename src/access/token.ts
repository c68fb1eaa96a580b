import { decide, hasWildcard, toRules, type Rules } from '../policy/index.js'
import { overlaps, withSlash } from '../policy/match.js'
import type { Policy, Source, Stanza } from './model.js'
import type { Need } from './question.js'

/** yes: everything that was asked for. partly: some of it. unknown: what is not known might turn it either way. */
export type Verdict = 'yes' | 'partly' | 'unknown' | 'no'

/** A stanza that gives what was asked for. */
export interface Reason {
  readonly policy: string
  /** The pattern of the stanza that decides. */
  readonly path: string
  readonly capabilities: readonly string[]
  readonly sources: readonly Source[]
  readonly condition?: string
}

export interface Judgement {
  readonly verdict: Verdict
  readonly by: readonly Reason[]
  /** Why it is not known, or what it is limited to, for people. */
  readonly why: readonly string[]
}

/**
 * What a token with these policies may do: they are matched as one, the most specific stanza of all of them decides, and
 * `deny` there beats everything. Pure.
 */
export function judge(policies: readonly Policy[], needs: readonly Need[]): Judgement {
  const plain = policies.flatMap(({ stanzas }) => stanzas.filter(({ path }) => !isTemplate(path)))
  const rules = toRules(plain)
  const parts = needs.map((need) => ({ need, ...judgeNeed(policies, rules, need) }))
  const verdict = together(parts.map((part) => part.verdict))
  const lacking = verdict === 'partly' ? parts.filter((part) => part.verdict === 'no') : []
  return {
    verdict,
    by: distinct(parts.flatMap(({ by }) => by)),
    why: [
      ...new Set(parts.flatMap(({ why }) => why)),
      ...lacking.map(({ need }) => `not ${need.capability} on ${need.path}`),
    ],
  }
}

function judgeNeed(policies: readonly Policy[], rules: Rules, need: Need): Judgement {
  const { path, capability } = need
  const { always, ever, by } = decide(rules, path, capability)
  const reasons = policies.flatMap((policy) =>
    policy.stanzas
      .filter((stanza) => by.some((rule) => rule.path === stanza.path && givesIt(rule, need)) && givesIt(stanza, need))
      .map((stanza) => reasonOf(policy, stanza)),
  )
  const doubts = policies.flatMap((policy) => doubtsAbout(policy, path))
  // Nothing that another policy says outdoes a `deny` at the very path.
  const settled = by.length === 1 && by[0]?.path === path && !hasWildcard(path) && by[0].capabilities.includes('deny')
  if (doubts.length > 0 && !settled) return { verdict: 'unknown', by: reasons, why: doubts }
  if (always) return { verdict: 'yes', by: reasons, why: [] }
  if (!ever) return { verdict: 'no', by: [], why: [] }
  const why = hasWildcard(path)
    ? `${capability} at some of the paths of ${path}, not at every one`
    : `Vault and OpenBao decide by different stanzas who may list ${path}`
  return { verdict: 'partly', by: reasons, why: [why] }
}

const givesIt = ({ capabilities }: Pick<Stanza, 'capabilities'>, { capability }: Need): boolean =>
  capabilities.includes(capability) && !capabilities.includes('deny')

const reasonOf = ({ name }: Policy, { path, capabilities, sources, condition }: Stanza): Reason => ({
  policy: name,
  path,
  capabilities,
  sources,
  ...(condition !== undefined && { condition }),
})

function doubtsAbout({ name, unknown, stanzas }: Policy, path: string): string[] {
  const templates = stanzas.filter((stanza) => isTemplate(stanza.path) && mayMatch(stanza.path, path))
  return [
    ...(unknown === undefined ? [] : [`the policy ${name}: ${unknown}`]),
    ...templates.map((stanza) => `the policy ${name}: ${stanza.path} depends on who logs in`),
  ]
}

/** Several needs as one: all of them, or some. */
function together(verdicts: readonly Verdict[]): Verdict {
  const has = (wanted: Verdict): boolean => verdicts.includes(wanted)
  if (has('unknown')) return 'unknown'
  if (verdicts.every((verdict) => verdict === 'yes')) return verdicts.length === 0 ? 'no' : 'yes'
  return has('yes') || has('partly') ? 'partly' : 'no'
}

function distinct(reasons: readonly Reason[]): Reason[] {
  return [...new Map(reasons.map((reason) => [`${reason.policy} ${reason.path}`, reason])).values()]
}

const TEMPLATE = /\{\{\s*(.*?)\s*\}\}/g

const isTemplate = (path: string): boolean => path.includes('{{')

/** Does what these policies say of it depend on who logs in? */
export function dependsOnWho(policies: readonly Policy[], needs: readonly Need[]): boolean {
  return policies.some(({ stanzas }) =>
    stanzas.some(({ path }) => isTemplate(path) && needs.some((need) => mayMatch(path, need.path))),
  )
}

/** Could it, whatever is put in? Its beginning tells; more than that would need the values. */
function mayMatch(template: string, path: string): boolean {
  const beginning = `${template.slice(0, template.indexOf('{{'))}*`
  return overlaps(beginning, path) || overlaps(beginning, withSlash(path))
}

/** The policies with what is known put in for `{{…}}`; a stanza with something that is not known stays as it is. */
export function filled(policies: readonly Policy[], values: ReadonlyMap<string, string>): readonly Policy[] {
  return policies.map((policy) => {
    if (!policy.stanzas.some(({ path }) => isTemplate(path))) return policy
    return { ...policy, stanzas: policy.stanzas.map((stanza) => ({ ...stanza, path: fill(stanza.path, values) })) }
  })
}

function fill(path: string, values: ReadonlyMap<string, string>): string {
  const names = [...path.matchAll(TEMPLATE)].map(([, name = '']) => name)
  if (names.some((name) => !values.has(name))) return path
  return path.replace(TEMPLATE, (_, name: string) => values.get(name) ?? '')
}
