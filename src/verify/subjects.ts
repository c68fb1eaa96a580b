import { IceError, VERIFY } from '../catalogue/index.js'
import { nearest } from '../catalogue/nearest.js'
import type { File } from '../config/file.js'
import { bindGrant, type BoundGrant } from '../kinds/policy.js'
import { reviewerOf } from '../kinds/reviewer.js'
import { splitAccount } from '../kinds/service-account.js'
import { strangersOf, type Stranger } from './strangers.js'

/** What verify tries, worked out from the file alone. Pure. */
export interface Subject {
  readonly cluster: string
  readonly mount: string
  readonly role: string
  readonly audience: string | undefined
  /** NAMESPACE/NAME */
  readonly account: string
  /** What a token of the role must have, and all that it may have. */
  readonly policies: { readonly named: readonly string[]; readonly byDefault: readonly string[] }
  readonly can: readonly BoundGrant[]
  readonly cannot: readonly BoundGrant[]
  /** What the role’s policies allow but grants do not describe: HCL of the operator, policies of others. */
  readonly undescribed: readonly string[]
  readonly strangers: readonly Stranger[]
  /** By which method it logs in. */
  readonly method: 'kubernetes' | 'jwt'
  /** Its own token asks the API server about itself. */
  readonly asksItself: boolean
  /** A token lasts for so many requests; 0: no limit. */
  readonly uses: number
  /** The addresses from which the role lets anybody in; empty: all. */
  readonly cidrs: readonly string[]
}

export interface Selection {
  /** Only these roles; empty: all. */
  readonly roles: readonly string[]
  /** How many workloads of a role at most. */
  readonly sample: number
}

type Role = File['roles'][string]

/** Every cluster has it. */
const DEFAULT_NAMESPACE = 'default'

/** A role on a cluster for which no account can be named: all its bindings are globs or selectors. */
export interface Unnamed {
  readonly cluster: string
  readonly role: string
}

/**
 * The workloads to verify: for each role and cluster the accounts that it names, and those of the `verify` section.
 * @throws IceError VERIFY.unknownRole
 */
export function subjectsOf(
  file: File,
  { roles, sample }: Selection,
): { readonly subjects: readonly Subject[]; readonly unnamed: readonly Unnamed[] } {
  requireRoles(file, roles)
  const subjects: Subject[] = []
  const unnamed: Unnamed[] = []
  for (const [name, role] of Object.entries(file.roles)) {
    if (roles.length > 0 && !roles.includes(name)) continue
    for (const cluster of role.clusters ?? Object.keys(file.clusters)) {
      const entries = file.verify
        .map((entry, index) => ({ ...entry, index }))
        .filter((entry) => entry.role === name && (entry.clusters ?? [cluster]).includes(cluster))
      const accounts = new Set([...entries.map(({ as }) => as), ...namedAccounts(role).slice(0, sample)])
      if (accounts.size === 0) unnamed.push({ cluster, role: name })
      for (const account of accounts) {
        const ofAccount = entries.filter(({ as }) => as === account)
        subjects.push(subjectOf(file, cluster, name, role, account, ofAccount))
      }
    }
  }
  return { subjects, unnamed }
}

type Entry = File['verify'][number] & { readonly index: number }

function subjectOf(
  file: File,
  cluster: string,
  name: string,
  role: Role,
  account: string,
  entries: readonly Entry[],
): Subject {
  const policies = role.policies ?? []
  const bound = (list: 'can' | 'cannot'): BoundGrant[] =>
    entries.flatMap((entry) =>
      entry[list].map((grant, at) => bindGrant(grant, file, ['verify', entry.index, list, at])),
    )
  const auth = file.clusters[cluster]?.auth
  const method = auth?.method ?? 'kubernetes'
  return {
    cluster,
    mount: auth?.path ?? '',
    role: name,
    audience: role.audience,
    account,
    policies: { named: policies, byDefault: role.tokenNoDefaultPolicy === true ? [] : ['default'] },
    can: distinct([...policyGrants(file, policies), ...bound('can')]),
    cannot: distinct(bound('cannot')),
    undescribed: policies.filter((policy) => policy !== 'default' && !('grants' in (file.policies[policy] ?? {}))),
    strangers: strangersOf(role, account, (auth && reviewerOf(auth)?.namespace) ?? DEFAULT_NAMESPACE, method),
    method,
    asksItself: auth?.method === 'kubernetes' && auth.reviewer.token === 'client',
    uses: role.tokenNumUses ?? 0,
    cidrs: role.tokenBoundCIDRs ?? [],
  }
}

function requireRoles(file: File, wanted: readonly string[]): void {
  const known = Object.keys(file.roles)
  const unknown = wanted.find((role) => !known.includes(role))
  if (unknown === undefined) return
  const meant = nearest(unknown, known)
  throw new IceError(VERIFY.unknownRole, {
    message: `There is no role ${JSON.stringify(unknown)} in the file.`,
    ...(meant !== undefined && { next: [`Did you mean ${meant}?`] }),
  })
}

function namedAccounts({ serviceAccounts, namespaces = [] }: Role): string[] {
  const plain = (name: string): boolean => !name.includes('*')
  return namespaces
    .filter(plain)
    .flatMap((namespace) => serviceAccounts.filter(plain).map((name) => `${namespace}/${name}`))
}

function policyGrants(file: File, policies: readonly string[]): BoundGrant[] {
  return policies.flatMap((name) => {
    const section = file.policies[name]
    if (section === undefined || !('grants' in section)) return []
    return section.grants.map((grant, index) => bindGrant(grant, file, ['policies', name, 'grants', index]))
  })
}

const distinct = (grants: readonly BoundGrant[]): BoundGrant[] => [
  ...new Map(grants.map((grant) => [grantText(grant), grant])).values(),
]

export const grantText = ({ grant }: BoundGrant): string => `${grant.verb} ${grant.engine} ${grant.target}`

/** The namespaces in which verify makes something, by cluster. */
export function namespacesOf(subjects: readonly Subject[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const { cluster, account, strangers } of subjects) {
    const accounts = [account, ...strangers.flatMap((stranger) => ('account' in stranger ? [stranger.account] : []))]
    found.set(
      cluster,
      new Set([...(found.get(cluster) ?? []), ...accounts.map((each) => splitAccount(each).namespace)]),
    )
  }
  return found
}
