import { DOCTOR, IceError } from '../../catalogue/index.js'
import { claimsOf } from '../../kubernetes/index.js'
import { mapBounded } from '../../http/limit.js'
import { path } from '../../vault/index.js'
import type { Account, ClusterView } from '../../access/model.js'
import { fact } from '../contract.js'
import type { RoleSubject } from '../subject.js'
import { accounts, namespaces } from './cluster.js'
import { authConfig, meantMount, met, mountRow, role, roleNames, withVisitor, type LiveRole } from './mount.js'
import { mounts } from './vault.js'

export type OfRole = Pick<RoleSubject, 'mount' | 'method' | 'cluster' | 'role'>
type OfMount = Omit<OfRole, 'role'>

const byMount = ({ mount }: OfMount): string => mount
const byRole = ({ mount, role: name }: OfRole): string => `${mount}/${name}`
const byCluster = ({ cluster }: Pick<OfMount, 'cluster'>): string => cluster ?? ''

/** The role; undefined where there is none on a mount that is there. */
export const roleIfAny = fact({
  what: 'the role of the mount',
  key: byRole,
  from: 'operator',
  async fetch(subject: OfRole, { ask }): Promise<LiveRole | undefined> {
    await ask(meantMount, subject)
    return ask(role, subject)
  },
})

/** The role, where it must be there. */
export const presentRole = fact({
  what: 'the role that is there',
  key: byRole,
  from: 'operator',
  async fetch(subject: OfRole, { ask }): Promise<LiveRole> {
    const live = await ask(roleIfAny, subject)
    if (live !== undefined) return live
    const { mount, role: name } = subject
    throw new IceError(DOCTOR.roleAbsent, { message: `There is no role ${name} on auth/${mount}.` })
  },
})

/** The audiences any of which a token must have; empty: all fit, save with the method jwt. */
export function audiencesOf({ data }: LiveRole): readonly string[] {
  const { audience, bound_audiences: several } = data
  if (Array.isArray(several)) return several.map(String)
  return typeof audience === 'string' && audience !== '' ? [audience] : []
}

/** Other auth mounts that have a role of this name; asked only where this one has none. */
export const rolesElsewhere = fact({
  what: 'the mounts that have such a role',
  key: byRole,
  from: 'operator',
  async fetch(subject: OfRole, { ask }): Promise<readonly string[]> {
    if ((await ask(roleIfAny, subject)) !== undefined) return []
    const table = await ask(mounts, undefined)
    const others = Object.entries(table.mounts).flatMap(([at, { type }]) =>
      /^auth\//.test(at) && (type === 'kubernetes' || type === 'jwt') && at !== `auth/${subject.mount}`
        ? [{ ...subject, mount: at.slice('auth/'.length) }]
        : [],
    )
    const found = await mapBounded(others, async (other) => {
      // One that cannot be listed just cannot be named.
      const names = await ask(roleNames, other).catch((): readonly string[] => [])
      return names.includes(subject.role.toLowerCase()) ? [other.mount] : []
    })
    return found.flat().sort()
  },
})

/** What the mount allows of tokens, whatever its roles say. */
export interface Tune {
  /** Seconds. */
  readonly max_lease_ttl: number
  /** `default-service`, `default-batch`: roles decide. `service`, `batch`: the mount does. */
  readonly token_type?: string
}

export const mountTune = fact({
  what: 'the limits of the mount',
  key: byMount,
  from: 'operator',
  async fetch(subject: OfMount, { ask, scene }): Promise<Tune> {
    const { mount } = subject
    await ask(meantMount, subject)
    // Under sys/auth the same would need sudo.
    const answer = await scene.vault.read<Tune & Record<string, unknown>>(path`sys/mounts/auth/${mount}/tune`)
    if (answer !== undefined) return answer.data
    throw new IceError(DOCTOR.notThere, { message: `auth/${mount} has no limits that could be read.` })
  },
})

/** Namespaces and accounts of the cluster, for resolving bindings. */
export const clusterView = fact({
  what: 'who there is on the cluster',
  key: byCluster,
  from: 'operator',
  async fetch(subject: Pick<OfMount, 'cluster'>, { ask }): Promise<ClusterView> {
    const [labels, all] = await Promise.all([ask(namespaces, subject), ask(accounts, subject)])
    const byNamespace = new Map<string, Map<string, Account>>([...labels.keys()].map((name) => [name, new Map()]))
    for (const { metadata } of all) {
      const { namespace = '', name, uid } = metadata
      const known = byNamespace.get(namespace) ?? new Map<string, Account>()
      byNamespace.set(namespace, known.set(name, { namespace, name, ...(uid !== undefined && { uid }) }))
    }
    return { name: subject.cluster ?? '', namespaces: labels, accounts: byNamespace, whole: true }
  },
})

/** Vault has no reviewer’s token on this mount: whoever logs in is shown to the API server as it is. */
const asksItself = fact({
  what: 'whether each client asks for itself',
  key: byMount,
  from: 'vault',
  async fetch(subject: OfMount, { ask }): Promise<boolean> {
    const config = await ask(authConfig, subject)
    if (config === undefined || config['token_reviewer_jwt_set'] === true) return false
    if (config['token_reviewer_jwt_set'] === false && config['disable_local_ca_jwt'] === true) return true
    // It may have a token of its own pod, or be too old to tell.
    return (await ask(met, subject)).kind === 'noReviewer'
  },
})

/** The audiences of a token that is made for the API server itself. */
const ownAudiences = fact({
  what: 'the audiences of the API server',
  key: byCluster,
  from: 'operator',
  writes: () => 'a ten-minute token of an account, which is removed at once',
  fetch: (subject: OfMount, look): Promise<readonly string[]> =>
    withVisitor(subject, look, ({ token }) => Promise.resolve(claimsOf(token)?.audiences ?? [])),
})

/** Where each client asks for itself: the audiences that the API server accepts. Undefined: a reviewer asks for all. */
export const clientAudiences = fact({
  what: 'the audiences that clients may have',
  key: byMount,
  from: 'vault',
  fetch: async (subject: OfMount, { ask }) =>
    (await ask(asksItself, subject)) ? ask(ownAudiences, subject) : undefined,
})

interface AliasInfo {
  readonly canonical_id: string
  readonly mount_accessor: string
  readonly name: string
  readonly metadata?: Readonly<Record<string, string>> | null
}

/** An account that was made anew, whose old entity has what the new one lacks. */
export interface Churned {
  /** NAMESPACE/NAME */
  readonly account: string
  readonly entity: string
  readonly policies: readonly string[]
  readonly groups: number
}

interface EntityData {
  readonly name?: string
  readonly policies?: readonly string[] | null
  readonly group_ids?: readonly string[] | null
}

/** Accounts of the cluster that Vault knew under another uid, where it matters. One request, and one for each such account. */
export const churned = fact({
  what: 'entities of accounts that were made anew',
  key: byMount,
  from: 'operator',
  async fetch(subject: OfMount, { ask, scene }): Promise<readonly Churned[]> {
    const row = await ask(mountRow, subject)
    const [view, aliases] = await Promise.all([
      ask(clusterView, subject),
      scene.vault.listInfo<AliasInfo>(path`identity/entity-alias/id`),
    ])
    const gone = Object.values(aliases).flatMap((alias) => {
      const { service_account_namespace: namespace = '', service_account_name: name = '' } = alias.metadata ?? {}
      const uid = alias.metadata?.['service_account_uid']
      const now = view.accounts.get(namespace)?.get(name)
      const isOurs = alias.mount_accessor === row?.accessor && alias.name === uid
      return isOurs && now !== undefined && now.uid !== uid ? [{ account: `${namespace}/${name}`, alias }] : []
    })
    const found = await mapBounded(gone, async ({ account, alias: { canonical_id: entity } }): Promise<Churned[]> => {
      const data = (await scene.vault.read<EntityData & Record<string, unknown>>(path`identity/entity/id/${entity}`))
        ?.data
      const { policies, group_ids: groups } = data ?? {}
      if ((policies ?? []).length + (groups ?? []).length === 0) return []
      return [{ account, entity, policies: policies ?? [], groups: groups?.length ?? 0 }]
    })
    return found.flat()
  },
})
