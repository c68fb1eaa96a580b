import type { CodeRecord } from '../catalogue/index.js'
import { redact } from '../secrets/redact.js'

/** The keys and list positions that lead to a value. */
export type Path = readonly (string | number)[]

/** One mistake in a value, told by the path of keys that leads to it. */
export interface Problem {
  readonly record: CodeRecord
  readonly message: string
  readonly path: Path
  /** What is wrong there: the key, the value, or that the key is missing. */
  readonly at: 'key' | 'value' | 'missing'
  /** Whether the text there may be shown: it is no secret that stands at the wrong place. */
  readonly open: boolean
  /** What more helps, from the text of the value as it is written; worked out only for the mistakes that are told. */
  readonly hint?: (source: string) => string
  /** A rule in code was broken, maybe only in consequence of another mistake in the same value. */
  readonly rule?: boolean
}

/** `roles.app.namespaces[0]`; keys with signs in them are quoted. */
export function pathText(path: Path): string {
  let text = ''
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`
    else if (/^[\w/-]+$/.test(key)) text += text === '' ? key : `.${key}`
    else text += `[${quoted(key)}]`
  }
  return text === '' ? 'the file' : text
}

/** `in roles.app`, for what stands inside of it. */
export function inside(path: Path): string {
  return path.length === 0 ? 'at the top level' : `in ${pathText(path)}`
}

const LONGEST = 64

/** A word of the file in quotes, shortened and made fit to be shown. */
export function quoted(word: string): string {
  return JSON.stringify(redact(word.length > LONGEST ? `${word.slice(0, LONGEST)}…` : word))
}

/**
 * A value of the file, if it may be shown: a word or a name. Of long texts, URLs and assignments, which may hold a
 * password that does not belong there, nothing is shown.
 */
export function shown(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string' || value.length > LONGEST || /:\/\/|[=\n]/.test(value)) return undefined
  return quoted(value)
}

const MOST = 10

/** `a, b, c`, of many the first ten. */
export function listed(words: readonly string[]): string {
  const some = words.slice(0, MOST).map((word) => (/^[\w/.-]+$/.test(word) ? word : quoted(word)))
  return words.length > MOST ? `${some.join(', ')} and ${words.length - MOST} more` : some.join(', ')
}

/** `one of a, b`, or the only one. */
export function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${listed(values.map(String))}`
}
