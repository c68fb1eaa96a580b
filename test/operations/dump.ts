import { refs } from '../../src/kubernetes/objects.js'
import { path } from '../../src/vault/index.js'
import type { Scenario } from './scenario.js'

/**
 * What both servers hold, as far as a file can have made it, for comparison. Left out, since they never come back the same
 * or belong to other tests: accessors, UUIDs, versions and times; what carries none of the scenario's names.
 */
export async function dump({ id, vault, cluster }: Scenario): Promise<unknown> {
  const mine = (name: string): boolean => name.includes(id)
  const [auth, mounts] = await Promise.all(
    [path`sys/auth`, path`sys/mounts`].map(async (table) =>
      Object.keys((await vault.read(table))?.data ?? {}).filter(mine),
    ),
  )
  const aliases = await vault.listInfo<{ mount_path?: string }>(path`identity/entity-alias/id`)
  const kinds = [refs.namespace(''), refs.clusterRoleBinding('')]
  const objects = await Promise.all(
    kinds.map(async (kind) => (await cluster.list(kind)).map(({ metadata }) => metadata.name).filter(mine)),
  )
  return {
    auth,
    mounts,
    policies: (await vault.list(path`sys/policies/acl`)).filter(mine),
    aliases: Object.values(aliases).filter(({ mount_path = '' }) => mine(mount_path)).length,
    objects,
  }
}
