import type { Policy } from '../../access/model.js'
import { isIceError } from '../../catalogue/index.js'
import { capabilitiesSelf } from '../../vault/index.js'
import { neededBy } from '../needs.js'
import { fact } from '../contract.js'
import type { RoleSubject, WorkloadSubject } from '../subject.js'
import { livePolicy } from './policies.js'
import { presentRole } from './role.js'
import { policyNames } from './vault.js'
import { login } from './workload.js'

type OfRole = Pick<RoleSubject, 'mount' | 'method' | 'cluster' | 'role'>

/** The policies that a token of the role has, as Vault has them; those that are missing are left out. */
export const policiesOfRole = fact({
  what: 'the policies of the role',
  key: ({ mount, role: name }: OfRole) => `${mount}/${name}`,
  from: 'operator',
  async fetch(subject, { ask }): Promise<readonly Policy[]> {
    const [live, there] = await Promise.all([ask(presentRole, subject), ask(policyNames, undefined)])
    const named = live.role.policies.map((name) => name.toLowerCase())
    const all = live.role.noDefaultPolicy ? named : [...named, 'default']
    return Promise.all([...new Set(all)].filter((name) => there.has(name)).map((policy) => ask(livePolicy, { policy })))
  },
})

type OfWorkload = Pick<WorkloadSubject, 'mount' | 'method' | 'cluster' | 'role' | 'account' | 'token'>

/** What the token of a real login may do at the paths that the file grants. */
export const workloadRights = fact({
  what: 'what the workload’s token may do',
  key: ({ mount, role: name, account, token }: OfWorkload) => `${mount}/${name} ${account ?? ''} ${token ?? ''}`,
  from: 'vault',
  async fetch(subject, { ask, scene }) {
    const attempt = await ask(login, subject)
    if (!attempt.ok) throw attempt.error
    const { vault, login: made, limited } = attempt.workload
    const paths = neededBy(scene.file, subject.role, subject.account).map(({ path }) => path)
    const known = { policies: made.policies, entity: made.entityId }
    // A token of few uses is spent on nothing.
    if (limited || paths.length === 0) return { ...known, paths: new Map<string, readonly string[]>() }
    try {
      return { ...known, paths: await capabilitiesSelf(vault, [...new Set(paths)]) }
    } catch (error) {
      // Without the default policy a token may not ask about itself.
      if (isIceError(error)) return { ...known, paths: new Map<string, readonly string[]>() }
      throw error
    }
  },
})
