import { APPLY, IceError, isIceError, KUBERNETES } from '../catalogue/index.js'
import { USAGE } from '../catalogue/usage.js'
import { KINDS } from '../kinds/index.js'
import { kubernetesAddress } from '../kinds/address.js'
import type { Address } from '../kinds/contract.js'
import type { Cluster } from '../kubernetes/index.js'
import { namespaceAddress } from '../kinds/namespace.js'
import { inventoryName, recordCalls, requireOthers } from '../reconcile/inventory-store.js'
import type { Inventory, VaultPlace } from '../reconcile/inventory.js'
import { acquireLease } from '../reconcile/lease.js'
import { freshIo } from '../reconcile/observe.js'
import { checkPermissions } from '../reconcile/permissions.js'
import { planRemovals, removalCalls, type Removals } from '../reconcile/removal.js'
import { remove, type RemovalOutcome } from '../reconcile/remove.js'
import { serversOf } from './describe.js'
import type { FileOptions } from './options.js'
import type { RemovalResult } from './results.js'
import { isOfThisVault, placeOf } from './same-vault.js'
import type { Session } from './session.js'

export interface RemovalOptions extends FileOptions {
  readonly dryRun: boolean
  /** KV secrets, transit keys, and engines with all that is in them may go, too. */
  readonly withData: boolean
  /** What was changed since it was made may go, too. */
  readonly changedToo: boolean
  /** Clusters that the file no longer names and that are no more: what the record says of them is forgotten. */
  readonly gone?: readonly string[]
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
  /** None of it is on the record, which says nothing of it then and stays as it is. */
  readonly foreign?: true
}

/** Removes what is ours and unwanted: shown first, asked for, in an order in which nothing is used that is gone. */
export async function removeUnwanted(
  session: Session,
  unwanted: Unwanted,
  options: RemovalOptions,
): Promise<RemovalResult> {
  const began = performance.now()
  const { file, inventory: home, store, stop } = session
  const clusters = new Set(Object.keys(file.clusters))
  const io = reaching(clusters, session.io)
  const { foreign = false } = unwanted
  const place = await placeOf(session)
  if (!foreign) await requireThisVault(session, place)
  const fresh = freshIo(io)
  const others = await othersOf(session, place)
  if (foreign) requireNobodys(unwanted.addresses, others)
  const removals = await planRemovals({
    kinds: KINDS,
    inventory: unwanted.inventory,
    unwanted: unwanted.addresses,
    withData: options.withData,
    changedToo: options.changedToo,
    others,
    clusters,
    gone: goneOf(options, clusters),
    record: new Set(
      (unwanted.whole ? ['ConfigMap', 'Lease'] : []).map((kind) =>
        kubernetesAddress(home.cluster, kind, inventoryName(file.name), home.namespace),
      ),
    ),
    home: namespaceAddress(home.cluster, home.namespace),
    io: fresh,
  })
  const result = (outcomes: readonly RemovalOutcome[], unrecorded?: IceError): RemovalResult => ({
    operation: unwanted.operation,
    file: file.name,
    servers: serversOf(session),
    removals: removals.planned,
    recorded: Object.keys(unwanted.inventory.objects).length,
    dryRun: options.dryRun,
    outcomes,
    ...(unrecorded && { unrecorded }),
    interrupted: options.stop.aborted,
    seconds: (performance.now() - began) / 1000,
  })
  const changes = removals.planned.some(({ action }) => action !== 'keep')
  if (options.dryRun || (!changes && !(unwanted.whole && store.version !== undefined))) return result([])
  if (!(await options.confirm(result([])))) throw new IceError(APPLY.declined, { message: 'Nothing was removed.' })

  // No other run of this file has to do with what is not on its record.
  const ofRecord = foreign ? [] : recordCalls(home, file.name, unwanted.whole)
  await checkPermissions([...ofRecord, ...removalCalls(removals, clusters)], fresh)
  if (foreign) return result(await remove(removals, freshIo(io), stop))
  const lease = await acquireLease(io.cluster(home.cluster), home.namespace, file.name)
  try {
    await store.requireUnchanged()
    const outcomes = await remove(removals, freshIo(io), AbortSignal.any([stop, lease.lost]))
    return result(outcomes, await record(session, unwanted, removals, outcomes))
  } finally {
    await lease.release()
  }
}

/** @throws IceError USAGE.wrongUsage where the file names one of them */
function goneOf({ gone = [] }: RemovalOptions, clusters: ReadonlySet<string>): ReadonlySet<string> {
  const named = gone.find((name) => clusters.has(name))
  if (named === undefined) return new Set(gone)
  throw new IceError(USAGE.wrongUsage, {
    message: `--cluster-gone says ${named}, but the file names that cluster.`,
    next: ['Take the cluster out of the file first.'],
  })
}

/** A cluster that the file no longer names cannot be asked: nothing of it is seen, and nothing there removed. */
function reaching(clusters: ReadonlySet<string>, io: Session['io']): Session['io'] {
  const nowhere = { get: () => Promise.resolve(undefined), delete: () => Promise.resolve() } as unknown as Cluster
  return { ...io, cluster: (name) => (clusters.has(name) ? io.cluster(name) : nowhere) }
}

/** @throws IceError APPLY.notOurs where the record was made for another Vault: its names here mean somebody else's objects */
async function requireThisVault(session: Session, place: VaultPlace): Promise<void> {
  const { file, store } = session
  if (await isOfThisVault(store.inventory, session, place)) return
  throw new IceError(APPLY.notOurs, {
    message: `The record of ${file.name} is of another Vault than this one, which was at ${store.inventory.vault ?? '?'}; nothing was removed.`,
    next: ['Run it against the Vault that is named, or apply the file here first.'],
  })
}

/** @throws IceError APPLY.notOurs where another file has made it: that one removes it */
function requireNobodys(addresses: readonly Address[], others: ReadonlyMap<Address, string>): void {
  for (const address of addresses) {
    const other = others.get(address)
    if (other !== undefined)
      throw new IceError(APPLY.notOurs, {
        message: `${address} belongs to the file named ${other}; it was left as it is.`,
        next: ['Remove it there: take it out of that file, and run prune.'],
      })
  }
}

/** What other files own, on every cluster of this one: it may have been taken over from it. @throws IceError where that cannot be read */
async function othersOf({ file, io }: Session, place: VaultPlace): Promise<ReadonlyMap<Address, string>> {
  const maps = await Promise.all(
    Object.keys(file.clusters).map((name) => requireOthers(io.cluster(name), file.name, place)),
  )
  return new Map(maps.flatMap((map) => [...map]))
}

/**
 * Takes what is gone off the record. Where the run dies before, the next one finds it gone and does the same.
 * @returns why that could not be done
 */
async function record(
  session: Session,
  { inventory, whole }: Unwanted,
  { planned }: Removals,
  outcomes: readonly RemovalOutcome[],
): Promise<IceError | undefined> {
  const { store, inventory: home } = session
  const done = new Set([
    ...planned.filter(({ action }) => action === 'forget').map(({ address }) => address),
    ...outcomes.filter(({ state }) => state === 'done').map(({ address }) => address),
  ])
  // The record has gone with the namespace that it was in.
  const place = namespaceAddress(home.cluster, home.namespace)
  if (outcomes.some(({ address, state }) => address === place && state === 'done')) return undefined
  // What is not on the record was only named: it is not ours.
  const left = Object.fromEntries(
    Object.entries(inventory.objects).filter(
      ([address]) =>
        !done.has(address as Address) && (whole || store.inventory.objects[address as Address] !== undefined),
    ),
  )
  try {
    if (whole && Object.keys(left).length === 0) await store.remove()
    else await store.save({ ...inventory, objects: left, removedAt: new Date().toISOString() })
    return undefined
  } catch (error) {
    if (!isIceError(error)) throw error
    // Its namespace is on the way out, and took it along.
    if (whole && error.code === KUBERNETES.notFound.code) return undefined
    return new IceError(APPLY.recordNotSaved, {
      message: `The record still names what is gone: ${error.message}`,
      evidence: { ...error.details.evidence, code: error.code },
    })
  }
}
