import { KINDS } from '../kinds/index.js'
import { isRecorded, type Inventory } from '../reconcile/inventory.js'
import { freshIo } from '../reconcile/observe.js'
import type { Session } from './session.js'

/** Where the objects of a record are: the address of Vault, and the namespace after `#`. */
export function whereIs({ io }: Pick<Session, 'io'>): string {
  const { address, namespace } = io.vault
  return namespace === undefined ? address : `${address}#${namespace}`
}

/**
 * Is the record of this Vault? An address may change: a mount that is recorded and still stands, with the accessor that this
 * Vault gave it, shows that it is the same one.
 */
export async function isOfThisVault(inventory: Inventory, session: Pick<Session, 'io'>): Promise<boolean> {
  if (inventory.vault === undefined || inventory.vault === whereIs(session)) return true
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
