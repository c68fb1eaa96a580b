import * as v from 'valibot'
import { FILE } from '../catalogue/index.js'
import { expectation } from './expectation.js'
import { pathText, shown, type Path, type Problem } from './words.js'

/** The rules in code (`v.check` and its like) that a value breaks; valibot comes to them where the sorts are right. */
export function brokenRules(schema: v.GenericSchema, value: unknown, path: Path): Problem[] {
  const issues = v.safeParse(schema, value).issues ?? []
  return issues.filter(({ kind }) => kind === 'validation').map((issue) => brokenRule(issue, value, path))
}

function brokenRule(issue: v.BaseIssue<unknown>, whole: unknown, path: Path): Problem {
  const keys = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)))
  const value = keys.reduce<unknown>((found, key) => (found as Record<string, unknown> | undefined)?.[key], whole)
  const word = shown(value)
  const where = `${pathText([...path, ...keys])}${word === undefined ? '' : `: ${word}`}`
  const rule = { path: [...path, ...keys], open: word !== undefined, rule: true }
  // A rule can say that a key must be there in this case (v.forward).
  return value === undefined
    ? { ...rule, record: FILE.missingKey, message: `${where} is missing: ${expectation(issue)}.`, at: 'missing' }
    : {
        ...rule,
        record: FILE.wrongValue,
        message: `${where} is not valid: ${expectation(issue)}.`,
        at: typeof value === 'object' ? 'key' : 'value',
      }
}
