import type { Capability } from '../policy/index.js'
import { CAPABILITIES } from '../policy/index.js'
import type { Need } from './permission-needs.js'

/** One stanza of the Vault policy. */
export interface VaultRule {
  readonly path: string
  readonly capabilities: readonly Capability[]
  readonly why: readonly string[]
}

/** One rule of a Role (in a namespace) or a ClusterRole. */
export interface KubernetesRule {
  readonly namespace?: string
  readonly apiGroup: string
  /** With its subresource: `serviceaccounts/token`. */
  readonly resource: string
  /** None: every name, where Kubernetes knows none when it decides, or the names are made up as they are needed. */
  readonly names: readonly string[]
  readonly verbs: readonly string[]
  readonly why: readonly string[]
}

/** Each path once. */
export function vaultRules(needs: readonly Need[]): VaultRule[] {
  const byPath = new Map<string, { capabilities: Set<Capability>; why: Set<string> }>()
  for (const { call, why } of needs) {
    if (call.api !== 'vault') continue
    const known = byPath.get(call.path) ?? { capabilities: new Set<Capability>(), why: new Set<string>() }
    for (const capability of call.capabilities) known.capabilities.add(capability)
    byPath.set(call.path, { ...known, why: known.why.add(why) })
  }
  return [...byPath].map(([path, { capabilities, why }]) => ({
    path,
    capabilities: CAPABILITIES.filter((capability) => capabilities.has(capability)),
    why: [...why],
  }))
}

const VERBS = ['get', 'list', 'create', 'update', 'patch', 'delete', 'bind']

/**
 * The rules for one cluster: names that may be done the same with share a rule; where a verb is needed for every name it
 * is not also allowed by name.
 */
export function kubernetesRules(needs: readonly Need[], cluster: string): KubernetesRule[] {
  const calls = needs.flatMap(({ call, why }) =>
    call.api === 'kubernetes' && call.cluster === cluster ? [{ ...call.access, why }] : [],
  )
  const places = Map.groupBy(calls, ({ namespace, group, resource, subresource }) =>
    JSON.stringify([namespace ?? null, group, subresource === undefined ? resource : `${resource}/${subresource}`]),
  )
  return [...places].flatMap(([place, ofPlace]) => {
    const [namespace, apiGroup, resource] = JSON.parse(place) as [string | null, string, string]
    const where = { ...(namespace !== null && { namespace }), apiGroup, resource }
    const unnamed = ofPlace.filter(({ name }) => name === undefined)
    const every = new Set(unnamed.map(({ verb }) => verb))
    const named = ofPlace.filter(({ name, verb }) => name !== undefined && !every.has(verb))
    const byName = [...Map.groupBy(named, ({ name }) => name ?? '')].map(([name, of]) => ({ name, ...summed(of) }))
    const alike = Map.groupBy(byName, ({ verbs }) => verbs.join())
    return [
      ...[...alike.values()].map((group) => ({
        ...where,
        names: group.map(({ name }) => name).toSorted(),
        verbs: group[0]?.verbs ?? [],
        why: [...new Set(group.flatMap(({ why }) => why))],
      })),
      ...(unnamed.length === 0 ? [] : [{ ...where, names: [], ...summed(unnamed) }]),
    ]
  })
}

function summed(calls: readonly { readonly verb: string; readonly why: string }[]) {
  const verbs = new Set(calls.map(({ verb }) => verb))
  return { verbs: VERBS.filter((verb) => verbs.has(verb)), why: [...new Set(calls.map(({ why }) => why))] }
}
