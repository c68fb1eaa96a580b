import { isIceError } from '../catalogue/index.js'
import { KINDS } from '../kinds/index.js'
import { isRecorded, type Inventory, type VaultPlace } from '../reconcile/inventory.js'
import { freshIo } from '../reconcile/observe.js'
import type { Session } from './session.js'

/** Where the objects of a record are: the address of Vault, the namespace after `#`, and its id where it tells. */
export async function placeOf({ io }: Pick<Session, 'io'>): Promise<VaultPlace> {
  const { address, namespace } = io.vault
  const vault = namespace === undefined ? address : `${address}#${namespace}`
  try {
    return { vault, vaultCluster: (await io.vault.health()).clusterId }
  } catch (error) {
    // A proxy may let nobody ask; what Vault itself has to say the other requests tell.
    if (!isIceError(error)) throw error
    return { vault, vaultCluster: undefined }
  }
}

/**
 * Is the record of this Vault? Its id and its namespace show it; and so does a mount that is recorded and still stands, with
 * the accessor that this Vault gave it, since a replica that took over has another id. Where the id cannot be had, the same
 * address is taken for the same Vault.
 */
export async function isOfThisVault(
  inventory: Inventory,
  session: Pick<Session, 'io'>,
  place: VaultPlace,
): Promise<boolean> {
  const { vault, vaultCluster } = inventory
  if (vault === undefined) return true
  if (vaultCluster === undefined || place.vaultCluster === undefined) {
    if (vault === place.vault) return true
  } else if (vaultCluster === place.vaultCluster && namespaceOf(vault) === namespaceOf(place.vault)) return true
  const io = freshIo(session.io)
  const mounts = Object.values(inventory.objects).flatMap((entry) => {
    const kind = KINDS.find((each) => each.kind === entry.kind)
    return kind?.identity === undefined || entry.id === undefined ? [] : [{ kind, entry }]
  })
  const stand = await Promise.all(
    mounts.map(async ({ kind, entry }) => isRecorded(kind, entry, await kind.read(entry.id, io))),
  )
  return stand.includes(true)
}

const namespaceOf = (vault: string): string => vault.split('#')[1] ?? ''
