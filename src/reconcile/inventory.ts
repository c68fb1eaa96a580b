import type { Address, Json, Kind } from '../kinds/contract.js'
import type { Graph } from './graph.js'
import type { Observations } from './observe.js'

/**
 * What a file made in Vault, which has no labels: for each address the mark of what was written. An intent is recorded
 * before the first write, so that a kill between write and record loses nothing. No secret and no hash of one is in it.
 */
export interface Inventory {
  readonly schemaVersion: 1
  readonly file: string
  /** Where these objects are: the address of Vault, and the namespace after `#`. */
  readonly vault?: string
  readonly appliedAt?: string
  readonly verifiedAt?: string
  readonly objects: Readonly<Record<Address, InventoryEntry>>
}

export interface InventoryEntry {
  readonly kind: string
  /** Of the last write that is known to have happened. */
  readonly mark?: Json
  /** Of a write that is about to happen, or happened just before we died. */
  readonly intent?: Json
}

export const emptyInventory = (file: string): Inventory => ({ schemaVersion: 1, file, objects: {} })

/** Is this live object the one that the record speaks of? What was changed by hand stays ours; what was removed and made anew by somebody else does not. */
export function isRecorded(kind: Kind, entry: InventoryEntry | undefined, observed: unknown): boolean {
  if (entry?.mark === undefined || observed === undefined) return false
  return kind.identity === undefined || kind.identity(observed, entry.mark)
}

/**
 * The record as far as it speaks of this Vault. An address may change: a mount of ours that stands there shows that it is
 * still the same one. If none does, it is another Vault, and what has our names there is somebody else's.
 */
export function recordOf(vault: string, inventory: Inventory, graph: Graph, observations: Observations): Inventory {
  if (inventory.vault === vault) return inventory
  if (inventory.vault === undefined) return { ...inventory, vault }
  const known = [...graph.values()].filter(
    ({ kind, address }) =>
      kind.identity !== undefined && isRecorded(kind, inventory.objects[address], observations.get(address)),
  )
  if (known.length > 0) return { ...inventory, vault }
  const others = Object.entries(inventory.objects).filter(([address]) => !graph.has(address as Address))
  return { ...inventory, vault, objects: Object.fromEntries(others) }
}

/**
 * What we were killed before recording: an intent whose live state is the intended one was carried out, and becomes the
 * mark. An intent that was not carried out is forgotten where an earlier mark holds.
 */
export function settle(inventory: Inventory, graph: Graph, observations: Observations): Inventory {
  const settled: Record<Address, InventoryEntry> = {}
  for (const { address, kind } of graph.values()) {
    const entry = inventory.objects[address]
    const observed = observations.get(address)
    if (entry?.intent === undefined || observed === undefined) continue
    const mark = settledMark(kind, entry, observed)
    if (mark !== undefined) settled[address] = { kind: entry.kind, mark }
  }
  return Object.keys(settled).length === 0 ? inventory : { ...inventory, objects: { ...inventory.objects, ...settled } }
}

function settledMark(kind: Kind, entry: InventoryEntry, observed: unknown): Json | undefined {
  const { intent, mark } = entry
  if (kind.fits(observed, intent)) return (kind.settled?.(observed, intent, mark) ?? intent) as Json
  return isRecorded(kind, entry, observed) ? mark : undefined
}

export function withIntents(
  inventory: Inventory,
  intents: ReadonlyMap<Address, { kind: string; intent: Json }>,
): Inventory {
  if (intents.size === 0) return inventory
  const objects: Record<Address, InventoryEntry> = { ...inventory.objects }
  for (const [address, { kind, intent }] of intents) objects[address] = { ...objects[address], kind, intent }
  return { ...inventory, objects }
}

/** The marks of what was written; intents of objects that were not reached stay, and do no harm. */
export function withMarks(
  inventory: Inventory,
  marks: ReadonlyMap<Address, { kind: string; mark: Json }>,
  at: string,
): Inventory {
  const objects: Record<Address, InventoryEntry> = { ...inventory.objects }
  for (const [address, { kind, mark }] of marks) objects[address] = { kind, mark }
  return { ...inventory, appliedAt: at, objects }
}
