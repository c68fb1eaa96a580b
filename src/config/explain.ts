import * as v from 'valibot'
import { FILE } from '../catalogue/index.js'
import { nearest } from '../catalogue/nearest.js'
import { discriminators, likeliest, mappingsOf } from './choice.js'
import { brokenRules } from './rules.js'
import { customMessage, described, expectation, foundWord, hintFor } from './expectation.js'
import {
  closedValues,
  isChoice,
  isMapping,
  mayBeMissing,
  optionsOf,
  partsOf,
  shapeOf,
  sortOf,
  sortsOf,
} from './shape.js'
import type { Mapping, Shape } from './shape.js'
import { inside, listed, oneOf, pathText, quoted, shown, type Path, type Problem } from './words.js'

/** The keys that the other options of a choice know, and what told that those are not meant: `type: kv`. */
interface Elsewhere {
  readonly keys: ReadonlySet<string>
  readonly telling: string | undefined
}

/**
 * Everything in a value that its schema does not allow, each mistake once, in the words of the file. Of a choice only the
 * option that was most probably meant is spoken of. It finds what one run of valibot does not: all unknown keys of a
 * mapping, and lists that stand for mappings.
 */
export function explain(schema: v.GenericSchema, value: unknown, path: Path, elsewhere?: Elsewhere): Problem[] {
  if (value === null && v.is(schema, value)) return []
  const shape = shapeOf(schema, value)
  if (isChoice(shape)) return explainChoice(schema, shape, value, path)
  const sort =
    shape.item !== undefined ? 'list' : shape.entries !== undefined || shape.value !== undefined ? 'mapping' : undefined
  if (sort === undefined) return explainSimple(schema, value, path)
  if (sortOf(value) !== sort) return [wrongSort(schema, value, path)]
  return [
    ...(isMapping(value) ? explainKeys(shape, value, path, elsewhere) : []),
    ...partsOf(shape, value).flatMap((part) => explain(part.schema, part.value, [...path, part.key])),
  ]
}

function explainKeys(shape: Shape, value: Mapping, path: Path, elsewhere: Elsewhere | undefined): Problem[] {
  const { entries, key: keySchema } = shape
  const keys = Object.keys(value)
  if (entries === undefined) {
    return keySchema === undefined ? [] : keys.flatMap((key) => explainName(keySchema, key, [...path, key]))
  }
  const problems: Problem[] = []
  const missing = new Set(Object.keys(entries).filter((key) => !Object.hasOwn(value, key)))
  const unknown = shape.type === 'strict_object' ? keys.filter((key) => !Object.hasOwn(entries, key)) : []
  const others = elsewhere?.telling ?? listed(keys.filter((key) => Object.hasOwn(entries, key)))
  for (const key of unknown) {
    const meant = nearest(key, missing)
    if (meant !== undefined) missing.delete(meant)
    else if (elsewhere?.keys.has(key) === true) {
      const message = `Key ${quoted(key)} ${inside(path)} does not go together with ${others}.`
      problems.push(keyProblem([...path, key], message))
      continue
    }
    problems.push(unknownKey([...path, key], meant, Object.keys(entries)))
  }
  for (const key of missing) {
    const schema = entries[key]
    if (schema !== undefined && !mayBeMissing(schema)) problems.push(missingKey(key, path, described(schema)))
  }
  return problems
}

function explainName(schema: v.GenericSchema, key: string, path: Path): Problem[] {
  const [issue] = v.safeParse(schema, key, { abortPipeEarly: true }).issues ?? []
  if (issue === undefined) return []
  const message = `Key ${quoted(key)} ${inside(path.slice(0, -1))} is not valid: ${expectation(issue)}.`
  return [{ record: FILE.wrongValue, message, path, at: 'key', open: true }]
}

function explainChoice(schema: v.GenericSchema, shape: Shape, value: unknown, path: Path): Problem[] {
  const meant = likeliest(shape, value)
  if (isMapping(value)) {
    const mappings = mappingsOf(shape)
    if (meant === undefined || !v.is(meant, value)) {
      const wrong = explainDiscriminators(shape, mappings, value, path)
      if (wrong.length > 0) return wrong
      const strangers = explainStrangers(mappings, value, path)
      if (strangers.length > 0) return strangers
    }
    const telling = discriminators(shape).filter((key) => Object.hasOwn(value, key))
    const elsewhere = {
      keys: new Set(mappings.flatMap(({ entries }) => Object.keys(entries ?? {}))),
      telling: telling.length > 0 ? telling.map((key) => `${key}: ${String(value[key])}`).join(', ') : undefined,
    }
    return meant === undefined
      ? [wrongSort(schema, value, path)]
      : [...explain(meant, value, path, elsewhere), ...brokenRules(meant, value, path)]
  }
  if (meant === undefined) return [wrongSort(schema, value, path)]
  if (v.is(meant, value)) return explain(meant, value, path)
  const custom = customMessage(shape, value)
  const alike = optionsOf(shape).filter((option) => sortsOf(option)?.has(sortOf(value)) ?? true)
  if (custom === undefined && alike.length === 1) return explain(meant, value, path)
  return [wrongValue(value, path, custom ?? `expected ${described(schema)}`)]
}

/** `type: kvv`, or no `type` at all: no option can be meant, so the key that tells them apart is what is wrong. */
function explainDiscriminators(shape: Shape, options: readonly Shape[], value: Mapping, path: Path): Problem[] {
  return discriminators(shape).flatMap((key) => {
    const entries = options.flatMap(({ entries }) => entries?.[key] ?? [])
    const allowed = [...new Set(entries.flatMap((entry) => closedValues(entry) ?? []))]
    if (Object.hasOwn(value, key))
      return allowed.includes(value[key]) ? [] : [notOneOf(value[key], allowed, [...path, key])]
    return entries.some(mayBeMissing) ? [] : [missingKey(key, path, oneOf(allowed))]
  })
}

/** No key that any option knows: what could stand here is more use than what one option lacks. */
function explainStrangers(options: readonly Shape[], value: Mapping, path: Path): Problem[] {
  const known = new Set(options.flatMap(({ entries }) => Object.keys(entries ?? {})))
  const closed = options.length > 1 && options.every(({ type }) => type === 'strict_object')
  if (!closed || Object.keys(value).some((key) => known.has(key))) return []
  const keys = Object.keys(value)
  if (keys.length > 0) return keys.map((key) => unknownKey([...path, key], nearest(key, known), [...known]))
  const message = `Missing key ${inside(path)}: one of ${listed([...known])}.`
  return [{ record: FILE.missingKey, message, path: [...path, ''], at: 'missing', open: true }]
}

function explainSimple(schema: v.GenericSchema, value: unknown, path: Path): Problem[] {
  const [issue] = v.safeParse(schema, value, { abortPipeEarly: true }).issues ?? []
  if (issue === undefined) return []
  const closed = closedValues(schema)
  if (closed !== undefined && typeof value !== 'object') return [notOneOf(value, closed, path)]
  if (issue.kind === 'schema' && sortsOf(schema)?.has(sortOf(value)) !== true) return [wrongSort(schema, value, path)]
  return [wrongValue(value, path, expectation(issue))]
}

function unknownKey(path: Path, meant: string | undefined, known: readonly string[]): Problem {
  const hint = meant === undefined ? `Known keys: ${listed(known)}.` : `Did you mean ${quoted(meant)}?`
  return keyProblem(path, `Unknown key ${quoted(String(path.at(-1)))} ${inside(path.slice(0, -1))}. ${hint}`)
}

function keyProblem(path: Path, message: string): Problem {
  return { record: FILE.unknownKey, message, path, at: 'key', open: true }
}

function missingKey(key: string, path: Path, what: string): Problem {
  const message = `Missing key ${quoted(key)} ${inside(path)} (${what}).`
  return { record: FILE.missingKey, message, path: [...path, key], at: 'missing', open: true }
}

function wrongSort(schema: v.GenericSchema, value: unknown, path: Path): Problem {
  const message = `${pathText(path)}: expected ${described(schema)}, found ${foundWord(value)}.`
  const hint = hintFor(schema, value)
  const open = (typeof value === 'number' || typeof value === 'boolean') && sortsOf(schema)?.has('text') === true
  return { record: FILE.wrongType, message, path, at: value === null ? 'key' : 'value', open, ...(hint && { hint }) }
}

function wrongValue(value: unknown, path: Path, expected: string): Problem {
  const word = shown(value)
  const message = `${pathText(path)}${word === undefined ? '' : `: ${word}`} is not valid: ${expected}.`
  return { record: FILE.wrongValue, message, path, at: 'value', open: word !== undefined }
}

function notOneOf(value: unknown, allowed: readonly unknown[], path: Path): Problem {
  const word = shown(value)
  const message = `${pathText(path)}: ${word ?? 'this value'} is not ${oneOf(allowed)}.`
  const hint = spelling(value, allowed.map(String))
  return { record: FILE.wrongValue, message, path, at: 'value', open: word !== undefined, ...(hint && { hint }) }
}

function spelling(value: unknown, allowed: readonly string[]): (() => string) | undefined {
  if (allowed.includes(String(value)))
    return () => (typeof value === 'string' ? 'Write it without quotes.' : 'Put it in quotes.')
  const meant = typeof value === 'string' ? nearest(value, allowed) : undefined
  return meant === undefined ? undefined : () => `Did you mean ${quoted(meant)}?`
}
