import { isIceError, KUBERNETES, VAULT } from '../../catalogue/index.js'
import { accessText } from '../../reconcile/permissions.js'
import { fact, type Fact, type Look } from '../contract.js'
import type { MountSubject } from '../subject.js'
import { accounts, clusterRoleBindings, namespaces, version } from './cluster.js'
import { authConfig, meantMount, role, roleNames } from './mount.js'
import { mounts, policyNames, serving } from './vault.js'

/** What the operator may not do, and a verdict depends on. */
export interface Denied {
  /** The path in Vault, or the resource of the cluster. */
  readonly at: string
  readonly needs: readonly string[]
}

type Asking = readonly [fact: Fact, subject: unknown, at: string, needs: readonly string[]]

/** What the operator's token may not read in Vault, of what doctor reads anyway; nothing is asked for only this. */
export const deniedInVault = fact({
  what: 'what the operator’s token may not read',
  key: () => '',
  from: 'operator',
  async fetch(_subject: unknown, look): Promise<readonly Denied[]> {
    await look.ask(serving, undefined)
    const { tables, mounts: seen } = await look.ask(mounts, undefined)
    const { file, isWritten } = look.scene
    const subjects = Object.entries(file.clusters).map(([cluster, { auth }]): Omit<MountSubject, 'kind'> => ({
      mount: auth.path,
      method: auth.method,
      cluster,
    }))
    const there = isWritten ? subjects : subjects.filter(({ mount }) => `auth/${mount}` in seen)
    const each = there.flatMap((subject) => {
      const { mount, cluster } = subject
      const roles = Object.entries(isWritten ? file.roles : {}).filter(
        ([, { clusters }]) => clusters === undefined || clusters.includes(cluster ?? ''),
      )
      const asking: Asking[] = [
        [meantMount, subject, 'sys/auth', ['read']],
        [authConfig, subject, `auth/${mount}/config`, ['read']],
        [roleNames, subject, `auth/${mount}/role`, ['list']],
        ...roles.map(([name]): Asking => [role, { ...subject, role: name }, `auth/${mount}/role/${name}`, ['read']]),
      ]
      return asking
    })
    const denied = await deniedOf([...each, [policyNames, undefined, 'sys/policies/acl', ['list']]], VAULT, look)
    const table: Denied[] = tables ? [] : ['sys/auth', 'sys/mounts'].map((at) => ({ at, needs: ['read'] }))
    return distinct([...table, ...denied])
  },
})

/** The same of a cluster. */
export const deniedInCluster = fact({
  what: 'what the operator may not read in the cluster',
  key: ({ cluster }: { readonly cluster: string }) => cluster,
  from: 'operator',
  async fetch(subject, look): Promise<readonly Denied[]> {
    await look.ask(version, subject)
    const list = (resource: string, group = ''): string => accessText({ verb: 'list', group, resource })
    return deniedOf(
      [
        [namespaces, subject, list('namespaces'), []],
        [accounts, subject, list('serviceaccounts'), []],
        [clusterRoleBindings, subject, list('clusterrolebindings', 'rbac.authorization.k8s.io'), []],
      ],
      KUBERNETES,
      look,
    )
  },
})

async function deniedOf(
  all: readonly Asking[],
  refusals: typeof VAULT | typeof KUBERNETES,
  { ask }: Look,
): Promise<readonly Denied[]> {
  const refusal = 'notPermitted' in refusals ? refusals.notPermitted.code : refusals.forbidden.code
  const each = await Promise.all(
    all.map(async ([wanted, subject, at, needs]): Promise<readonly Denied[]> => {
      try {
        await ask(wanted, subject)
        return []
      } catch (error) {
        if (!isIceError(error)) throw error
        return error.code === refusal ? [{ at, needs }] : []
      }
    }),
  )
  return each.flat()
}

const distinct = (all: readonly Denied[]): readonly Denied[] => [
  ...new Map(all.map((each) => [each.at, each])).values(),
]
