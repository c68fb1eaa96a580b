import { APPLY, IceError, isIceError } from '../catalogue/index.js'
import { KINDS } from '../kinds/index.js'
import { kubernetesAddress } from '../kinds/address.js'
import type { Address } from '../kinds/contract.js'
import { namespaceAddress } from '../kinds/namespace.js'
import { inventoryName, openInventory, recordCalls, requireOthers } from '../reconcile/inventory-store.js'
import type { Inventory } from '../reconcile/inventory.js'
import { acquireLease } from '../reconcile/lease.js'
import { freshIo } from '../reconcile/observe.js'
import { checkPermissions } from '../reconcile/permissions.js'
import { planRemovals, removalCalls, type Removals } from '../reconcile/removal.js'
import { remove, type RemovalOutcome } from '../reconcile/remove.js'
import { serversOf } from './describe.js'
import type { FileOptions } from './options.js'
import type { RemovalResult } from './results.js'
import { isOfThisVault } from './same-vault.js'
import type { Session } from './session.js'

export interface RemovalOptions extends FileOptions {
  readonly dryRun: boolean
  /** KV secrets, transit keys, and engines with all that is in them may go, too. */
  readonly withData: boolean
  /** What was changed since it was made may go, too. */
  readonly changedToo: boolean
  /** Shows what would be removed and asks; false: nothing is removed (exit 7). Not called where there is nothing to remove. */
  confirm(result: RemovalResult): Promise<boolean>
}

/** What is to go, and whose record says that it is ours. */
export interface Unwanted {
  readonly operation: RemovalResult['operation']
  readonly inventory: Inventory
  readonly addresses: readonly Address[]
  /** Everything goes: the record, too, once nothing is left on it. */
  readonly whole?: true
}

/** Removes what is ours and unwanted: shown first, asked for, in an order in which nothing is used that is gone. */
export async function removeUnwanted(
  session: Session,
  unwanted: Unwanted,
  options: RemovalOptions,
): Promise<RemovalResult> {
  const began = performance.now()
  const { file, io, inventory: home, store, stop } = session
  await requireThisVault(session)
  const fresh = freshIo(io)
  const removals = await planRemovals({
    kinds: KINDS,
    inventory: unwanted.inventory,
    unwanted: unwanted.addresses,
    withData: options.withData,
    changedToo: options.changedToo,
    others: await othersOf(session),
    clusters: new Set(Object.keys(file.clusters)),
    record: new Set(
      (unwanted.whole ? ['ConfigMap', 'Lease'] : []).map((kind) =>
        kubernetesAddress(home.cluster, kind, inventoryName(file.name), home.namespace),
      ),
    ),
    io: fresh,
  })
  const result = (outcomes: readonly RemovalOutcome[]): RemovalResult => ({
    operation: unwanted.operation,
    file: file.name,
    servers: serversOf(session),
    removals: removals.planned,
    recorded: Object.keys(unwanted.inventory.objects).length,
    dryRun: options.dryRun,
    outcomes,
    interrupted: options.stop.aborted,
    seconds: (performance.now() - began) / 1000,
  })
  const changes = removals.planned.some(({ action }) => action !== 'keep')
  if (options.dryRun || (!changes && !(unwanted.whole && store.version !== undefined))) return result([])
  if (!(await options.confirm(result([])))) throw new IceError(APPLY.declined, { message: 'Nothing was removed.' })

  await checkPermissions([...recordCalls(home, file.name, unwanted.whole), ...removalCalls(removals)], fresh)
  const lease = await acquireLease(io.cluster(home.cluster), home.namespace, file.name)
  try {
    await requireSameRecord(session)
    const outcomes = await remove(removals, freshIo(io), AbortSignal.any([stop, lease.lost]))
    await record(session, unwanted, removals, outcomes)
    return result(outcomes)
  } finally {
    await lease.release()
  }
}

/** @throws IceError APPLY.notOurs where the record was made for another Vault: its names here mean somebody else's objects */
async function requireThisVault(session: Session): Promise<void> {
  const { file, store } = session
  if (await isOfThisVault(store.inventory, session)) return
  throw new IceError(APPLY.notOurs, {
    message: `The record of ${file.name} is of the Vault at ${store.inventory.vault ?? '?'}, and this is another one; nothing was removed.`,
    next: ['Run it against the Vault that is named, or apply the file here first.'],
  })
}

/** What other files own, on every cluster of this one: it may have been taken over from it. @throws IceError where that cannot be read */
async function othersOf({ file, io }: Session): Promise<ReadonlyMap<Address, string>> {
  const maps = await Promise.all(Object.keys(file.clusters).map((name) => requireOthers(io.cluster(name), file.name)))
  return new Map(maps.flatMap((map) => [...map]))
}

/** @throws IceError APPLY.changedMeanwhile where another run has ended since this one looked */
async function requireSameRecord({ io, inventory: home, file, store }: Session): Promise<void> {
  const { version } = await openInventory(io.cluster(home.cluster), home.namespace, file.name)
  if (version === store.version) return
  throw new IceError(APPLY.changedMeanwhile, {
    message: 'Another run has changed the record since this one looked; nothing was removed.',
  })
}

/** Takes what is gone off the record. Where the run dies before, the next one finds it gone and does the same. */
async function record(
  session: Session,
  { inventory, whole }: Unwanted,
  { planned }: Removals,
  outcomes: readonly RemovalOutcome[],
): Promise<void> {
  const { store, inventory: home, io } = session
  const done = new Set([
    ...planned.filter(({ action }) => action === 'forget').map(({ address }) => address),
    ...outcomes.filter(({ state }) => state === 'done').map(({ address }) => address),
  ])
  // The record has gone with the namespace that it was in.
  const place = namespaceAddress(home.cluster, home.namespace)
  if (outcomes.some(({ address, state }) => address === place && state === 'done')) return
  // What is not on the record was only named: it is not ours.
  const left = Object.fromEntries(
    Object.entries(inventory.objects).filter(
      ([address]) =>
        !done.has(address as Address) && (whole || store.inventory.objects[address as Address] !== undefined),
    ),
  )
  try {
    if (whole && Object.keys(left).length === 0) await store.remove()
    else await store.save({ ...inventory, objects: left, appliedAt: new Date().toISOString() })
  } catch (error) {
    if (!isIceError(error)) throw error
    const text = `The record still names what is gone, and the next run mends it: ${error.message}`
    io.emit({ type: 'note', level: 'warning', code: error.code, text })
  }
}
