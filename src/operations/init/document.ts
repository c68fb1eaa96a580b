import type { Document, Pair } from 'yaml'
import { isCollection, isMap, isScalar, isSeq, parseDocument, visit, type Node, type YAMLMap } from 'yaml'
import { parseGrant } from '../../policy/index.js'

/** What is done to YAML documents here, comments and all. */
export type Keys = readonly (string | number)[]

/** Lines stay as long as they are: a folded text is hard to read, and to compare. */
const STYLE = { lineWidth: 0 } as const

export const textOf = (document: Document): string => document.toString(STYLE)

/** One document out of several: mappings and lists of the same place grow together, in order. */
export function joined(texts: readonly string[]): Document.Parsed {
  const [first = '', ...rest] = texts
  const document = parseDocument(first)
  for (const text of rest) {
    const part = parseDocument(text)
    if (isMap(document.contents) && isMap(part.contents)) join(document.contents, part.contents, true)
  }
  return document
}

function join(into: YAMLMap, from: YAMLMap, isTop: boolean): void {
  // What stands before the first entry is the mapping's, not the entry's.
  commentOn(from.items[0]?.key, from.commentBefore ?? undefined)
  for (const [index, pair] of from.items.entries()) {
    const key = pair.key as Node
    const there = into.get(pair.key, true)
    if (isMap(there) && isMap(pair.value)) join(there, pair.value, false)
    else if (isSeq(there) && isSeq(pair.value)) there.items.push(...pair.value.items)
    else {
      if (index === 0) key.spaceBefore = isTop || (isMap(pair.value) && pair.value.flow !== true)
      into.items.push(pair)
    }
  }
}

/** Where a value goes: `<authPath>`. */
const NAME = /<([a-zA-Z]+)>/g

/** Puts values in the place of their names in angle brackets, once; an entry whose value has none goes away. */
export function fill(document: Document, values: Readonly<Record<string, string | undefined>>): void {
  const filled = (text: string): string | undefined => {
    const names = [...text.matchAll(NAME)].map(([, name = '']) => name)
    if (names.some((name) => values[name] === undefined)) return undefined
    return text.replace(NAME, (_, name: string) => values[name] ?? '')
  }
  visit(document, {
    Pair(_, pair) {
      for (const node of [pair.key, pair.value]) {
        if (!isScalar(node) || typeof node.value !== 'string') continue
        const text = filled(node.value)
        if (text === undefined) return visit.REMOVE
        node.value = text
      }
      return undefined
    },
    Scalar(key, node) {
      if (typeof key === 'number' && typeof node.value === 'string') node.value = filled(node.value) ?? ''
    },
  })
}

/** Of entries that came to have one key, and that say the same, the first stays. */
export function dropDoubles(document: Document, keys: Keys): void {
  const node = document.getIn(keys, true)
  if (isMap(node))
    node.items = [...new Map(node.items.toReversed().map((pair) => [String(pair.key), pair])).values()].toReversed()
}

/** Writes grants that stand in parts as people write them, where they can be read again. */
export function shortenGrants(document: Document): void {
  visit(document, {
    Map(_, node) {
      const { verb, engine, mount, path, ...others } = node.toJSON() as Record<string, unknown>
      const parts = [verb, engine, mount, path]
      if (Object.keys(others).length > 0 || !parts.every((part) => typeof part === 'string')) return undefined
      const short = `${String(verb)} ${String(engine)} ${String(mount)}/${String(path)}`
      const read = parseGrant(short, { [String(engine)]: [String(verb)] })
      const isSame = 'ok' in read && read.ok.target === `${String(mount)}/${String(path)}`
      return isSame ? document.createNode(short) : undefined
    },
  })
}

/** Removes what these keys lead to, and every mapping and list above it that is empty then. */
export function drop(document: Document, keys: Keys): void {
  document.deleteIn(keys)
  const above = keys.slice(0, -1)
  const left = document.getIn(above, true)
  if (above.length > 0 && isCollection(left) && left.items.length === 0) drop(document, above)
}

/** The entry that keys lead to, to say something about it. */
export function pairAt(document: Document, keys: Keys): Pair | undefined {
  const holder = keys.length === 1 ? document.contents : document.getIn(keys.slice(0, -1), true)
  return isMap(holder) ? holder.items.find(({ key }) => isScalar(key) && key.value === keys.at(-1)) : undefined
}

/** Adds lines of comment before an entry. */
export function remark(document: Document, keys: Keys, comment: string): void {
  commentOn(pairAt(document, keys)?.key, comment)
}

/** The same in the place of what stands there; undefined: no comment. */
export function setRemark(document: Document, keys: Keys, comment: string | undefined): void {
  const key = pairAt(document, keys)?.key as Node | undefined
  if (key === undefined) return
  const holder = document.getIn(keys.slice(0, -1), true)
  if (isMap(holder) && holder.items[0]?.key === key) holder.commentBefore = null
  key.commentBefore = comment === undefined ? null : ` ${comment}`
}

function commentOn(key: unknown, comment: string | undefined): void {
  if (comment === undefined || !isScalar(key)) return
  const text = comment.startsWith(' ') ? comment : ` ${comment}`
  key.commentBefore = key.commentBefore ? `${key.commentBefore}\n${text}` : text
}
