import { isIceError } from '../catalogue/index.js'
import { vaultAddress, type Address } from './address.js'
import { path, type VaultPath } from '../vault/index.js'
import type { ApiCall, Io, Removal } from './contract.js'

/** What is deleted at the path where it is read and written. */
export function deleted<Id>(at: (id: Id) => VaultPath, more: Partial<Removal<Id>> = {}): Removal<Id> {
  return {
    calls: (id) => [{ api: 'vault', path: at(id).text, capabilities: ['delete'] }],
    remove: (id, _observed, io) => io.vault.delete(at(id)),
    ...more,
  }
}

/** Ends all leases below a prefix and waits for it: what they stand for (database users) is gone afterwards. */
export async function revokeLeases(prefix: string, { vault }: Io): Promise<void> {
  await vault.write(path`sys/leases/revoke-prefix/${prefix}`, { sync: true }, { repeatable: true })
}

export const revokeCall = (prefix: string): ApiCall => ({
  api: 'vault',
  path: `sys/leases/revoke-prefix/${prefix}`,
  capabilities: ['update', 'sudo'],
})

/** The roles that are on an auth mount, whoever made them. */
export async function rolesOf(mount: string, { vault }: Io): Promise<readonly Address[]> {
  return (await vault.list(path`auth/${mount}/role`)).map((name) => vaultAddress(`auth/${mount}/role/${name}`))
}

interface Alias {
  readonly canonical_id: string
  readonly mount_accessor: string
}

interface Entity {
  readonly name?: string
  readonly disabled?: boolean
  readonly policies?: readonly string[] | null
  readonly group_ids?: readonly string[] | null
  readonly metadata?: object | null
  readonly aliases?: readonly Alias[]
}

/**
 * Deletes the entities that nothing but logins on this mount made: with the name that Vault gave them, nothing that a person
 * would have set, and no alias elsewhere. Where the operator may not look or delete, they stay, and that is said.
 */
export async function deleteEntities(accessor: string, { vault, emit }: Io): Promise<void> {
  try {
    const aliases = Object.values(await vault.listInfo<Alias>(path`identity/entity-alias/id`))
    const ids = new Set(aliases.filter((alias) => alias.mount_accessor === accessor).map((alias) => alias.canonical_id))
    for (const id of ids) {
      const entity = (await vault.read<Entity>(path`identity/entity/id/${id}`))?.data
      if (entity !== undefined && isOnlyOf(accessor, entity)) await vault.delete(path`identity/entity/id/${id}`)
    }
  } catch (error) {
    if (!isIceError(error)) throw error
    const text = `Entities that its logins made stay: ${error.message}`
    emit({ type: 'note', level: 'warning', code: error.code, text })
  }
}

function isOnlyOf(accessor: string, entity: Entity): boolean {
  const { name = '', disabled = false, policies, group_ids: groups, metadata, aliases = [] } = entity
  const untouched = !disabled && !policies?.length && !groups?.length && Object.keys(metadata ?? {}).length === 0
  const ours = aliases.length > 0 && aliases.every((alias) => alias.mount_accessor === accessor)
  return /^entity_[0-9a-f]+(?:\.\w+)?$/.test(name) && untouched && ours
}
