import { isIceError } from '../catalogue/index.js'
import { isScratch } from '../kinds/scratch.js'
import { subjectsOf as toVerify } from '../verify/subjects.js'
import type { Asker } from './ask.js'
import type { Scene } from './contract.js'
import { concerned, subjectOf } from './facts/consumers.js'
import { authConfig, roleNames, roles } from './facts/mount.js'
import { mounts } from './facts/vault.js'
import { addressOf } from './subject.js'
import type { ConsumerSubject, EngineSubject, MountSubject, RoleSubject, Subject, WorkloadSubject } from './subject.js'

/** What is to be examined. */
export interface Scope {
  /** Only this auth mount. */
  readonly mount?: string
  /** Only this cluster of the file. */
  readonly cluster?: string
  /** Only this role of it. */
  readonly role?: string
  /** Only this login; otherwise one workload of each mount. */
  readonly workload?: { readonly account?: string; readonly token?: string }
  /** A workload of every role is logged in, not one of each mount. */
  readonly everyLogin?: boolean
  /** Engines, and what receives secrets in the clusters, too. Default: true. */
  readonly all?: boolean
}

/** Finds out what there is to examine. What cannot be seen is left out here; a check says so. */
export async function subjectsOf(scope: Scope, scene: Scene, asker: Asker): Promise<readonly Subject[]> {
  const auth = (await mountsOf(scene, asker)).filter(
    ({ mount, cluster }) =>
      (scope.mount === undefined || mount === scope.mount) &&
      (scope.cluster === undefined || !scene.isWritten || cluster === scope.cluster),
  )
  const named = scope.mount === undefined || auth.length > 0 ? auth : [await strangerMount(scope.mount, scene, asker)]
  const byMount = await Promise.all(named.map((mount) => onMount(mount, scope, scene, asker)))
  const below = byMount.flat()
  const clusters = new Set(named.flatMap(({ cluster }) => cluster ?? []))
  return [
    { kind: 'vault' },
    ...[...clusters].map((cluster) => ({ kind: 'cluster', cluster }) as const),
    ...named,
    ...below,
    ...(await policiesOf(below, asker)),
    ...(scope.all === false ? [] : await enginesOf(scope, scene, asker)),
    ...(scope.all === false ? [] : await consumersOf([...clusters], scope, scene, asker)),
  ]
}

/** Those of the file; without one those that Vault has, each of the cluster that its config names. */
export async function mountsOf(scene: Scene, asker: Asker): Promise<readonly MountSubject[]> {
  const { file, isWritten } = scene
  const said = Object.entries(file.clusters).map(([cluster, { auth }]): MountSubject => ({
    kind: 'mount',
    mount: auth.path,
    method: auth.method,
    cluster,
  }))
  if (isWritten) return said
  const table = await asker.know(mounts, undefined)
  if (!table.known) return said
  const live = Object.entries(table.value.mounts).flatMap(([path, { type }]) =>
    path.startsWith('auth/') && type === 'kubernetes' ? [path.slice('auth/'.length)] : [],
  )
  return Promise.all(
    live.map(async (mount): Promise<MountSubject> => {
      const subject: MountSubject = { kind: 'mount', mount, method: 'kubernetes', cluster: undefined }
      const config = await asker.know(authConfig, subject)
      const host = config.known ? config.value?.['kubernetes_host'] : undefined
      const cluster = Object.keys(file.clusters).find((name) => serverOf(name, scene) === host)
      // The only mount there is can hardly be for another cluster than the only one that is asked about.
      const [only] = live.length === 1 ? Object.keys(file.clusters) : []
      return { ...subject, cluster: cluster ?? only }
    }),
  )
}

/** One that somebody names, whether it is there or not; the method is what is there, where that is one of the two. */
async function strangerMount(mount: string, { file }: Scene, asker: Asker): Promise<MountSubject> {
  const table = await asker.know(mounts, undefined)
  const type = table.known ? table.value.mounts[`auth/${mount}`]?.type : undefined
  const method = type === 'jwt' || type === 'oidc' ? 'jwt' : 'kubernetes'
  return { kind: 'mount', mount, method, cluster: Object.keys(file.clusters)[0] }
}

function serverOf(name: string, scene: Scene): string | undefined {
  try {
    return scene.cluster(name).server
  } catch (error) {
    if (isIceError(error)) return undefined
    throw error
  }
}

/** The roles of a mount, those that are there and those that the file wants, and who is to log in. */
async function onMount(
  { kind: _kind, ...mount }: MountSubject,
  scope: Scope,
  scene: Scene,
  asker: Asker,
): Promise<readonly (RoleSubject | WorkloadSubject)[]> {
  const live = await asker.know(roleNames, mount)
  const said = Object.entries(scene.isWritten ? scene.file.roles : {}).flatMap(([name, { clusters }]) =>
    clusters === undefined || clusters.includes(mount.cluster ?? '') ? [name] : [],
  )
  const names = [...new Set([...said, ...(live.known ? live.value : [])])].filter((name) => !isScratch(name))
  const chosen = scope.role === undefined ? names : [scope.role]
  const asRoles = chosen.map((role): RoleSubject => ({ ...mount, kind: 'role', role }))
  const { workload } = scope
  if (workload !== undefined)
    return [
      ...asRoles,
      ...asRoles.map((role): WorkloadSubject => ({
        ...role,
        kind: 'workload',
        account: workload.account,
        ...(workload.token !== undefined && { token: workload.token }),
      })),
    ]
  return [...asRoles, ...(await loginsOf(asRoles, scope, scene, asker))]
}

/** Who is tried: the workloads that the file names; without one an account that a role names. One of each mount, unless all are asked for. */
async function loginsOf(
  asRoles: readonly RoleSubject[],
  { everyLogin = false }: Scope,
  scene: Scene,
  asker: Asker,
): Promise<readonly WorkloadSubject[]> {
  const [first] = asRoles
  if (first === undefined) return []
  const all = scene.isWritten ? saidLogins(asRoles, scene) : await liveLogins(asRoles, asker)
  return everyLogin ? all : all.slice(0, 1)
}

function saidLogins(asRoles: readonly RoleSubject[], { file }: Scene): WorkloadSubject[] {
  const { subjects } = toVerify(file, { roles: [], sample: 1 })
  return asRoles.flatMap((role) => {
    const found = subjects.find((subject) => subject.role === role.role && subject.cluster === role.cluster)
    return found === undefined ? [] : [{ ...role, kind: 'workload' as const, account: found.account }]
  })
}

async function liveLogins(asRoles: readonly RoleSubject[], asker: Asker): Promise<WorkloadSubject[]> {
  const [first] = asRoles
  const live = first && (await asker.know(roles, first))
  if (live?.known !== true) return []
  return asRoles.flatMap((role) => {
    const bindings = live.value.get(role.role)?.role.bindings
    const isName = (name: string): boolean => !name.includes('*')
    const [namespace, name] = [bindings?.namespaces.find(isName), bindings?.names.find(isName)]
    if (namespace === undefined || name === undefined) return []
    return [{ ...role, kind: 'workload' as const, account: `${namespace}/${name}` }]
  })
}

/** The policies that the roles name. */
export async function policiesOf(below: readonly Subject[], asker: Asker): Promise<readonly Subject[]> {
  const asRoles = below.filter((subject): subject is RoleSubject => subject.kind === 'role')
  const live = await Promise.all(
    [...new Map(asRoles.map((role) => [role.mount, role])).values()].map((role) => asker.know(roles, role)),
  )
  const wanted = new Set(asRoles.map(({ mount, role }) => `${mount}/${role}`))
  const names = live.flatMap((known) =>
    known.known
      ? [...known.value.values()].flatMap(({ role }) =>
          wanted.has(`${role.mount}/${role.name}`) ? role.policies.map((name) => name.toLowerCase()) : [],
        )
      : [],
  )
  return [...new Set(names)].map((policy) => ({ kind: 'policy', policy }))
}

/** What receives secrets in the clusters: by the file, or, without one, at the mount that is meant. */
async function consumersOf(
  clusters: readonly string[],
  { mount }: Scope,
  { isWritten }: Scene,
  asker: Asker,
): Promise<readonly ConsumerSubject[]> {
  const found = await Promise.all(
    clusters.map(async (cluster) => {
      const known = await asker.know(concerned, { cluster })
      const all = known.known ? known.value : []
      const isMeant = ({ implied }: (typeof all)[number]): boolean =>
        isWritten || mount === undefined || implied.some((login) => login.mount === mount)
      return all.filter(isMeant).map((one) => subjectOf({ cluster }, one))
    }),
  )
  return [...new Map(found.flat().map((one) => [addressOf(one), one])).values()]
}

const ENGINES = ['kv', 'database', 'transit']

/**
 * Those of the file; without one all that Vault has of the types that this tool knows, unless one mount is meant: whose
 * engines they are nobody says then.
 */
async function enginesOf(
  { mount }: Scope,
  { file, isWritten }: Scene,
  asker: Asker,
): Promise<readonly EngineSubject[]> {
  if (isWritten) return Object.entries(file.engines).map(([engine, { type }]) => ({ kind: 'engine', engine, type }))
  if (mount !== undefined) return []
  const table = await asker.know(mounts, undefined)
  if (!table.known) return []
  return Object.entries(table.value.mounts).flatMap(([engine, { type }]) =>
    !engine.startsWith('auth/') && ENGINES.includes(type) ? [{ kind: 'engine' as const, engine, type }] : [],
  )
}
