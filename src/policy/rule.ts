/** In the order in which policies are written. `root` is not one: it is what only the policy of that name has. */
export const CAPABILITIES = [
  'create',
  'read',
  'update',
  'patch',
  'delete',
  'list',
  'sudo',
  /** Vault's event notifications, of all types; OpenBao refuses a policy that has it. */
  'subscribe',
  'deny',
] as const

export type Capability = (typeof CAPABILITIES)[number]

/** One stanza of a policy: what may be done at the paths that its pattern governs (see match.ts). */
export interface PathRule {
  readonly path: string
  /** None: the stanza governs its paths and allows nothing there. With `deny` nothing else counts. */
  readonly capabilities: readonly Capability[]
}

/** A policy's stanzas: each path once, by path; capabilities in their order, `deny` alone. Plain JSON. */
export type Rules = readonly PathRule[]

/**
 * Brings stanzas into their normal form; the same path twice allows what either allows, and `deny` beats both. That is
 * also how Vault joins the policies of one token, so `toRules([...first, ...second])` is what a token with two has.
 */
export function toRules(stanzas: Iterable<PathRule>): Rules {
  const paths = new Map<string, Capability[]>()
  for (const { path, capabilities } of stanzas) {
    const known = paths.get(path)
    if (known === undefined) paths.set(path, [...capabilities])
    else known.push(...capabilities)
  }
  return [...paths]
    .map(([path, capabilities]) => ({ path, capabilities: inOrder(capabilities) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

function inOrder(capabilities: readonly Capability[]): readonly Capability[] {
  if (capabilities.includes('deny')) return ['deny']
  return CAPABILITIES.filter((capability) => capabilities.includes(capability))
}

/** What a stanza lets happen: its capabilities, but nothing where it denies. */
export function allows(rule: PathRule | undefined): readonly Capability[] {
  return rule === undefined || denies(rule) ? [] : rule.capabilities
}

export function denies(rule: PathRule | undefined): boolean {
  return rule?.capabilities.includes('deny') ?? false
}
