import { isAlias, isScalar, isSeq, type ParsedNode, type YAMLMap } from 'yaml'
import { FILE, type CodeRecord } from '../catalogue/index.js'
import { unsafeEscape, type Slip } from './syntax.js'
import { inside, pathText, quoted, type Path } from './words.js'

/** Where a value and its key stand in the text, as offsets. */
export interface Place {
  readonly key: number
  readonly start: number
  readonly end: number
  readonly children: ReadonlyMap<string | number, Place>
}

interface Read {
  readonly value: unknown
  readonly place: Place
}

/** Plain objects have them already: `file.policies['constructor']` must not find what is not in the file. */
const RESERVED = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * YAML's nodes as plain data with the place of each, and everything in them that is refused. The document must have no
 * syntax errors, string keys only, and a bounded depth.
 */
export function readNodes(
  root: ParsedNode | null,
  text: string,
  lineOf: (offset: number) => number,
): Read & { readonly slips: readonly Slip[] } {
  const slips: Slip[] = []
  const refuse = (record: CodeRecord, message: string, offset: number): void =>
    void slips.push({ record, message, offset })

  function read(node: ParsedNode | null, path: Path, key: number | undefined): Read {
    const [start, end] = node?.range ?? [key ?? 0, key ?? 0]
    const children = new Map<string | number, Place>()
    const place = { key: key ?? start, start, end, children }
    if (node === null) return { value: null, place }
    if (isAlias(node)) {
      refuse(FILE.yamlFeature, `Aliases (*${node.source}) are not read. Write the value out here.`, start)
      return { value: null, place }
    }
    refuseProperties(node, start)
    if (isScalar(node)) return { value: scalar(node.value, path, start), place }
    if (isSeq(node)) {
      const value = node.items.map((item, index) => {
        const entry = read(item, [...path, index], undefined)
        children.set(index, entry.place)
        return entry.value
      })
      return { value, place }
    }
    return { value: mapping(node, path, children), place }
  }

  function mapping(node: YAMLMap.Parsed, path: Path, children: Map<string | number, Place>): object {
    const value: Record<string, unknown> = {}
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : ''
      const offset = pair.key.range[0]
      refuseProperties(pair.key, offset)
      const character = unsafeEscape(key, true)
      const earlier = children.get(key)
      if (character !== undefined) {
        refuse(FILE.unsafeCharacter, `A key ${inside(path)} holds the character ${character}.`, offset)
      } else if (key === '<<') {
        refuse(FILE.yamlFeature, 'Merge keys (<<) are not read. Write the entries out here.', offset)
      } else if (RESERVED.has(key)) {
        refuse(FILE.unknownKey, `The key ${quoted(key)} ${inside(path)} cannot be used as a name.`, offset)
      } else if (earlier !== undefined) {
        refuse(
          FILE.duplicateKey,
          `The key ${quoted(key)} stands twice ${inside(path)}, first on line ${lineOf(earlier.key)}.`,
          offset,
        )
      } else {
        const entry = read(pair.value, [...path, key], offset)
        children.set(key, entry.place)
        value[key] = entry.value
      }
    }
    return value
  }

  function scalar(value: unknown, path: Path, offset: number): unknown {
    if (typeof value === 'string') {
      const character = unsafeEscape(value, false)
      if (character !== undefined) {
        refuse(FILE.unsafeCharacter, `${pathText(path)}: the text holds the character ${character}.`, offset)
      }
    }
    // What JavaScript cannot hold exactly would be sent as another number.
    if (typeof value === 'number' && (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER)) {
      refuse(FILE.wrongValue, `${pathText(path)}: this number cannot be kept exactly. In quotes it is text.`, offset)
    }
    return value
  }

  function refuseProperties(node: ParsedNode, offset: number): void {
    const anchor = 'anchor' in node ? node.anchor : undefined
    if (anchor !== undefined) {
      const where = text.lastIndexOf(`&${anchor}`, offset)
      refuse(FILE.yamlFeature, `Anchors (&${anchor}) are not read. Remove it.`, where)
    }
    if (node.tag !== undefined) {
      refuse(FILE.yamlFeature, 'Tags (!) are not read. Remove it; text goes in quotes.', text.lastIndexOf('!', offset))
    }
  }

  return { ...read(root, [], undefined), slips }
}
