import type { KubernetesObject } from '../../kubernetes/index.js'
import { fact } from '../contract.js'
import type { MountSubject } from '../subject.js'
import { clusterOf, clusterRoleBindings } from './cluster.js'
import { reviewer, roleBindings, tokenSecret } from './reviewer.js'

type OfMount = Pick<MountSubject, 'mount' | 'method' | 'cluster'>

/** A rule of a Role or ClusterRole. */
interface Rule {
  readonly verbs?: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
}

interface Subject {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
}

interface RoleRef {
  readonly kind: string
  readonly name: string
}

/** The roles and bindings that speak of one namespace. */
export interface Rbac {
  readonly clusterRoles: readonly KubernetesObject[]
  readonly clusterRoleBindings: readonly KubernetesObject[]
  readonly roles: readonly KubernetesObject[]
  readonly roleBindings: readonly KubernetesObject[]
}

/** Groups that hold more than a few. */
const BROAD = /^system:(?:authenticated|unauthenticated|serviceaccounts(?::.*)?)$/

/**
 * Who may read a Secret, without administrators, Kubernetes' own components and the account itself; pure.
 * @returns `ServiceAccount NS/NAME`, `Group NAME`, `User NAME`, sorted
 */
export function readersOf(secret: { namespace: string; name: string; account: string }, rbac: Rbac): readonly string[] {
  const { namespace, name, account } = secret
  const roleOf = (ref: RoleRef): KubernetesObject | undefined =>
    (ref.kind === 'ClusterRole' ? rbac.clusterRoles : rbac.roles).find(({ metadata }) => metadata.name === ref.name)
  const giving = [
    ...rbac.clusterRoleBindings,
    ...rbac.roleBindings.filter(({ metadata }) => metadata.namespace === namespace),
  ].filter((binding) => {
    const rules = (roleOf(binding['roleRef'] as RoleRef)?.['rules'] ?? []) as readonly Rule[]
    return rules.some((rule) => reads(rule, name)) && !rules.some(isEverything)
  })
  const found = giving.flatMap((binding) => ((binding['subjects'] ?? []) as readonly Subject[]).flatMap(shown))
  return [...new Set(found)].filter((reader) => reader !== `ServiceAccount ${namespace}/${account}`).sort()
}

function reads({ verbs = [], apiGroups = [], resources = [], resourceNames = [] }: Rule, name: string): boolean {
  const has = (list: readonly string[], ...any: string[]): boolean => any.some((one) => list.includes(one))
  const isNamed = resourceNames.length === 0 || resourceNames.includes(name)
  return isNamed && has(verbs, '*', 'get', 'list', 'watch') && has(apiGroups, '*', '') && has(resources, '*', 'secrets')
}

const isEverything = ({ verbs = [], apiGroups = [], resources = [] }: Rule): boolean =>
  verbs.includes('*') && apiGroups.includes('*') && resources.includes('*')

function shown({ kind, name, namespace }: Subject): string[] {
  if (kind === 'ServiceAccount') return namespace === 'kube-system' ? [] : [`ServiceAccount ${namespace ?? ''}/${name}`]
  return name.startsWith('system:') && !BROAD.test(name) ? [] : [`${kind} ${name}`]
}

/** Who can read the Secret with the reviewer's long-lived token; undefined: there is none. */
export const secretReaders = fact({
  what: 'who can read the reviewer’s token',
  key: ({ mount }: OfMount) => mount,
  from: 'operator',
  async fetch(subject: OfMount, look): Promise<readonly string[] | undefined> {
    const { ask } = look
    const [who, secret] = await Promise.all([ask(reviewer, subject), ask(tokenSecret, subject)])
    if (who?.mode !== 'secret' || secret?.exists !== true) return undefined
    const group = { apiVersion: 'rbac.authorization.k8s.io/v1' }
    const cluster = clusterOf(subject, look)
    const [clusterRoles, ofCluster, roles, bindings] = await Promise.all([
      cluster.list({ ...group, kind: 'ClusterRole', resource: 'clusterroles' }),
      ask(clusterRoleBindings, subject),
      cluster.list({ ...group, kind: 'Role', resource: 'roles', namespace: who.namespace }),
      ask(roleBindings, subject),
    ])
    const rbac = { clusterRoles, clusterRoleBindings: ofCluster, roles, roleBindings: bindings }
    return readersOf({ namespace: who.namespace, name: secret.name, account: who.serviceAccount }, rbac)
  },
})
