import { splitMount } from '../grant.js'
import { covers, withSlash } from '../match.js'
import { capabilitiesOf, type Stanza } from '../parse.js'
import type { MountFact, Problem, Rule, Facts } from './types.js'

/** Gives a rule its type: the facts that it needs are there when it judges. */
export const rule = <F extends keyof Facts = never>(own: Rule<F>): Rule => own as unknown as Rule

/** A problem of a stanza, at its path. */
export function problem(stanza: Stanza, message: string, corrected?: string): Problem {
  const { line, column, path } = stanza
  return { at: { line, column }, path, message, ...(corrected !== undefined && { corrected }) }
}

export const isDenied = (stanza: Stanza): boolean => capabilitiesOf(stanza).includes('deny')

/** What a stanza lets happen. */
export const allowed = (stanza: Stanza): readonly string[] => (isDenied(stanza) ? [] : capabilitiesOf(stanza))

/** The path as it was meant where a `*` stands for a segment, which it does not. */
export const meant = (path: string): string =>
  path
    .split('/')
    .map((segment, index, all) => (segment === '*' && index < all.length - 1 ? '+' : segment))
    .join('/')

/** Where a stanza's path leads to. */
export interface Placed {
  readonly mount: string
  readonly fact: MountFact
  /** What follows the mount, without the slash between; empty for the mount itself. */
  readonly rest: string
}

/** The mount of a path; undefined where it begins with none of them, or reaches beyond one. */
export function place(path: string, mounts: Readonly<Record<string, MountFact>>): Placed | undefined {
  const found = splitMount(meant(path), Object.keys(mounts))
  const fact = found && mounts[found.mount]
  return found && fact && { mount: found.mount, fact, rest: found.path }
}

/** Does one path speak of all that the other speaks of, for this capability? A LIST has a slash at its end. */
export const coversFor = (capability: string, wide: string, narrow: string): boolean =>
  covers(wide, narrow) || (capability === 'list' && covers(withSlash(wide), withSlash(narrow)))

/**
 * Those of many patterns that may cover a path: what stands before their first wildcard is a beginning of it. Few are left
 * to be looked at closely, however many there are.
 */
export function candidates<T extends { readonly path: string }>(all: readonly T[]): (path: string) => readonly T[] {
  const byBeginning = Map.groupBy(all, ({ path }) => path.replace(/[+*][^]*$/, ''))
  return (path) => {
    const listed = `${path}/`
    return Array.from({ length: listed.length + 1 }, (_, end) => byBeginning.get(listed.slice(0, end)) ?? []).flat()
  }
}

/** `"read", "list"` */
export const listed = (words: readonly string[]): string => words.map((word) => JSON.stringify(word)).join(', ')

/** `read and list` */
export const spoken = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`

/** JSON's escapes are HCL's, but for `${`, which begins an expression. */
const quote = (path: string): string => JSON.stringify(path).replaceAll('${', '\\u0024{')

/** A stanza as it would be written anew. */
export const fresh = (path: string, capabilities: readonly string[]): string =>
  `path ${quote(path)} {\n  capabilities = [${listed(capabilities)}]\n}`

/** The stanza as it is written, comments and all, but for its path or its capabilities. */
export function rewritten(
  stanza: Stanza,
  change: { readonly path?: string; readonly capabilities?: readonly string[] },
): string {
  const { source } = stanza
  const edits: (readonly [number, number, string])[] = []
  const anew = fresh(change.path ?? stanza.path, change.capabilities ?? capabilitiesOf(stanza))
  if (source === undefined) return anew
  if (change.path !== undefined) {
    if (source.path === undefined) return anew
    edits.push([...source.path, quote(change.path)])
  }
  if (change.capabilities !== undefined) {
    const { capabilities, legacy } = source
    if (capabilities !== undefined && legacy === undefined)
      edits.push([...capabilities, `[${listed(change.capabilities)}]`])
    else if (legacy !== undefined && stanza.capabilities === undefined)
      edits.push([...legacy, `capabilities = [${listed(change.capabilities)}]`])
    else return anew
  }
  return edits
    .sort(([a], [b]) => b - a)
    .reduce((text, [start, end, by]) => text.slice(0, start) + by + text.slice(end), source.text)
}

/** The stanza with one word that follows its path replaced. */
export function reworded({ source }: Stanza, word: string, by: string): string | undefined {
  if (source === undefined) return undefined
  const after = source.path?.[1] ?? 0
  const found = source.text.indexOf(word, after)
  return found < 0 ? undefined : source.text.slice(0, found) + by + source.text.slice(found + word.length)
}
