import * as v from 'valibot'
import type { Origin } from '../catalogue/index.js'
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
  const problems = settled([...explain(schema, parsed.value, []), ...brokenRules(schema, parsed.value, [])])
  problems.push(...danglingReferences(schema, parsed.value, problems.length === 0))
  if (problems.length > 0) throw together(problems.map((problem) => located(problem, parsed)))
  return v.parse(schema, parsed.value)
}

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
