import type { Asker } from './ask.js'
import type { Known, Scene } from './contract.js'
import { impliedLogins, isUsable, subjectOf, type Met } from './facts/consumers.js'
import { pod, podDoors, podWays } from './facts/pod.js'
import { roleInFile } from './role-in-file.js'
import { mountsOf, policiesOf } from './scope.js'
import { addressOf } from './subject.js'
import type { ConsumerSubject, MountSubject, RoleSubject, Subject, WorkloadSubject } from './subject.js'

/** One pod of a cluster. */
export interface PodScope {
  readonly namespace: string
  readonly name: string
  /** Default: the first of the file. */
  readonly cluster?: string
  /** Where the pod names no mount: only this one. */
  readonly mount?: string
}

/**
 * What there is to examine of one pod: itself, whatever fills the Secrets that it reads, and the mounts, roles and logins
 * that they lead to. Where nothing leads to any, the logins that its service account could do.
 */
export async function subjectsOfPod(asked: PodScope, scene: Scene, asker: Asker): Promise<readonly Subject[]> {
  const cluster = asked.cluster ?? Object.keys(scene.file.clusters)[0] ?? ''
  const within = asked.namespace
  const all = await mountsOf(scene, asker)
  // One whose cluster is not known may be this one’s.
  const doors = all.filter(
    (one) => (one.cluster ?? cluster) === cluster && (asked.mount === undefined || one.mount === asked.mount),
  )
  // Vault may have mounts of others, which are none of this pod’s.
  const isNamed = scene.isWritten || asked.mount !== undefined
  const subject: ConsumerSubject = {
    kind: 'consumer',
    cluster,
    apiVersion: 'v1',
    object: 'Pod',
    namespace: within,
    name: asked.name,
    within,
    doors,
  }
  const ways = orNone(await asker.know(podWays, subject))
  const others = ways.map((one) => subjectOf({ cluster, within }, one)).filter(({ object }) => object !== 'Pod')
  const consumers = [subject, ...others]
  const logins = (await Promise.all(consumers.map(async (one) => orNone(await asker.know(impliedLogins, one))))).flat()
  const below = ways.length > 0 ? belowLogins(logins, cluster, scene) : await belowDoors(subject, isNamed, asker)
  return [
    { kind: 'vault' },
    { kind: 'cluster', cluster, within },
    ...new Map(below.map((one) => [addressOf(one), one])).values(),
    ...(await policiesOf(below, asker)),
    ...consumers,
  ]
}

const orNone = <T>(known: Known<readonly T[]>): readonly T[] => (known.known ? known.value : [])

type Below = MountSubject | RoleSubject | WorkloadSubject

/** The mounts and roles that logins name, and who logs in where nothing of the object itself keeps it from it. */
function belowLogins(logins: readonly Met[], cluster: string, scene: Scene): readonly Below[] {
  return logins
    .filter(({ elsewhere }) => elsewhere === undefined)
    .flatMap((met): Below[] => {
      const { implied, type, role: live, accountThere, bound } = met
      const isInFile = scene.isWritten && scene.file.clusters[cluster]?.auth.path === implied.mount
      if (!isUsable(met) && !isInFile) return []
      const { mount, role, account } = implied
      const method = type === 'jwt' || type === 'oidc' ? 'jwt' : 'kubernetes'
      const at = { mount, method, cluster } as const
      const isRole = live !== undefined || roleInFile({ role, cluster }, scene) !== undefined
      const isAble = live !== undefined && account !== undefined && accountThere === true && bound !== false
      return [
        { kind: 'mount', ...at },
        ...(isRole && role !== '' ? [{ kind: 'role', ...at, role } as const] : []),
        ...(isAble
          ? [{ kind: 'workload', ...at, role, account: `${account.namespace}/${account.name}` } as const]
          : []),
      ]
    })
}

/**
 * Every login that the account of the pod could do, and the mounts of those; where somebody names a mount, that one anyhow.
 * Nothing where there is no such pod.
 */
async function belowDoors(asked: ConsumerSubject, isNamed: boolean, asker: Asker): Promise<readonly Below[]> {
  const there = await asker.know(pod, asked)
  if (there.known && there.value === undefined) return []
  const found = orNone(await asker.know(podDoors, asked))
  return [
    ...(isNamed ? (asked.doors ?? []) : found.map(({ mount }) => mount)),
    ...found.flatMap(({ mount: { kind: _kind, ...mount }, role, account }): Below[] => {
      const at = { ...mount, cluster: asked.cluster, role }
      return [
        { kind: 'role', ...at },
        { kind: 'workload', ...at, account },
      ]
    }),
  ]
}
