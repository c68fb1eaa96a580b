import { LINT, type CodeRecord } from '../../catalogue/index.js'
import type { PolicyTree } from '../parse.js'
import { judgeNames } from './names.js'
import { breadthRules } from './rules/breadth.js'
import { capabilityRules } from './rules/capabilities.js'
import { grammarRules } from './rules/grammar.js'
import { kvRules } from './rules/kv.js'
import { pathRules } from './rules/paths.js'
import { templateRules } from './rules/templates.js'
import { togetherRules } from './rules/together.js'
import type { Facts, Finding, LintPolicy, Problem, Rule } from './types.js'

export { foldersAsked } from './rules/paths.js'
export type { Facts, Finding, Granted, LintPolicy, MountFact, Problem, Rule } from './types.js'

/** Every rule for one policy. Another is one more record in one of these lists. */
export const RULES: readonly Rule[] = [
  ...grammarRules,
  ...templateRules,
  ...pathRules,
  ...kvRules,
  ...capabilityRules,
  ...breadthRules,
  ...togetherRules,
]

/** A rule that could not judge, since facts were missing. */
export interface Skipped {
  readonly code: string
  readonly title: string
  readonly needs: readonly (keyof Facts)[]
}

export interface Judged {
  /** By policy, and in each by line. */
  readonly findings: readonly Finding[]
  readonly skipped: readonly Skipped[]
}

/**
 * What is wrong with policies, as far as the facts tell. Pure: whoever has facts can ask; rules whose facts are missing
 * are named.
 */
export function lint(policies: readonly LintPolicy[], facts: Facts): Judged {
  const lacking = ({ needs }: Rule): (keyof Facts)[] => needs.filter((need) => facts[need] === undefined)
  const able = RULES.filter((rule) => lacking(rule).length === 0)
  const names = judgeNames(policies.map(({ name }) => name))
  const findings = policies.flatMap((policy, index) => {
    const own = names.filter((found) => found.index === index)
    const ofName = own.map(({ record, message }) => findingOf(record, { at: { line: 1, column: 1 }, message }, index))
    const { parsed } = policy
    if ('error' in parsed) {
      const { line, column, message } = parsed.error
      const text = `${message.charAt(0).toUpperCase()}${message.slice(1)}.`
      return [...ofName, findingOf(LINT.notHcl, { at: { line, column }, message: text }, index)]
    }
    const subject = { policy: { ...policy, parsed }, facts } as {
      policy: LintPolicy & { parsed: PolicyTree }
      facts: Required<Facts>
    }
    const found = able.flatMap((rule) =>
      [...rule.judge(subject)].map((problem) => findingOf(rule.record, problem, index)),
    )
    return [...ofName, ...found.sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column)]
  })
  return { findings, skipped: skippedRules(lacking) }
}

const findingOf = ({ code, severity, title }: CodeRecord, problem: Problem, policy: number): Finding => ({
  code,
  severity,
  title,
  policy,
  ...problem,
})

function skippedRules(lacking: (rule: Rule) => (keyof Facts)[]): Skipped[] {
  const sorted = RULES.toSorted((a, b) => (a.record.code < b.record.code ? -1 : 1))
  const byCode = Map.groupBy(sorted, ({ record }) => record.code)
  return [...byCode.values()].flatMap((rules) => {
    const needs = [...new Set(rules.flatMap(lacking))]
    const [first] = rules
    return first === undefined || needs.length === 0
      ? []
      : [{ code: first.record.code, title: first.record.title, needs }]
  })
}
