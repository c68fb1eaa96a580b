import { isIceError, type IceError } from '../../catalogue/index.js'
import type { Address } from '../../kinds/contract.js'
import type { Cluster } from '../../kubernetes/index.js'
import { openInventory } from '../../reconcile/inventory-store.js'
import { requireFree } from '../../reconcile/lease.js'
import type { FileOptions } from '../options.js'
import { placeOf, isOfThisVault } from '../same-vault.js'
import { inventoryOf, openCluster } from '../session.js'
import type { StepSession } from '../step-session.js'

/** What the record says of an emergency: which objects are ours, and whether an apply is under way. */
export interface LockdownRecord {
  /** The addresses that this file made; undefined: the record cannot be read. */
  readonly ours: ReadonlySet<string> | undefined
  readonly why?: string
  /** @returns why an apply may be opening again what was closed; undefined: none is under way */
  running(): Promise<string | undefined>
  close(): Promise<void>
}

/** A cluster that cannot be reached must not keep Vault from being closed: then nothing is known to be ours. */
export async function openRecord(options: FileOptions, session: StepSession): Promise<LockdownRecord> {
  const { file, configFile, signal } = session
  const { cluster: name, namespace } = inventoryOf(file)
  const section = file.clusters[name]
  const unread = (error: IceError, cluster?: Cluster): LockdownRecord => ({
    ours: undefined,
    why: error.message.replace(/\.$/, ''),
    running: () => Promise.resolve(`the record cannot be read: ${error.message.replace(/\.$/, '')}`),
    close: async () => cluster?.close(),
  })
  if (section === undefined) throw new Error(`no cluster ${name}`)
  let cluster: Cluster | undefined
  try {
    cluster = await openCluster(options, name, section, configFile, signal)
    const opened = cluster
    const { inventory } = await openInventory(opened, namespace, file.name)
    const io = await session.vaultIo()
    const isHere = await isOfThisVault(inventory, { io }, await placeOf({ io }))
    return {
      ours: new Set(isHere ? (Object.keys(inventory.objects) as Address[]) : []),
      running: async () => {
        try {
          await requireFree(opened, namespace, file.name)
          return undefined
        } catch (error) {
          if (!isIceError(error)) throw error
          return error.message.replace(/\.$/, '')
        }
      },
      close: () => opened.close(),
    }
  } catch (error) {
    if (!isIceError(error)) throw error
    return unread(error, cluster)
  }
}
