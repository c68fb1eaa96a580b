import { ACCESS } from '../catalogue/index.js'
import { bindingsText, type BoundAccount } from './bindings.js'
import { policyAddress, roleAddress, type Access, type Finding, type Policy } from './model.js'
import { policyNames, type RoleView } from './who-can.js'

/** The columns of the drawing, from left to right. */
export const COLUMNS = ['account', 'role', 'policy', 'path'] as const
export type Column = (typeof COLUMNS)[number]

export interface Node {
  /** `n0`, `n1` …: safe in every language of drawings. */
  readonly id: string
  readonly column: Column
  readonly name: string
  /** The cluster of an account, the auth mount of a role. */
  readonly of?: string
  /** What else is to be known, for people: `does not exist`. */
  readonly notes: readonly string[]
  /** The codes of what was found about it. */
  readonly codes: readonly string[]
}

export interface Edge {
  readonly from: string
  readonly to: string
  /** What a policy allows at a path. */
  readonly label?: string
}

export interface Graph {
  readonly nodes: readonly Node[]
  readonly edges: readonly Edge[]
}

/** A role that lets in more accounts by a wildcard than this is drawn with one node for all of them. */
const MOST = 12

/**
 * Service account → role → policy → path. The policy `default`, which Vault adds by itself, is left out unless a role names
 * it. Linear in what is drawn.
 */
export function graphOf(access: Access, views: readonly RoleView[], findings: readonly Finding[]): Graph {
  const codes = new Map<string, string[]>()
  for (const { address, code } of findings) codes.set(address, [...(codes.get(address) ?? []), code])
  const drawing = createDrawing(codes)
  for (const view of views) drawRole(drawing, access, view)
  for (const { code, address } of findings) {
    const name = address.replace(/^.*\/acl\//, '')
    const policy = code === ACCESS.unheldPolicy.code ? access.policies.get(name) : undefined
    if (policy !== undefined) drawPolicy(drawing, policy)
  }
  return drawing.graph()
}

interface Drawing {
  /** @returns its id; the same key is the same node */
  node(
    column: Column,
    key: string,
    name: string,
    more?: { of?: string | undefined; notes?: string[]; address?: string },
  ): string
  edge(from: string, to: string, label?: string): void
  /** Is it the first time that somebody asks for this key? */
  first(key: string): boolean
  graph(): Graph
}

function createDrawing(codes: ReadonlyMap<string, readonly string[]>): Drawing {
  const nodes = new Map<string, Node>()
  const edges = new Map<string, Edge>()
  const asked = new Set<string>()
  return {
    node(column, key, name, { of, notes = [], address } = {}) {
      const whole = `${column} ${key}`
      const known = nodes.get(whole)
      if (known !== undefined) return known.id
      const id = `n${nodes.size}`
      const own = [...new Set(address === undefined ? [] : codes.get(address))]
      nodes.set(whole, { id, column, name, ...(of !== undefined && { of }), notes, codes: own })
      return id
    },
    edge(from, to, label) {
      const key = `${from} ${to}`
      if (!edges.has(key)) edges.set(key, { from, to, ...(label !== undefined && { label }) })
    },
    first(key) {
      const isFirst = !asked.has(key)
      asked.add(key)
      return isFirst
    },
    graph: () => ({ nodes: [...nodes.values()], edges: [...edges.values()] }),
  }
}

const THERE: Readonly<Record<BoundAccount['there'], readonly string[]>> = {
  yes: [],
  planned: ['not yet made'],
  no: ['does not exist'],
  unknown: ['not known whether it exists'],
}

function drawRole(drawing: Drawing, access: Access, view: RoleView): void {
  const { role, mount, refused } = view
  const key = `${role.mount} ${role.name}`
  const id = drawing.node('role', key, role.name, {
    of: `auth/${role.mount}`,
    notes: [
      ...(role.noDefaultPolicy ? ['without the policy default'] : []),
      ...(refused ? ['every login is refused'] : []),
      ...(role.cidrs.length > 0 ? [`only from ${role.cidrs.join(', ')}`] : []),
    ],
    address: roleAddress(role),
  })
  drawAccounts(drawing, view, id, mount.cluster)
  for (const name of policyNames(role)) {
    if (name === 'default' && !role.policies.includes(name)) continue
    const policy = access.policies.get(name)
    const to =
      policy === undefined
        ? drawing.node('policy', name, name, { notes: ['does not exist'] })
        : drawPolicy(drawing, policy)
    drawing.edge(id, to)
  }
}

function drawAccounts(drawing: Drawing, { role, bound }: RoleView, to: string, cluster: string | undefined): void {
  const of = cluster === undefined ? `of a cluster that is not known (auth/${role.mount})` : cluster
  const many = bound.accounts.length > MOST && bound.accounts.length > role.bindings.names.length
  if (many) {
    const name = bindingsText(role.bindings)
    const notes = [`${bound.accounts.length} accounts`]
    drawing.edge(drawing.node('account', `${of} many ${name}`, name, { of, notes }), to)
  } else {
    for (const { namespace, name, there } of bound.accounts) {
      const whole = `${namespace}/${name}`
      drawing.edge(drawing.node('account', `${of} ${whole}`, whole, { of, notes: [...THERE[there]] }), to)
    }
  }
  for (const words of bound.open) {
    drawing.edge(drawing.node('account', `${of} open ${words}`, words, { of, notes: ['could not be listed'] }), to)
  }
}

function drawPolicy(drawing: Drawing, policy: Policy): string {
  const { name, stanzas, unknown } = policy
  const notes = unknown === undefined ? [] : [`its rules are not known: ${unknown}`]
  const id = drawing.node('policy', name, name, { notes, address: policyAddress(name) })
  if (!drawing.first(name)) return id
  for (const { path, capabilities } of stanzas) {
    drawing.edge(id, drawing.node('path', path, path), capabilities.join(', ') || 'nothing')
  }
  return id
}
