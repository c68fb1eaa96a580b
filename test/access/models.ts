import type { Access, Account, AuthMount, ClusterView, Entity, Labels, Policy, Role } from '../../src/access/model.js'
import { toRules, type Capability } from '../../src/policy/index.js'

/** Small models for the pure tests. */

/** `namespace: [account, …]`; labels of a namespace after it, by name. */
export function cluster(
  name: string,
  accounts: Readonly<Record<string, readonly string[]>>,
  labels: Readonly<Record<string, Labels>> = {},
): ClusterView {
  return {
    name,
    namespaces: new Map(Object.keys(accounts).map((namespace) => [namespace, labels[namespace] ?? {}])),
    accounts: new Map(
      Object.entries(accounts).map(([namespace, names]) => [
        namespace,
        new Map(names.map((each): [string, Account] => [each, { namespace, name: each, uid: `uid-${each}` }])),
      ]),
    ),
    whole: true,
  }
}

export function policy(
  name: string,
  stanzas: Readonly<Record<string, readonly Capability[]>>,
  unknown?: string,
): Policy {
  const rules = toRules(Object.entries(stanzas).map(([path, capabilities]) => ({ path, capabilities })))
  return {
    name,
    stanzas: rules.map((rule) => ({ ...rule, sources: [{ text: `path "${rule.path}"`, line: 1 }] })),
    ...(unknown !== undefined && { unknown }),
  }
}

export function role(name: string, more: Partial<Role> = {}): Role {
  return {
    mount: 'demo',
    name,
    bindings: { names: ['app'], namespaces: ['team'] },
    policies: [name],
    noDefaultPolicy: true,
    cidrs: [],
    aliasName: 'uid',
    ...more,
  }
}

interface Parts {
  readonly source?: Access['source']
  readonly clusters?: readonly ClusterView[]
  readonly mounts?: readonly AuthMount[]
  readonly roles: readonly Role[]
  readonly policies: readonly Policy[]
  readonly entities?: Readonly<Record<string, Entity>>
  readonly gaps?: Access['gaps']
}

export function access({
  source = 'vault',
  clusters,
  mounts,
  roles,
  policies,
  entities = {},
  gaps = [],
}: Parts): Access {
  const views = clusters ?? [cluster('demo', { team: ['app', 'other'] })]
  const own = mounts ?? [{ path: 'demo', cluster: 'demo', accessor: 'acc' }]
  return {
    source,
    clusters: new Map(views.map((view) => [view.name, view])),
    mounts: new Map(own.map((mount) => [mount.path, mount])),
    roles,
    policies: new Map(policies.map((each) => [each.name, each])),
    entities: new Map(Object.entries(entities)),
    gaps,
  }
}
