import { VAULT, IceError, isIceError } from '../../catalogue/index.js'
import type { ClusterView } from '../../access/model.js'
import { phase } from '../../events/index.js'
import type { Cluster } from '../../kubernetes/index.js'
import { path, type Vault } from '../../vault/index.js'
import { splitAccount } from '../../kinds/service-account.js'
import { authRows, isWorkloadMethod } from '../auth-mounts.js'
import { seeCluster } from '../read-clusters.js'
import { orMount, roleNames } from '../role-show.js'
import { notThere, orUndefined } from '../step-shown.js'
import type { StepSession } from '../step-session.js'
import { entitiesOf, heldTokens, ownAccessor, type Held, type Scope } from '../lease/tokens.js'
import { capabilitiesOf, leasesOf, type FoundLease } from '../lease/leases.js'
import { closed, letIn, listsText, reopened, without, type Workload } from './narrow.js'
import { readBoundRole, readBoundRoles, sameList, type BoundRole } from './roles.js'
import type { LockAction, LockdownOptions, LockdownScope, LockedRole } from './types.js'

/** Where a lockdown happens. */
export interface Place {
  readonly cluster: string
  readonly mount: string
  /** Of the mount. */
  readonly accessor: string
  readonly method: 'kubernetes' | 'jwt'
  readonly batchMount: boolean
  readonly scope: Scope
  readonly workload: Workload | undefined
  readonly shown: LockdownScope
}

type Asked = Pick<LockdownOptions, 'workload' | 'role'>

/** @throws IceError VAULT.notThere where there is no such mount, or it is not one by which workloads log in */
export async function placeIn({ place }: StepSession, { workload, role }: Asked, vault: Vault): Promise<Place> {
  const { mount, cluster } = place
  const row = (await authRows(vault)).get(mount)
  if (row === undefined || !isWorkloadMethod(row.type))
    throw new IceError(VAULT.notThere, {
      message: `auth/${mount} is ${row === undefined ? 'not there' : `of the type ${row.type}`}.`,
      next: ['Say --path; icebreaker auth list shows the mounts that are there.'],
    })
  const type = (row.config as { token_type?: string } | undefined)?.token_type ?? ''
  const common = { mount, cluster, accessor: row.accessor, method: row.type, batchMount: type.endsWith('batch') }
  if (workload !== undefined)
    return {
      ...common,
      scope: { kind: 'workload', mount, account: workload },
      workload: splitAccount(workload),
      shown: { kind: 'workload', of: workload },
    }
  return role === undefined
    ? { ...common, scope: { kind: 'mount', mount }, workload: undefined, shown: { kind: 'cluster', of: cluster } }
    : { ...common, scope: { kind: 'role', mount, role }, workload: undefined, shown: { kind: 'role', of: role } }
}

/** The accounts of the cluster; nothing where it cannot be reached. */
export async function viewOf(session: StepSession, roles: readonly BoundRole[]): Promise<ClusterView> {
  const cluster = await session.kubernetes().catch((error: unknown): Cluster | IceError => {
    if (isIceError(error)) return error
    throw error
  })
  const named = () =>
    Promise.resolve(roles.flatMap(({ bindings }) => bindings?.namespaces.filter((each) => !/[*:]/.test(each)) ?? []))
  return (await seeCluster(session.place.cluster, cluster, named)).view
}

/** The roles that are meant: one, or all of the mount. @throws IceError VAULT.notThere */
export async function rolesIn({ mount, method, batchMount, scope }: Place, vault: Vault): Promise<BoundRole[]> {
  if (scope.kind !== 'role') {
    const names = await orMount(() => roleNames(mount, vault), mount)
    return readBoundRoles({ mount, method, batchMount }, names, vault)
  }
  const role = await readBoundRole({ mount, method, batchMount, name: scope.role.toLowerCase() }, vault)
  if (role !== undefined) return [role]
  throw notThere(
    `The role ${scope.role} of auth/${mount}`,
    scope.role,
    await orUndefined(() => roleNames(mount, vault)),
  )
}

/** What becomes of each role. Pure. */
export function planned(
  roles: readonly BoundRole[],
  { workload }: Place,
  reopen: boolean,
  view: ClusterView,
  ours: ReadonlySet<string> | undefined,
): LockedRole[] {
  return roles.map((role) => {
    const address = `vault:auth/${role.mount}/role/${role.name}`
    const base = { address, role: role.name, ours: ours?.has(address) === true, batch: role.batch }
    const bindings = role.bindings ?? { names: [], namespaces: [] }
    const before = role.bindings === undefined ? 'whoever its claims fit' : listsText(bindings)
    const idle = (action: LockAction): LockedRole => ({
      ...base,
      action,
      before,
      after: before,
      affects: [],
      others: [],
      later: [],
    })
    if (reopen) {
      const lists = reopened(bindings, workload)
      if (sameList(lists.names, bindings.names) && sameList(lists.namespaces, bindings.namespaces)) return idle('none')
      const after = { ...bindings, ...lists }
      const then = new Set(letIn(bindings, view))
      const affects = letIn(after, view).filter((account) => !then.has(account))
      const text = lists.names.length === 0 ? 'whoever its claims fit' : listsText(after)
      return { ...base, action: 'reopen', before, after: text, lists, affects, others: [], later: [] }
    }
    if (workload !== undefined) {
      if (role.bindings === undefined) return idle('unknown')
      const narrowing = without(bindings, workload, view)
      if (narrowing === undefined) return idle('none')
      const { after: lists, others, later } = narrowing
      const affects = [`${workload.namespace}/${workload.name}`, ...others]
      return {
        ...base,
        action: 'narrow',
        before,
        after: listsText({ ...bindings, ...lists }),
        lists,
        affects,
        others,
        later,
      }
    }
    const lists = closed(bindings)
    if (sameList(lists.names, bindings.names)) return idle('none')
    const affects = letIn(bindings, view)
    return { ...base, action: 'narrow', before, after: 'nobody', lists, affects, others: [], later: [] }
  })
}

/** Tokens with what hangs on them. */
export interface Seen {
  readonly held: Held
  readonly leases: readonly FoundLease[]
  /** Why leases could not be looked at. */
  readonly unknown?: string
  /** Some of the tokens may make others that do not end with them. */
  readonly makesOrphans: boolean
  readonly own: string | undefined
  readonly entities: ReadonlySet<string>
}

/** @param before accessors that were listed earlier */
export async function seeTokens(
  place: Place,
  view: ClusterView,
  session: StepSession,
  before?: ReadonlySet<string>,
): Promise<Seen> {
  const vault = await session.vault()
  const { workload, scope, accessor } = place
  const uid = workload && view.accounts.get(workload.namespace)?.get(workload.name)?.uid
  const entities = scope.kind === 'workload' ? await entitiesOf(scope.account, uid, accessor, vault) : new Set<string>()
  const { emit } = await session.vaultIo()
  const [held, own] = await Promise.all([heldTokens(scope, vault, emit, entities, before), ownAccessor(vault)])
  const all = [...held.logins, ...held.children]
  const [found, makesOrphans] = await Promise.all([
    phase(emit, 'Look at their leases', () => orWhy(() => leasesOf(all, vault))),
    mayMakeOrphans(held, vault),
  ])
  const leases = 'value' in found ? { leases: found.value } : { leases: [], unknown: found.why }
  return { held, ...leases, makesOrphans, own, entities }
}

async function orWhy<T>(work: () => Promise<T>): Promise<{ readonly value: T } | { readonly why: string }> {
  try {
    return { value: await work() }
  } catch (error) {
    if (!isIceError(error)) throw error
    return { why: error.message.replace(/\.$/, '') }
  }
}

/** Some token of each kind is asked about: by auth/token/create-orphan, by `no_parent`, or by a role of the token store. */
async function mayMakeOrphans({ logins }: Held, vault: Vault): Promise<boolean> {
  const kinds = [...Map.groupBy(logins, ({ policies }) => [...policies].sort().join(' ')).values()]
  if (kinds.length === 0) return false
  const roles = (await orUndefined(() => vault.list(path`auth/token/roles`))) ?? []
  const [orphan, create] = ['auth/token/create-orphan', 'auth/token/create']
  const byRole = roles.map((role) => `auth/token/create/${role}`)
  const answers = await Promise.all(
    kinds.map(async ([token]) => {
      if (token === undefined) return false
      const may = await orUndefined(() => capabilitiesOf(token.accessor, [orphan, create, ...byRole], vault))
      const has = (at: string, ...wanted: readonly string[]) => wanted.some((each) => may?.[at]?.includes(each))
      return (
        has(orphan, 'update', 'create', 'root') ||
        has(create, 'sudo', 'root') ||
        byRole.some((at) => has(at, 'update', 'create'))
      )
    }),
  )
  return answers.includes(true)
}
