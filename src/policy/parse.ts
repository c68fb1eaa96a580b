import { parseTree, type HclItem, type HclNode, type Span } from './parser/index.js'
import { CAPABILITIES, toRules, type Capability, type Rules } from './rule.js'

/** Line and column, from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** A key of a block. */
export interface Key extends Position {
  readonly name: string
  /** Written with an equals sign. */
  readonly assigned: boolean
  readonly value: HclNode
}

/** A capability, or the value of `policy`. */
export interface Word extends Position {
  readonly text: string
}

/** One `path "…" { … }`. */
export interface Stanza extends Position {
  /** As the servers take it: without a slash at its beginning. Templates stand in it as they are written. */
  readonly path: string
  /** Of all such keys; undefined: there is none, or none that is a list. */
  readonly capabilities: readonly Word[] | undefined
  /** The value of the old key `policy`. */
  readonly legacy: Word | undefined
  /** All keys, in order, those that no server knows and those that stand twice among them. */
  readonly keys: readonly Key[]
  /** As it is written; undefined in a JSON policy. */
  readonly source: StanzaSource | undefined
  /** Its value is a block, as it must be. */
  readonly isBlock: boolean
}

/** What a corrected stanza is made from. */
export interface StanzaSource {
  readonly text: string
  /** Where in it the path stands (undefined: it has none), the one list of capabilities, and all of `policy = "…"`. */
  readonly path: Range | undefined
  readonly capabilities: Range | undefined
  readonly legacy: Range | undefined
}

type Range = readonly [start: number, end: number]

/** A policy that is HCL: whether a server takes it is another question. */
export interface PolicyTree {
  readonly stanzas: readonly Stanza[]
  /** Keys at the top that are not `path`. */
  readonly others: readonly Key[]
}

export interface SyntaxFailure extends Position {
  /** What is wrong, one sentence without a full stop. */
  readonly message: string
}

export type ParsedPolicy = PolicyTree | { readonly error: SyntaxFailure }

/**
 * Reads the text of a policy (HCL 1 or JSON) with the parser that Vault and OpenBao have. The first call loads it, which
 * takes some 40 ms.
 */
export async function parseHcl(text: string): Promise<ParsedPolicy> {
  const unix = text.replaceAll('\r\n', '\n')
  const tree = await parseTree(unix)
  if ('error' in tree) return { error: { ...tree.error, message: plainer(tree.error.message) } }
  const bytes = Buffer.from(unix)
  const isPath = ({ keys }: HclItem): boolean => keys[0]?.value === 'path'
  const locate = finder(unix)
  return {
    stanzas: tree.items.filter(isPath).map((item) => stanzaOf(item, bytes, locate)),
    others: tree.items.filter((item) => !isPath(item)).map((item) => keyOf(item, locate)),
  }
}

/** What the stanzas of a policy allow, as the servers take them; what is no capability of ours is left out. */
export function rulesOf({ stanzas }: Pick<PolicyTree, 'stanzas'>): Rules {
  return toRules(
    stanzas.map((stanza) => ({
      path: stanza.path,
      capabilities: CAPABILITIES.filter((known) => capabilitiesOf(stanza).includes(known)),
    })),
  )
}

/** vault/policy.go, parsePaths: what the old key `policy` means. */
export const LEGACY: Readonly<Record<string, readonly Capability[]>> = {
  deny: ['deny'],
  read: ['read', 'list'],
  write: ['create', 'read', 'update', 'delete', 'list'],
  sudo: ['create', 'read', 'update', 'delete', 'list', 'sudo'],
}

/** All capabilities of a stanza, by name, with those of the old key `policy`. */
export function capabilitiesOf({ capabilities = [], legacy }: Pick<Stanza, 'capabilities' | 'legacy'>): string[] {
  return [...new Set([...capabilities.map(({ text }) => text), ...((legacy && LEGACY[legacy.text]) ?? [])])]
}

type Locate = (node: Span & { readonly value?: string }) => Position

/** JSON has no positions: a word of it is looked for. */
function finder(text: string): Locate {
  return ({ line, column, value }) => {
    if (line > 0) return { line, column }
    const offset = value === undefined ? 0 : Math.max(text.indexOf(JSON.stringify(value)), 0)
    const before = text.slice(0, offset).split('\n')
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
  }
}

function stanzaOf(item: HclItem, bytes: Buffer, locate: Locate): Stanza {
  // Without a name of its own it is the path `path`, to the servers.
  const path = item.keys[1] ?? item.keys[0]
  const items = item.value.items ?? []
  const named = (name: string): readonly HclItem[] => items.filter(({ keys }) => keys[0]?.value === name)
  const lists = named('capabilities').filter(({ value }) => value.kind === 'list')
  // Where two are let pass, the lists are added up, and of `policy` the last one counts.
  const legacy = named('policy').findLast(({ value }) => value.kind === 'text')
  return {
    path: (path?.value ?? '').replace(/^\//, ''),
    ...locate(path ?? item.value),
    capabilities: lists.length > 0 ? lists.flatMap(({ value }) => wordsOf(value, locate)) : undefined,
    legacy: legacy && wordOf(legacy.value, locate),
    keys: items.map((each) => keyOf(each, locate)),
    source: sourceOf(item, lists, legacy, bytes),
    isBlock: item.value.kind === 'object',
  }
}

const wordsOf = ({ list = [] }: HclNode, locate: Locate): Word[] => list.map((node) => wordOf(node, locate))

const keyOf = ({ keys: [key], assigned, value }: HclItem, locate: Locate): Key => ({
  name: key?.value ?? '',
  assigned,
  ...locate(key ?? value),
  value,
})

const wordOf = (node: HclNode, locate: Locate): Word => ({ text: node.value ?? '', ...locate(node) })

function sourceOf(
  { keys: [first, path], value }: HclItem,
  lists: readonly HclItem[],
  legacy: HclItem | undefined,
  bytes: Buffer,
): StanzaSource | undefined {
  if (first === undefined || value.line === 0) return undefined
  const within = (offset: number): number => bytes.subarray(first.start, offset).toString().length
  const range = (from: Span | undefined, to = from): Range | undefined =>
    from && to && [within(from.start), within(to.end)]
  return {
    text: bytes.subarray(first.start, value.end).toString(),
    path: range(path),
    capabilities: lists.length === 1 ? range(lists[0]?.value) : undefined,
    legacy: range(legacy?.keys[0], legacy?.value),
  }
}

/** The library speaks of its grammar. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/expected closing RBRACE got: EOF/, 'a block that is opened with { is never closed'],
  [/expected comma or list end/, 'a comma is missing between two entries of a list, or the ] at its end'],
  [/literal not terminated/, 'a text in quotes does not end on its line'],
  [/unexpected token while parsing list: IDENT/, 'an entry of a list has no quotes'],
  [/expected start of object .* or assignment/, 'after a key, = or { is missing'],
  [/illegal char escape/, 'a backslash begins an escape that there is not'],
  [/^illegal char/, 'this character cannot stand here (texts take double quotes; no byte order mark)'],
  [/Unknown token: .* IDENT/, 'a value has no quotes'],
  [
    /got: RBRACE|unexpected token while parsing list/,
    'this does not belong here; a value, a quote or a bracket before it may be missing',
  ],
]

const LONGEST = 200

function plainer(message: string): string {
  const known = WORDS.find(([pattern]) => pattern.test(message))?.[1]
  return known ?? (message.length > LONGEST ? `${message.slice(0, LONGEST)}…` : message)
}
