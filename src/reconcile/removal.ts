import { EXIT, IceErrors, isIceError, VAULT, type IceError } from '../catalogue/index.js'
import { mapBounded } from '../http/limit.js'
import type { Address, ApiCall, Io, Json, Kind } from '../kinds/contract.js'
import { isRecorded, type Inventory, type InventoryEntry } from './inventory.js'

/**
 * delete: it will be removed. forget: it is gone already, or it is not ours any more, so only the record goes. keep: it
 * stays, for the reason that is given.
 */
export type RemovalAction = 'delete' | 'forget' | 'keep'

export interface PlannedRemoval {
  readonly address: Address
  readonly kind: string
  readonly title: string
  readonly action: RemovalAction
  readonly reason?: string
  /** What goes with it that no file brings back. */
  readonly loses?: string
}

/** Something of ours that is no longer wanted, with what stands there. */
export interface Candidate {
  readonly address: Address
  readonly kind: Kind
  readonly id: unknown
  readonly mark: Json | undefined
  readonly observed: unknown
}

export interface Removals {
  readonly planned: readonly PlannedRemoval[]
  readonly candidates: ReadonlyMap<Address, Candidate>
  readonly record: ReadonlySet<Address>
  /** What will not be there afterwards. */
  readonly going: ReadonlySet<Address>
  /** What holds the record goes after everything else, since nobody knows of the rest when it is gone. */
  readonly home: Address
  readonly file: string
}

export interface RemovalInput {
  /** In the order in which a person would make objects of them; they are removed the other way about. */
  readonly kinds: readonly Kind[]
  readonly inventory: Inventory
  /** Of the inventory, those that are to go. */
  readonly unwanted: readonly Address[]
  /** The operator has said that data may go. */
  readonly withData: boolean
  /** Also what was changed since it was made. */
  readonly changedToo: boolean
  /** What other files made or took over, by address: it is theirs, whatever this record says. */
  readonly others: ReadonlyMap<Address, string>
  /** The clusters that can be reached. */
  readonly clusters: ReadonlySet<string>
  /** Of the others those that the operator says are no more. */
  readonly gone: ReadonlySet<string>
  /** The record itself, which may lie in a namespace of ours: it goes with it, but only when nothing is left on it. */
  readonly record: ReadonlySet<Address>
  /** The namespace that the record lies in. */
  readonly home: Address
  readonly io: Io
}

/**
 * Finds out what can be removed. Deleting needs the record, and a live state that fits its mark: what somebody has changed
 * or made anew stays, and so does what holds something that stays.
 * @throws IceErrors with all reads that are not permitted
 */
export async function planRemovals(input: RemovalInput): Promise<Removals> {
  const { inventory, record, home } = input
  const [found, foreign] = await Promise.all([look(input), foreignHolders(input)])
  const planned = new Map<Address, PlannedRemoval>()
  // Until something stays, the record may go; what holds it comes last.
  const going = new Set<Address>(record)
  const needed = new Map<Address, Address>()
  for (const { address, entry, candidate } of found) {
    const one =
      candidate === undefined
        ? stranger(address, entry, input)
        : await planOne(candidate, { ...input, going, needed, foreign, planned: [...planned.values()] })
    planned.set(address, one)
    if (one.action === 'keep') {
      record.forEach((place) => going.delete(place))
      for (const need of candidate?.kind.removal?.needs?.(candidate.id, candidate.mark) ?? []) needed.set(need, address)
    } else going.add(address)
    if (one.action === 'delete' && candidate !== undefined)
      for (const taken of candidate.kind.removal?.takes?.(candidate.id, candidate.mark) ?? []) going.add(taken)
  }
  const candidates = new Map(found.flatMap(({ address, candidate }) => (candidate ? [[address, candidate]] : [])))
  keepWithHolders(planned, candidates)
  return { planned: [...planned.values()], candidates, record, going, home, file: inventory.file }
}

interface Found {
  readonly address: Address
  readonly entry: InventoryEntry
  readonly candidate?: Candidate
}

/** What stands there, in the order of removal: logins end before anything that they are allowed changes. */
async function look({ kinds, inventory, unwanted, clusters, home, io }: RemovalInput): Promise<Found[]> {
  const order = new Map(
    kinds.map(({ kind, removal }, index) => [kind, removal?.endsLogins ? kinds.length + index : index]),
  )
  const rank = (address: Address, { kind }: InventoryEntry): number => (address === home ? -2 : (order.get(kind) ?? -1))
  const entries = unwanted
    .map((address) => ({ address, entry: inventory.objects[address] as InventoryEntry }))
    .sort((a, b) => rank(b.address, b.entry) - rank(a.address, a.entry))
  const denied: IceError[] = []
  const found = await mapBounded(entries, async ({ address, entry }): Promise<Found> => {
    const kind = kinds.find((each) => each.kind === entry.kind)
    if (kind === undefined || entry.id === undefined || isOutOfReach(address, entry, clusters))
      return { address, entry }
    try {
      const observed = await readLeft(kind, entry.id, io)
      const done = entry.intent !== undefined && observed !== undefined && kind.fits(observed, entry.intent)
      const mark = done ? entry.intent : entry.mark
      return { address, entry, candidate: { address, kind, id: entry.id, mark, observed } }
    } catch (error) {
      if (!isIceError(error) || error.exitCode !== EXIT.notPermitted) throw error
      denied.push(error)
      return { address, entry }
    }
  })
  if (denied.length > 0) throw new IceErrors(denied)
  return found
}

/** What stands there; where its mount is gone, or is of another type now, nothing does. */
export async function readLeft(kind: Kind, id: unknown, io: Io): Promise<unknown> {
  try {
    return await kind.read(id, io)
  } catch (error) {
    if (isIceError(error) && error.code === VAULT.unsupportedPath.code) return undefined
    throw error
  }
}

/** What is in Vault goes also where its cluster is gone; for what is in the cluster somebody must say where that is. */
const isOutOfReach = (address: Address, { id }: InventoryEntry, clusters: ReadonlySet<string>): boolean =>
  address.startsWith('k8s:') && isElsewhere(id, clusters)

const clusterOf = (id: unknown): string | undefined => (id as { readonly cluster?: string } | undefined)?.cluster

function isElsewhere(id: unknown, clusters: ReadonlySet<string>): boolean {
  const cluster = clusterOf(id)
  return cluster !== undefined && !clusters.has(cluster)
}

/** How the addresses begin of what is in mounts that were ours and that somebody has made anew. */
async function foreignHolders({ kinds, inventory, io }: RemovalInput): Promise<readonly string[]> {
  const holders = Object.values(inventory.objects).flatMap((entry) => {
    const kind = kinds.find((each) => each.kind === entry.kind)
    const prefix = entry.id === undefined ? undefined : kind?.removal?.holds?.(entry.id)
    return kind === undefined || prefix === undefined ? [] : [{ kind, entry, prefix }]
  })
  const checked = await mapBounded(holders, async ({ kind, entry, prefix }) => {
    const observed = await kind.read(entry.id, io)
    return observed === undefined || isRecorded(kind, entry, observed) ? [] : [prefix]
  })
  return checked.flat()
}

/** What has no removal of its own goes with what holds it, or stays with it. */
function keepWithHolders(planned: Map<Address, PlannedRemoval>, candidates: ReadonlyMap<Address, Candidate>): void {
  const holders = [...candidates.values()].flatMap(({ address, kind, id }) => {
    const prefix = kind.removal?.holds?.(id)
    return prefix === undefined ? [] : [{ address, prefix }]
  })
  for (const [address, one] of planned) {
    if (one.action !== 'delete' || candidates.get(address)?.kind.removal !== undefined) continue
    const holder = holders.find(({ prefix }) => address.startsWith(prefix))
    if (holder === undefined || planned.get(holder.address)?.action !== 'delete')
      planned.set(address, { ...one, action: 'keep', reason: 'it goes with its mount, which stays' })
  }
}

const stranger = (address: Address, entry: InventoryEntry, input: RemovalInput): PlannedRemoval => ({
  address,
  kind: entry.kind,
  title: entry.kind,
  ...(isOutOfReach(address, entry, input.clusters) && input.gone.has(clusterOf(entry.id) ?? '')
    ? { action: 'forget', reason: 'its cluster is gone' }
    : { action: 'keep', reason: strangeness(address, entry, input) }),
})

function strangeness(address: Address, entry: InventoryEntry, { kinds, clusters }: RemovalInput): string {
  if (isOutOfReach(address, entry, clusters))
    return 'the file no longer names its cluster: delete it there by hand, then say so with --cluster-gone'
  return kinds.some(({ kind }) => kind === entry.kind)
    ? 'an older version recorded it, without saying enough to find it: put it back into the file until this is removed'
    : 'another version of icebreaker made it: use that one, or delete it by hand'
}

interface Planning extends RemovalInput {
  /** What will not be there afterwards. */
  readonly going: ReadonlySet<Address>
  /** What stays because something that stays lives on it. */
  readonly needed: ReadonlyMap<Address, Address>
  readonly foreign: readonly string[]
  /** So far. */
  readonly planned: readonly PlannedRemoval[]
}

async function planOne(candidate: Candidate, planning: Planning): Promise<PlannedRemoval> {
  const { address, kind, id, mark, observed } = candidate
  const { withData, changedToo, io, inventory, going, others } = planning
  const as = (action: RemovalAction, reason?: string): PlannedRemoval => ({
    address,
    kind: kind.kind,
    title: kind.title,
    action,
    ...(reason !== undefined && { reason }),
  })
  if (observed === undefined) return as('forget', 'it is gone already')
  const other = others.get(address)
  if (other !== undefined) return as('forget', `it belongs to the file named ${other} now`)
  if (!isOurs(candidate, inventory.file) || planning.foreign.some((prefix) => address.startsWith(prefix)))
    return as('forget', 'it is somebody else’s now, and is left as it is')
  if (isAnew(candidate))
    return as('keep', 'somebody removed it and made it anew, so it is not ours: delete it by hand if it is to go')
  if (!changedToo && !kind.fits(observed, mark))
    return as('keep', 'it was changed since it was made; --also-changed removes it all the same')
  const user = planning.needed.get(address)
  if (user !== undefined) return as('keep', `${user} stays, and lives on it`)
  const { removal } = kind
  if (removal === undefined) return as('delete', 'it goes with what holds it')
  const prefix = removal.holds?.(id)
  const inside =
    prefix === undefined
      ? []
      : planning.planned.filter(({ action, address }) => action === 'keep' && address.startsWith(prefix))
  const staying = [
    ...inside.map(({ address }) => address),
    ...((await removal.contents?.(id, io)) ?? []).filter((each) => !going.has(each)),
  ]
  const loses = removal.loses?.(observed, mark)
  if (staying.length > 0) return as('keep', `it holds ${listed([...new Set(staying)])}`)
  if (loses !== undefined && !withData) return { ...as('keep', `${loses} would go with it`), loses }
  const left = isElsewhere(id, planning.clusters) ? (removal.takes?.(id, mark) ?? []) : []
  const caution = left.length > 0 ? `the file no longer names its cluster, where ${listed(left)} stays` : undefined
  return { ...as('delete', caution ?? removal.caution?.(id)), ...(loses !== undefined && { loses }) }
}

export function isOurs({ kind, mark, observed }: Pick<Candidate, 'kind' | 'mark' | 'observed'>, file: string): boolean {
  const owner = kind.owner?.(observed)
  const recorded = isRecorded(kind, { kind: kind.kind, ...(mark !== undefined && { mark }) }, observed)
  return recorded && (owner === undefined || owner.file === file)
}

/** Somebody's own under a name of ours, in which there is what no file brings back. */
export const isAnew = ({ kind, mark, observed }: Pick<Candidate, 'kind' | 'mark' | 'observed'>): boolean =>
  kind.removal?.isAnew?.(observed, mark) === true

export const listed = (addresses: readonly Address[]): string =>
  addresses.length > 3 ? `${addresses.slice(0, 3).join(', ')} and ${addresses.length - 3} more` : addresses.join(', ')

/** The calls that the removals make. */
export function removalCalls({ planned, candidates }: Removals, clusters: ReadonlySet<string>): ApiCall[] {
  const calls = planned.flatMap(({ address, action }) => {
    const found = candidates.get(address)
    return action === 'delete' && found ? (found.kind.removal?.calls(found.id, found.mark) ?? []) : []
  })
  return calls.filter((call) => call.api === 'vault' || clusters.has(call.cluster))
}
