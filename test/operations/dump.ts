import { refs } from '../../src/kubernetes/objects.js'
import { inventoryName } from '../../src/reconcile/inventory-store.js'
import type { Inventory } from '../../src/reconcile/inventory.js'
import { path, type VaultPath } from '../../src/vault/index.js'
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

/**
 * The same with all that is inside, for comparing one run with another on other names: they are written `ID`. Left out
 * besides: what Vault alone knows (passwords, keys) and when it last changed them.
 */
export async function deepDump(scenario: Scenario): Promise<unknown> {
  const { auth, mounts, policies, ...rest } = (await dump(scenario)) as Record<string, string[]>
  const { id, vault, cluster } = scenario
  const at = (mount: string): string => mount.replace(/\/$/, '')
  const read = async (from: VaultPath): Promise<unknown> => (await vault.read(from))?.data
  const all = async (names: readonly string[], each: (name: string) => Promise<unknown>) =>
    Object.fromEntries(await Promise.all(names.toSorted().map(async (name) => [name, await each(name)] as const)))
  const inMount = async (mount: string) => ({
    v1: await vault.list(path`${mount}`).catch(() => []),
    v2: await vault.list(path`${mount}/metadata`).catch(() => []),
    keys: await vault.list(path`${mount}/keys`).catch(() => []),
    connections: await vault.list(path`${mount}/config`).catch(() => []),
    roles: await all(await vault.list(path`${mount}/roles`).catch(() => []), (name) =>
      read(path`${mount}/roles/${name}`),
    ),
    staticRoles: await vault.list(path`${mount}/static-roles`).catch(() => []),
  })
  const inNamespace = async (namespace: string) => {
    const kinds = [refs.secret, refs.serviceAccount, refs.configMap, refs.lease].map((kind) => kind(namespace, ''))
    const lists = await Promise.all(kinds.map(async (kind) => [kind.kind, await cluster.list(kind)] as const))
    return lists.flatMap(([kind, objects]) => objects.map(({ metadata }) => `${kind}/${metadata.name}`)).toSorted()
  }
  const [namespaces = []] = rest['objects'] as unknown as string[][]
  const record = await cluster.get(refs.configMap(`${id}-auth`, inventoryName(id)))
  const { objects = {} } = JSON.parse(
    (record?.['data'] as Record<string, string> | undefined)?.['inventory.json'] ?? '{}',
  ) as Partial<Inventory>
  const whole = {
    ...rest,
    auth: await all(auth ?? [], async (mount) => ({
      config: await read(path`auth/${at(mount)}/config`),
      roles: await all(await vault.list(path`auth/${at(mount)}/role`), (name) =>
        read(path`auth/${at(mount)}/role/${name}`),
      ),
    })),
    mounts: await all(mounts ?? [], (mount) => inMount(at(mount))),
    policies: await all(
      policies ?? [],
      async (name) => (await vault.read(path`sys/policies/acl/${name}`))?.data['policy'],
    ),
    namespaces: await all(namespaces, inNamespace),
    record: Object.keys(objects).toSorted(),
  }
  return JSON.parse(JSON.stringify(whole).replaceAll(id, 'ID')) as unknown
}
