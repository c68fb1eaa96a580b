import type { Address, Json, Kind } from '../kinds/contract.js'
import type { Graph } from './graph.js'
import type { Observations } from './observe.js'

/**
 * What a file made: for each address the mark of what was written. In Vault, which has no labels, it is all that tells what
 * is ours, so there an intent is recorded before the first write, and a kill between write and record loses nothing. Objects
 * of Kubernetes carry our labels; they stand here so that they are found when the file no longer names them. No secret and
 * no hash of one is in it.
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
  /** What its kind finds it by, when the file no longer names it. */
  readonly id?: Json
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
 * The record as far as it speaks of the Vault at this place. `same`: it may have moved, and is still the one that the record
 * was made for. In another one nothing is ours yet, whatever stands there under our names.
 */
export function recordOf(vault: string, inventory: Inventory, same: boolean): Inventory {
  if (inventory.vault === vault) return inventory
  if (inventory.vault === undefined || same) return { ...inventory, vault }
  const others = Object.entries(inventory.objects).filter(([address]) => !address.startsWith('vault:'))
  return { ...inventory, vault, objects: Object.fromEntries(others) }
}

/**
 * What we were killed before recording: an intent whose live state is the intended one was carried out, and becomes the
 * mark. An intent that was not carried out is forgotten where an earlier mark holds. What carries our labels is ours,
 * recorded or not.
 */
export function settle(inventory: Inventory, graph: Graph, observations: Observations): Inventory {
  const settled: Record<Address, InventoryEntry> = {}
  for (const { address, kind, id, desired } of graph.values()) {
    const entry = inventory.objects[address]
    const observed = observations.get(address)
    if (observed === undefined) continue
    const base = { kind: kind.kind, id: id as Json }
    if (entry?.intent !== undefined) {
      const mark = settledMark(kind, entry, observed)
      if (mark !== undefined) settled[address] = { ...base, mark }
    } else if (entry === undefined && kind.owner?.(observed).file === inventory.file) {
      const intent = kind.intended(id, desired) as Json
      settled[address] = { ...base, mark: (kind.settled?.(observed, intent, undefined) ?? intent) as Json }
    }
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
  intents: ReadonlyMap<Address, { kind: string; id: Json; intent: Json }>,
): Inventory {
  if (intents.size === 0) return inventory
  const objects: Record<Address, InventoryEntry> = { ...inventory.objects }
  for (const [address, intended] of intents) objects[address] = { ...objects[address], ...intended }
  return { ...inventory, objects }
}

/**
 * Without the intents of objects that were certainly not written: what somebody else makes there later must not be taken for
 * ours because it is as we meant it.
 */
export function withoutIntents(inventory: Inventory, addresses: Iterable<Address>): Inventory {
  const untouched = new Set<string>(addresses)
  const objects = Object.entries(inventory.objects).flatMap(([address, entry]) => {
    if (!untouched.has(address)) return [[address, entry] as const]
    const { intent: _given, ...before } = entry
    return before.mark === undefined ? [] : [[address, before] as const]
  })
  return { ...inventory, objects: Object.fromEntries(objects) }
}

/** The marks of what was written. */
export function withMarks(
  inventory: Inventory,
  marks: ReadonlyMap<Address, { kind: string; id: Json; mark: Json }>,
  at: string,
): Inventory {
  const objects: Record<Address, InventoryEntry> = { ...inventory.objects }
  for (const [address, written] of marks) objects[address] = written
  return { ...inventory, appliedAt: at, objects }
}
