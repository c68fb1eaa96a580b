import * as v from 'valibot'
import { IceError, IceErrors, type Origin } from '../catalogue/index.js'
import { USAGE } from '../catalogue/usage.js'
import { explain } from './explain.js'
import { danglingReferences } from './references.js'
import { brokenRules } from './rules.js'
import { frame, together, type Mistake } from './together.js'
import { pathText, type Path, type Problem } from './words.js'
import type { Parsed } from './yaml.js'

/**
 * Checks a parsed file against its schema, the names that must stand elsewhere in it included.
 * @returns the schema's output: defaults filled in, values transformed
 * @throws IceErrors: every mistake with file, line and column; `evidence.path` is the path of keys, `evidence.source` the
 * line with a mark, without anything on it that may be a secret
 */
export function check<S extends v.GenericSchema>(schema: S, parsed: Parsed): v.InferOutput<S> {
  const problems = problemsOf(schema, parsed.value)
  problems.push(...danglingReferences(schema, parsed.value, problems.length === 0))
  if (problems.length > 0) throw together(problems.map((problem) => located(problem, parsed)))
  return v.parse(schema, parsed.value)
}

/**
 * Checks what flags say, which no file holds: there are no lines to name, and names may lead to what only the servers have.
 * @param flagFor the flag behind a path of keys, if there is one
 * @throws IceErrors, each with the flag to mend
 */
export function checkFlags<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  flagFor: (path: Path) => string | undefined,
): v.InferOutput<S> {
  const problems = problemsOf(schema, value)
  if (problems.length === 0) return v.parse(schema, value)
  throw new IceErrors(
    problems.map(({ message, path, hint }) => {
      const flag = flagFor(path)
      const told = hint === undefined ? message : `${message} ${hint('')}`
      return new IceError(USAGE.wrongUsage, {
        message: flag === undefined ? told : `--${flag}: ${told.replace(`${pathText(path)}: `, '')}`,
      })
    }),
  )
}

/** Every mistake of a document that no file holds yet, by the keys that lead to it, names that lead nowhere among them. */
export function mistakesIn(
  schema: v.GenericSchema,
  value: unknown,
): readonly { readonly path: Path; readonly message: string }[] {
  const problems = problemsOf(schema, value)
  return [...problems, ...danglingReferences(schema, value, problems.length === 0)]
}

const problemsOf = (schema: v.GenericSchema, value: unknown): Problem[] =>
  settled([...explain(schema, value, []), ...brokenRules(schema, value, [])])

/** Each mistake once: no rule that is broken where something plainer is wrong. */
function settled(problems: readonly Problem[]): Problem[] {
  const plain = problems.filter(({ rule }) => rule !== true)
  const rules = problems.filter(({ rule, path }) => rule === true && !plain.some((problem) => isWithin(path, problem)))
  return [...plain, ...new Map(rules.map((rule) => [rule.message, rule])).values()]
}

/** Is a mistake at this path part of a problem, or its consequence? */
function isWithin(path: Path, problem: Problem): boolean {
  if (problem.at === 'key' && path.length !== problem.path.length) return false
  return problem.path.every((key, index) => path[index] === key)
}

function located(problem: Problem, parsed: Parsed): Mistake {
  const { record, path, message, hint } = problem
  const at = placeOf(problem, parsed)
  return {
    record,
    at,
    tell: () => {
      const width = widthOf(problem, at, parsed)
      return {
        message: hint === undefined ? message : `${message} ${hint(parsed.source(path))}`,
        evidence: { path: pathText(path), ...(width !== undefined && { source: frame(parsed.text, at, width) }) },
      }
    },
  }
}

function placeOf({ at, path }: Problem, parsed: Parsed): Origin {
  if (at === 'value') return parsed.origin(path)
  return parsed.keyOrigin(at === 'missing' ? path.slice(0, -1) : path)
}

/** How many characters to mark; undefined where nothing on the line stands for the problem. */
function widthOf({ at, path, open }: Problem, place: Origin, parsed: Parsed): number | undefined {
  if (at === 'value') return open ? (parsed.source(path).split('\n', 1)[0]?.length ?? 0) : 0
  const key = path.at(at === 'missing' ? -2 : -1)
  if (typeof key !== 'string') return undefined
  const line = parsed.text.split('\n', place.line)[place.line - 1] ?? ''
  return /["']/.test(line.charAt(place.column - 1)) ? key.length + 2 : key.length
}
