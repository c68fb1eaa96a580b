import { isIceError } from '../catalogue/index.js'
import { vaultAddress } from '../kinds/address.js'
import {
  databaseConnection,
  ROTATED,
  type ConnectionId,
  type ConnectionMark,
  type ObservedConnection,
} from '../kinds/database-connection.js'
import type { Inventory, InventoryEntry } from '../reconcile/inventory.js'
import { openInventory, type InventoryStore } from '../reconcile/inventory-store.js'
import { acquireLease } from '../reconcile/lease.js'
import type { FileOptions } from './options.js'
import { inventoryOf, openCluster } from './session.js'
import type { StepSession } from './step-session.js'

/** What the record says of a connection of ours. */
export interface ConnectionRecord {
  /**
   * Vault has changed the password: no later apply may send the one before, unless the file names another source than now.
   * @param source where the file says that the password comes from
   */
  rotated(source: string | undefined): Promise<void>
}

/**
 * Runs `work` while no apply of this file can write the connection. What somebody else made stands in no record of ours,
 * and nothing of ours will write it.
 */
export async function withConnectionRecord<T>(
  options: FileOptions,
  session: StepSession,
  id: ConnectionId,
  observed: ObservedConnection | undefined,
  work: (record: ConnectionRecord | undefined) => Promise<T>,
): Promise<T> {
  const opened = await openRecord(options, session)
  if (opened === undefined) return work(undefined)
  const { cluster, store, namespace } = opened
  try {
    const address = vaultAddress(`${id.mount}/config/${id.name}`)
    const entry = store.inventory.objects[address]
    if (entry === undefined) return await work(undefined)
    const lease = await acquireLease(cluster, namespace, session.file.name)
    try {
      return await work({
        async rotated(source) {
          const mark = afterRotation(entry, observed, source)
          if (mark !== undefined) await store.save(withMark(store.inventory, address, entry, mark))
        },
      })
    } finally {
      await lease.release()
    }
  } finally {
    await cluster.close()
  }
}

/** Where it cannot be read, that is told: Vault itself can be spoken to all the same. */
async function openRecord(options: FileOptions, { file, configFile, signal }: StepSession) {
  const { cluster: name, namespace } = inventoryOf(file)
  const section = file.clusters[name]
  if (section === undefined) return undefined
  try {
    const cluster = await openCluster(options, name, section, configFile, signal)
    const store: InventoryStore = await openInventory(cluster, namespace, file.name)
    return { cluster, store, namespace }
  } catch (error) {
    if (!isIceError(error)) throw error
    options.emit({
      type: 'note',
      level: 'warning',
      code: error.code,
      text: `The record of what is ours could not be read, so nothing of the rotation is noted there: ${error.message}`,
    })
    return undefined
  }
}

/** @returns undefined where the mark says already what it must */
function afterRotation(
  { mark, intent }: InventoryEntry,
  observed: ObservedConnection | undefined,
  source: string | undefined,
): ConnectionMark | undefined {
  const [last, meant] = [mark as ConnectionMark | undefined, intent as ConnectionMark | undefined]
  // An intent that was carried out, and whose record was cut off.
  const now = meant !== undefined && observed !== undefined && databaseConnection.fits(observed, meant) ? meant : last
  if (now === undefined) return undefined
  const known = ['', '?'].includes(now.password) ? ROTATED : now.password
  const password = source ?? known
  return now === last && now.password === password ? undefined : { ...now, password }
}

const withMark = (
  inventory: Inventory,
  address: string,
  { kind, id }: InventoryEntry,
  mark: ConnectionMark,
): Inventory => ({
  ...inventory,
  objects: { ...inventory.objects, [address]: { kind, id, mark } },
})
