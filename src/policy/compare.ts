import { compareRules } from './effect.js'
import { given } from './govern.js'
import { capabilitiesOf, rulesOf, type ParsedPolicy, type PolicyTree, type Stanza } from './parse.js'
import type { HclNode } from './parser/index.js'
import { CAPABILITIES, type Capability } from './rule.js'

/** What a change of a policy's text means to whoever has the policy. */
export interface Meaning {
  /** `unknown`: it cannot be told, for the reason in `why`. */
  readonly effect: ReturnType<typeof compareRules> | 'unknown'
  readonly why?: string
  /** Path by path, what is added and what ends; a path that changes nothing is not there. */
  readonly paths: readonly PathChange[]
}

interface PathChange {
  readonly path: string
  readonly gains: readonly Capability[]
  readonly loses: readonly Capability[]
}

/** Compares two policies by what they allow. Pure. */
export function compareParsed(before: ParsedPolicy, after: ParsedPolicy): Meaning {
  const broken = 'error' in before ? before : 'error' in after ? after : undefined
  if (broken !== undefined || 'error' in before || 'error' in after) {
    const where = 'error' in before ? 'the first' : 'the second'
    return { effect: 'unknown', why: `${where} is neither HCL nor JSON`, paths: [] }
  }
  const [old, wanted] = [rulesOf(before), rulesOf(after)]
  const paths = [...new Set([...old, ...wanted].map(({ path }) => path))].flatMap((path): PathChange[] => {
    const [was, will] = [given(old, path).always, given(wanted, path).always]
    const gains = will.filter((each) => !was.includes(each))
    const loses = was.filter((each) => !will.includes(each))
    return gains.length + loses.length > 0 ? [{ path, gains, loses }] : []
  })
  const [first, second] = [conditions(before), conditions(after)]
  const differing = [...new Set([...first.keys(), ...second.keys()])].filter(
    (path) => first.get(path) !== second.get(path),
  )
  if (differing.length > 0) {
    const why = `what is beside the capabilities differs on ${differing.map((path) => JSON.stringify(path)).join(', ')}`
    return { effect: 'unknown', why, paths }
  }
  return { effect: compareRules(old, wanted), paths }
}

/** What stanzas say beside capabilities that can be compared: parameters, wrapping, times, another product's capabilities. */
function conditions({ stanzas }: PolicyTree): ReadonlyMap<string, string> {
  const said = stanzas.flatMap((stanza): [string, string][] => {
    const parts = partsOf(stanza)
    return parts.length === 0 ? [] : [[stanza.path, JSON.stringify(parts)]]
  })
  const byPath = Map.groupBy(said, ([path]) => path)
  return new Map(
    [...byPath].map(([path, all]) => [
      path,
      all
        .map(([, part]) => part)
        .sort()
        .join('\n'),
    ]),
  )
}

const PLAIN: readonly string[] = ['capabilities', 'policy', 'comment']

function partsOf(stanza: Stanza): unknown[] {
  const strange = capabilitiesOf(stanza).filter((each) => !CAPABILITIES.some((known) => known === each))
  const keys = stanza.keys.filter(({ name }) => !PLAIN.includes(name)).map(({ name, value }) => [name, bare(value)])
  return [...(strange.length > 0 ? [strange.sort()] : []), ...keys.sort()]
}

/** A value without its place. */
function bare({ kind, value, list, items }: HclNode): unknown {
  if (kind === 'list') return (list ?? []).map(bare)
  if (kind !== 'object') return value
  return (items ?? []).map(({ keys, value: inner }) => [keys.map((key) => key.value), bare(inner)])
}
