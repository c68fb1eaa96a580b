import { FILE, IceError, IceErrors, type CodeRecord, type ErrorDetails, type Origin } from '../catalogue/index.js'

/** One mistake in a file, at its place; the rest is asked for only if it is told. */
export interface Mistake {
  readonly record: CodeRecord
  readonly at: Origin
  readonly tell: () => Pick<ErrorDetails, 'message' | 'evidence'>
}

const MOST = 20

/**
 * All mistakes of a file as one error to throw: in the order of the file, at most 20; one more says how many were left out.
 */
export function together(mistakes: readonly Mistake[]): IceErrors {
  const sorted = mistakes.toSorted((a, b) => a.at.line - b.at.line || a.at.column - b.at.column)
  const errors = sorted.slice(0, MOST).map(({ record, at, tell }) => new IceError(record, { ...tell(), at }))
  const [first, ...rest] = sorted.slice(MOST)
  if (first !== undefined) {
    errors.push(new IceError(FILE.moreMistakes, { message: `And ${rest.length + 1} more from here on.`, at: first.at }))
  }
  return new IceErrors(errors)
}

const WIDEST = 60

/**
 * The line of the file with a mark under `width` characters from the position. What else stands on the line is left out
 * (except the key before it), since it may be a secret; so is the marked text itself where `width` is 0.
 */
export function frame(text: string, at: Origin, width: number): string {
  const line = text.split('\n', at.line)[at.line - 1] ?? ''
  const before = line.slice(0, at.column - 1)
  const rest = line.slice(at.column - 1)
  const marked = width === 0 ? '…' : rest.slice(0, Math.min(width, WIDEST))
  const left = /^[\s-]*(?:[\w./-]+:\s+)?$/.test(before) ? before : `… ${/[\w./-]+:\s+$/.exec(before)?.[0] ?? ''}`
  const after = width === 0 ? '' : rest.slice(marked.length).trim()
  const right = after === '' || after === ':' ? after : after.startsWith(':') ? ': …' : ' …'
  const gutter = ' '.repeat(String(at.line).length)
  return `${at.line} | ${left}${marked}${right}\n${gutter} | ${' '.repeat(left.length)}${'^'.repeat(marked.length)}`
}
