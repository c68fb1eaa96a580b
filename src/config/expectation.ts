import type * as v from 'valibot'
import { leavesOf, mappingsOf } from './choice.js'
import {
  closedValues,
  isChoice,
  layers,
  mayBeMissing,
  shapeOf,
  sortOf,
  sortsOf,
  type Shape,
  type Sort,
} from './shape.js'
import { listed, oneOf } from './words.js'

/** What a schema wants, in the words of the file. */

const ARTICLES: Readonly<Record<Sort, string>> = {
  text: 'text',
  number: 'a number',
  'truth value': 'true or false',
  mapping: 'a mapping',
  list: 'a list',
  nothing: 'nothing',
}

/** `a list`, `one of kv, database`, `a mapping with one of the keys env, file`. */
export function described(schema: v.GenericSchema): string {
  const shape = shapeOf(schema, undefined)
  const closed = closedValues(schema)
  if (closed !== undefined) return oneOf(closed)
  if (!isChoice(shape)) {
    if (isWhole(schema)) return 'a whole number'
    const [sort] = sortsOf(schema) ?? []
    return sort === undefined ? 'a value' : ARTICLES[sort]
  }
  const custom = customMessage(shape, undefined)
  if (custom !== undefined) return custom.replace(/^expected /, '')
  const simple = leavesOf(shape).filter((leaf) => shapeOf(leaf, undefined).entries === undefined)
  const words = simple.map(described)
  const mappings = mappingsOf(shape)
  const single = mappings.map(onlyKey).filter((key) => key !== undefined)
  if (single.length > 1 && single.length === mappings.length)
    words.push(`a mapping with one of the keys ${listed(single)}`)
  else if (mappings.length > 0) words.push(ARTICLES.mapping)
  return [...new Set(words)].join(', or ')
}

function isWhole(schema: v.GenericSchema): boolean {
  const pipes = layers(schema, undefined).flatMap((layer) =>
    'pipe' in layer ? (layer.pipe as { type: string }[]) : [],
  )
  return pipes.some(({ type }) => type === 'integer')
}

function onlyKey({ entries }: Shape): string | undefined {
  const [key, ...more] = Object.entries(entries ?? {}).filter(([, entry]) => !mayBeMissing(entry))
  return more.length === 0 ? key?.[0] : undefined
}

/** The message that the author of a choice gave it. */
export function customMessage(shape: Shape, value: unknown): string | undefined {
  const { message, type } = shape
  if (typeof message !== 'function') return message
  return message({ kind: 'schema', type, input: value, expected: null, received: '', message: '' })
}

/** What a value that did not pass should have been: the schema's own words, else the rule's. */
export function expectation(issue: v.BaseIssue<unknown>): string {
  if (!issue.message.startsWith('Invalid ')) return issue.message.replace(/\.$/, '')
  const limit = String(issue.requirement)
  const things = Array.isArray(issue.input) ? 'entries' : 'characters'
  switch (issue.type) {
    case 'non_empty':
      return Array.isArray(issue.input) ? 'expected at least one entry' : 'expected text that is not empty'
    case 'min_length':
      return limit === '1' ? 'it must not be empty' : `expected at least ${limit} ${things}`
    case 'max_length':
      return `expected at most ${limit} ${things}`
    case 'min_value':
      return `expected ${limit} or more`
    case 'max_value':
      return `expected ${limit} or less`
    case 'integer':
      return 'expected a whole number'
    case 'regex':
      return `expected text of the form ${limit}`
    case 'url':
      return 'expected a URL such as https://host:8200'
    default:
      return issue.expected === null ? 'it breaks a rule of this key' : `expected ${issue.expected}`
  }
}

/** What was found, without showing text that may be a secret. */
export function foundWord(value: unknown): string {
  return typeof value === 'boolean' ? String(value) : ARTICLES[sortOf(value)]
}

/** How to write it instead, where the slip is a common one; of the value's text in the file. */
export function hintFor(schema: v.GenericSchema, value: unknown): ((source: string) => string) | undefined {
  const wants = (sort: Sort): boolean => sortsOf(schema)?.has(sort) === true
  if (value === null) return undefined
  if (wants('text') && typeof value !== 'object') return (source) => `In quotes it is text: "${source}".`
  if (wants('list')) return () => 'A list is written [a, b], or with a `- ` before each entry.'
  if (typeof value !== 'string') return undefined
  if (wants('mapping') && /^[\w-]+:\S/.test(value)) return () => 'Is the space after a colon missing?'
  const isMeant = (wants('number') && /^\d+$/.test(value)) || (wants('truth value') && /^(?:true|false)$/.test(value))
  return isMeant ? () => 'Write it without quotes.' : undefined
}
