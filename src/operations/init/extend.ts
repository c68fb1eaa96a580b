import { isDeepStrictEqual } from 'node:util'
import { Document, isCollection, isMap, isSeq, Pair, parseDocument, Scalar, YAMLMap, type Node } from 'yaml'
import { pairAt, remark, textOf } from './document.js'

/** Something new in a section of a file: an entry of a mapping, or of a list where it has no key. */
export interface Addition {
  readonly section: string
  readonly key?: string
  readonly value: unknown
  readonly comment?: string
}

/**
 * The text with what is added, and every other character as it was. Where that cannot be, the section (it is empty, or in
 * flow style) or at worst the whole file is written anew by the library, which keeps comments. Pure.
 */
export function extend(text: string, additions: readonly Addition[]): string {
  const [mark] = /^\ufeff?/.exec(text) ?? ['']
  const lines = text.slice(mark.length).replaceAll('\r\n', '\n')
  const extended = additions.reduce(add, lines)
  return mark + (text.includes('\r\n') ? extended.replaceAll('\n', '\r\n') : extended)
}

/** The library says what the file is to mean; of the ways to write it the first that means that is taken. */
function add(text: string, addition: Addition): string {
  const wanted = withAddition(parseDocument(text), addition)
  const means = (candidate: string | undefined): candidate is string => {
    const document = parseDocument(candidate ?? '')
    return document.errors.length === 0 && isDeepStrictEqual(document.toJS(), wanted.toJS())
  }
  return (
    [appended(text, addition), inserted(text, addition), sectionAnew(text, wanted, addition)].find(means) ??
    textOf(wanted)
  )
}

function withAddition<D extends Document>(document: D, { section, key, value, comment }: Addition): D {
  const there = document.get(section, true)
  // What is empty is written as `{}`; what comes into it stands on lines of its own.
  if (isCollection(there) && there.items.length === 0) there.flow = false
  if (key === undefined && isSeq(there)) there.add(document.createNode(value))
  else if (key === undefined) document.set(section, document.createNode([value]))
  else if (isMap(there)) there.set(document.createNode(key), document.createNode(value))
  else document.set(section, document.createNode({ [key]: value }))
  if (key !== undefined && comment !== undefined) remark(document, [section, key], comment)
  return document
}

/** A section that is missing, at the end of the file. */
function appended(text: string, addition: Addition): string | undefined {
  const document = parseDocument(text)
  if (pairAt(document, [addition.section]) !== undefined) return undefined
  return `${endOfLine(text, text.length)}\n${textOf(withAddition(new Document({}), addition))}`
}

/** After the last entry of a section in block style, as far to the right as that one. */
function inserted(text: string, { section, key, value, comment }: Addition): string | undefined {
  const holder = pairAt(parseDocument(text), [section])?.value
  if (!(isMap(holder) || isSeq(holder)) || holder.flow === true || holder.items.length === 0) return undefined
  const [start, end] = holder.range ?? [0, 0]
  const column = start - (text.lastIndexOf('\n', start - 1) + 1)
  const entry = new Document(key === undefined ? [value] : { [key]: value })
  if (key !== undefined && comment !== undefined) remark(entry, [key], comment)
  const isSpaced = isMap(holder) && holder.items.some((pair) => (pair.key as Node).spaceBefore === true)
  const before = endOfLine(text, end)
  const lines = textOf(entry).replace(/^(?=.)/gm, ' '.repeat(column))
  return `${before}${isSpaced ? '\n' : ''}${lines}${text.slice(before.length)}`
}

/** The text up to the end of the line on which something ends, with a line end. */
function endOfLine(text: string, end: number): string {
  if (text[end - 1] === '\n') return text.slice(0, end)
  const line = text.indexOf('\n', end)
  return line === -1 ? `${text}\n` : text.slice(0, line + 1)
}

/** The section alone as the library writes it. */
function sectionAnew(text: string, wanted: Document, { section }: Addition): string | undefined {
  const before = pairAt(parseDocument(text), [section])
  const [start] = (before?.key as Node | undefined)?.range ?? []
  const end = (before?.value as Node | undefined)?.range?.[1]
  const after = pairAt(wanted, [section])
  if (start === undefined || end === undefined || after === undefined) return undefined
  const alone = new YAMLMap()
  const value = (after.value as Node).clone() as Node
  // What stands behind it on its line stays there.
  value.comment = null
  alone.items.push(new Pair(new Scalar(section), value))
  return `${text.slice(0, start)}${textOf(new Document(alone)).trimEnd()}${text.slice(end)}`
}
