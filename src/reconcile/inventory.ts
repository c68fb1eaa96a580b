import type { Address, Json, Kind } from '../kinds/contract.js'
import { idOfAddress } from '../kinds/id-of-address.js'
import type { Graph } from './graph.js'
import type { Observations } from './observe.js'

/**
 * What a file made: for each address the mark of what was written. In Vault, which has no labels, it is all that tells what
 * is ours, so there an intent is recorded before the first write, and a kill between write and record loses nothing. Objects
 * of Kubernetes carry our labels; they stand here so that they are found when the file no longer names them. No secret and
 * no hash of one is in it.
 */
export interface Inventory {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly file: string
  /** Where these objects are: the address of Vault, and the namespace after `#`. */
  readonly vault?: string
  /** The id that Vault gave itself when it was initialised, where it tells: the same under every address. */
  readonly vaultCluster?: string
  readonly appliedAt?: string
  /** When something was last removed. */
  readonly removedAt?: string
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

/** Of the record; 1 had no ids, and nothing of Kubernetes. */
export const SCHEMA_VERSION = 2

export const emptyInventory = (file: string): Inventory => ({ schemaVersion: SCHEMA_VERSION, file, objects: {} })

/**
 * A record of the first format as one of today's: an entry gets the id that its address tells. Where that is not certain it
 * stays without, until the file names it; it is then kept by every removal, and named.
 */
export function migrated({ objects, ...rest }: Omit<Inventory, 'schemaVersion'>): Inventory {
  const engines = Object.entries(objects).flatMap(([address, { kind }]) =>
    kind === 'EngineMount' ? [address.replace('vault:sys/mounts/', '')] : [],
  )
  const known = Object.entries(objects).map(([address, entry]) => {
    const id = entry.id ?? idOfAddress(address as Address, entry, engines)
    return [address, { ...entry, ...(id !== undefined && { id }) }] as const
  })
  return { ...rest, schemaVersion: SCHEMA_VERSION, objects: Object.fromEntries(known) }
}

/** Is this live object the one that the record speaks of? What was changed by hand stays ours; what was removed and made anew by somebody else does not. */
export function isRecorded(kind: Kind, entry: InventoryEntry | undefined, observed: unknown): boolean {
  if (entry?.mark === undefined || observed === undefined) return false
  return kind.identity === undefined || kind.identity(observed, entry.mark)
}

/** A Vault as the record names it; the id is undefined where it cannot be had. */
export interface VaultPlace {
  readonly vault: string
  readonly vaultCluster: string | undefined
}

/** Is it of another Vault, as far as is known? A replica that took over at the same address has another id, too. */
export const isOfAnother = (
  { vault, vaultCluster }: Pick<Inventory, 'vault' | 'vaultCluster'>,
  place: VaultPlace | undefined,
): boolean =>
  vaultCluster !== undefined &&
  place?.vaultCluster !== undefined &&
  vaultCluster !== place.vaultCluster &&
  vault !== place.vault

/**
 * The record as far as it speaks of the Vault at this place. `same`: it may have moved, and is still the one that the record
 * was made for. In another one nothing is ours yet, whatever stands there under our names.
 */
export function recordOf({ vault, vaultCluster }: VaultPlace, inventory: Inventory, same: boolean): Inventory {
  const known = vaultCluster ?? (same ? inventory.vaultCluster : undefined)
  if (same && inventory.vault === vault && inventory.vaultCluster === known) return inventory
  const { vaultCluster: _before, objects, ...rest } = inventory
  const ours = same ? objects : Object.fromEntries(Object.entries(objects).filter(([key]) => !key.startsWith('vault:')))
  return { ...rest, vault, ...(known !== undefined && { vaultCluster: known }), objects: ours }
}

/**
 * What we were killed before recording: an intent whose live state is the intended one was carried out, and becomes the
 * mark. An intent that was not carried out is forgotten where an earlier mark holds. What carries our labels is ours,
 * recorded or not. What an older record did not say of an object the file may.
 */
export function settle(inventory: Inventory, graph: Graph, observations: Observations): Inventory {
  const settled: Record<Address, InventoryEntry> = {}
  for (const { address, kind, id, desired } of graph.values()) {
    const entry = inventory.objects[address]
    const observed = observations.get(address)
    if (entry !== undefined && entry.id === undefined) settled[address] = { ...entry, id: id as Json }
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
