import { APPLY, EXIT, IceError, isIceError } from '../catalogue/index.js'
import type { Address, Io, Json, Resource } from '../kinds/contract.js'
import { applyOne, applyPlan, type Applied, type ApplyInput, type ObjectOutcome } from '../reconcile/apply.js'
import { withIntents, withMarks, withoutIntents, type Inventory } from '../reconcile/inventory.js'
import { recordCalls } from '../reconcile/inventory-store.js'
import { acquireLease, requireFree } from '../reconcile/lease.js'
import { freshIo, type Observations } from '../reconcile/observe.js'
import { checkPermissions } from '../reconcile/permissions.js'
import { isOnlyRecorded, isWritten, type Adopt, type Plan } from '../reconcile/plan.js'
import { namespaceAddress } from '../kinds/namespace.js'
import { verifyCalls } from '../verify/calls.js'
import { runVerify } from '../verify/run.js'
import { subjectsOf } from '../verify/subjects.js'
import { checkedAddresses, requireKnown } from './addresses.js'
import { describe, serversOf } from './describe.js'
import type { ApplyOptions } from './options.js'
import { planOn, type Planned } from './plan.js'
import type { ApplyResult } from './results.js'
import { loadPlan, requireSameInventory, requireUnchanged, restrict, type SavedPlan } from './saved-plan.js'
import { openSession, type Session } from './session.js'
import { recordVerified } from './verified.js'

/** After an apply a login may be refused for a while: by the API server's informers, or another node's TLS settings (30 s). */
const PATIENCE_MS = 35_000

/** Whom an apply verifies. */
const EVERYBODY = { roles: [], sample: Infinity }

/** A plan that is older is not applied unseen. */
const FRESH_MS = 2_000

/** Brings the servers to what the file says, then proves it. */
export async function apply(options: ApplyOptions): Promise<ApplyResult> {
  const began = performance.now()
  const saved = options.savedPlan === undefined ? undefined : await loadPlan(options.savedPlan)
  const session = await openSession(options, saved)
  try {
    const { whole, plan, adopt, graph, observations, inventory } = await prepare(options, session, saved)
    const written = plan.objects.filter(isWritten)

    // What was left out on purpose would fail, and prove nothing.
    const wholeDone = plan.objects.every(({ action }, index) => action === whole.objects[index]?.action)
    const proving = options.verify === 'always' || (options.verify === 'changed' && written.length > 0 && wholeDone)

    let applied: Applied = { outcomes: [], marks: new Map() }
    if (!options.dryRun && (written.length > 0 || inventory !== session.store.inventory)) {
      if (written.length > 0) await confirmed({ ...options, ...(adopt && { adopt }) }, session, plan, whole)
      applied = await write(session, { graph, plan, observations, inventory, io: freshIo(session.io) }, proving)
    }

    const complete = applied.outcomes.every(({ state }) => state === 'done')
    const verify =
      proving && complete && !options.dryRun && !session.stop.aborted
        ? await runVerify(session.file, freshIo(session.io), {
            ...EVERYBODY,
            positiveOnly: false,
            patience: written.length > 0 ? PATIENCE_MS : 0,
            stop: session.stop,
          })
        : undefined
    if (verify !== undefined) await recordVerified(session, verify)
    return {
      operation: 'apply',
      file: session.file.name,
      servers: serversOf(session),
      plan,
      dryRun: options.dryRun,
      outcomes: applied.outcomes,
      interrupted: options.stop.aborted,
      ...(verify && { verify }),
      seconds: (performance.now() - began) / 1000,
    }
  } finally {
    await session.close()
  }
}

/** What is to be written: as it was saved, if it was, only what is asked for, and nothing of others. */
export async function prepare(
  options: Pick<ApplyOptions, 'adopt' | 'only'>,
  session: Session,
  saved: SavedPlan | undefined,
): Promise<Planned & { readonly whole: Plan; readonly adopt: Adopt | undefined }> {
  if (saved !== undefined) requireSameInventory(saved, session.store)
  const adopt = saved === undefined ? options.adopt : adoptedBy(saved)
  const planned = await planOn(session, adopt)
  if (saved !== undefined) requireUnchanged(saved, planned.plan)
  requireKnown(adopt, session)
  const plan = restricted(planned.plan, options.only, session)
  await refuse(plan, session)
  return { ...planned, whole: planned.plan, plan, adopt }
}

/** Somebody who is asked may think for long, while others go on working: then what was shown is compared once more. */
async function confirmed(options: ApplyOptions, session: Session, plan: Plan, whole: Plan): Promise<void> {
  const asked = performance.now()
  if (!(await options.confirm(describe(session, plan)))) {
    throw new IceError(APPLY.declined, { message: 'Nothing was written.' })
  }
  if (performance.now() - asked > FRESH_MS) requireUnchanged(whole, (await planOn(session, options.adopt)).plan)
}

/** The inventory's namespace is needed by all. */
function restricted(whole: Plan, only: readonly string[], session: Session): Plan {
  const wanted = checkedAddresses(only, session)
  if (wanted.length === 0) return whole
  return restrict(whole, [...wanted, homeOf(session)], (address) => session.graph.get(address as Address)?.after ?? [])
}

const homeOf = ({ inventory }: Session): Address => namespaceAddress(inventory.cluster, inventory.namespace)

const adoptedBy = ({ objects }: SavedPlan): Adopt =>
  new Set(objects.filter(({ adopts }) => adopts).map(({ address }) => address))

/** Nothing at all is written while one object is not ours. */
async function refuse(plan: Plan, { io, inventory, file, store }: Session): Promise<void> {
  const refused = plan.objects.filter(({ action }) => action === 'refuse')
  if (refused.length === 0) return
  await requireFree(io.cluster(inventory.cluster), inventory.namespace, file.name)
  // One that has just ended made what was not there when the record was read.
  await store.requireUnchanged()
  const locked = refused.every((object) => object.locked)
  const which = refused.length === 1 ? 'An object is' : `${refused.length} objects are`
  throw new IceError(locked ? APPLY.roleLocked : APPLY.notOurs, {
    message: `${which} ${locked ? 'locked' : 'not ours to change'}; nothing was written.`,
    evidence: Object.fromEntries(refused.map(({ address, reason }) => [address, reason ?? ''])),
    exit: EXIT.refused,
  })
}

/** Permissions, the Lease, intents, the writes, the record: in this order, so that a kill at any point loses nothing. */
async function write(session: Session, input: Omit<ApplyInput, 'stop'>, proving: boolean): Promise<Applied> {
  const { graph, observations, inventory, io } = input
  const { file, store, stop } = session
  // The inventory lives in a namespace that this very run may have to make; its labels say whose it is.
  const home = graph.get(homeOf(session))
  const makesHome = home !== undefined && observations.get(home.address) === undefined
  const planned = input.plan.objects.filter(isWritten).flatMap((object) => {
    const resource = graph.get(object.address)
    return resource === undefined ? [] : [{ resource, onlyRecorded: isOnlyRecorded(object, resource.kind) }]
  })
  const written = planned.flatMap(({ resource, onlyRecorded }) => (onlyRecorded ? [] : [resource]))
  await checkPermissions(
    [
      ...recordCalls(session.inventory, file.name),
      ...new Set(makesHome ? [home, ...written] : written)
        .values()
        .flatMap(({ kind, id, desired }) => kind.calls(id, desired).write),
    ],
    io,
    proving ? verifyCalls(subjectsOf(file, EVERYBODY).subjects, file) : [],
  )
  await openSources(written, observations, inventory, io)
  const first = makesHome ? await applyOne({ ...input, stop }, home.address) : undefined
  if (first?.outcomes.some(({ state }) => state !== 'done') === true) return first

  const lease = await acquireLease(io.cluster(session.inventory.cluster), session.inventory.namespace, file.name)
  try {
    const intents = intentsOf(planned.map(({ resource }) => resource))
    const intended = withIntents(inventory, intents)
    if (intended !== store.inventory) await store.save(intended)
    const rest = {
      ...input.plan,
      objects: input.plan.objects.filter(({ address }) => !(makesHome && address === home.address)),
    }
    const applied = await applyPlan({ ...input, plan: rest, stop: AbortSignal.any([stop, lease.lost]) })
    const marks = new Map([...(first?.marks ?? []), ...applied.marks])
    const untouched = applied.outcomes.filter(isUntouched).map(({ address }) => address)
    if (marks.size + untouched.length > 0) {
      await told(
        io,
        'The record of this run is incomplete; its intents are recorded, and the next apply completes it',
        () => store.save(withMarks(withoutIntents(intended, untouched), marks, new Date().toISOString())),
      )
    }
    return { outcomes: [...(first?.outcomes ?? []), ...applied.outcomes], marks: applied.marks }
  } finally {
    await lease.release()
  }
}

/** Not begun, or overtaken by somebody else: nothing of it is ours. */
const isUntouched = ({ state, error }: ObjectOutcome): boolean =>
  state === 'skipped' || (state === 'failed' && error?.code === APPLY.changedMeanwhile.code)

/** What fails after the writes must not hide what was written: it is told, and the outcomes are returned. */
async function told({ emit }: Io, what: string, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!isIceError(error)) throw error
    emit({ type: 'note', level: 'warning', code: error.code, text: `${what}: ${error.message}` })
  }
}

/** A secret that cannot be had must not show only when half of the run is done. Values that are generated need no trying. */
async function openSources(
  written: readonly Resource[],
  observations: Observations,
  inventory: Inventory,
  { secrets }: Io,
): Promise<void> {
  const sources = written.flatMap(
    ({ kind, desired, address }) =>
      kind.sources?.(desired, observations.get(address), inventory.objects[address]?.mark) ?? [],
  )
  await Promise.all(sources.filter((source) => !('generate' in source)).map((source) => secrets.resolve(source)))
}

/** What is about to be written in Vault, which has no labels. */
function intentsOf(written: readonly Resource[]): Map<Address, { kind: string; id: Json; intent: Json }> {
  const recorded = written.filter(({ kind }) => kind.ownership === 'inventory')
  return new Map(
    recorded.map(({ address, kind, id, desired }) => [
      address,
      { kind: kind.kind, id: id as Json, intent: kind.intended(id, desired) as Json },
    ]),
  )
}
