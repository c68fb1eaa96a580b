import { requireKnown } from './addresses.js'
import { describe } from './describe.js'
import type { PlanOptions } from './options.js'
import type { PlanResult } from './results.js'
import { savePlan } from './saved-plan.js'
import { isOfThisVault, placeOf } from './same-vault.js'
import { openSession, type Session } from './session.js'
import { freshIo, observe, type Observations } from '../reconcile/observe.js'
import { recordOf, settle, type Inventory } from '../reconcile/inventory.js'
import { othersObjects } from '../reconcile/inventory-store.js'
import { isWritten, makePlan, type Adopt, type Plan } from '../reconcile/plan.js'
import type { Graph } from '../reconcile/graph.js'
import { inTime } from '../http/in-time.js'
import { phase, type Emit, type IceEvent } from '../events/index.js'
import type { Address, Resource } from '../kinds/contract.js'

/** Reads, compares, changes nothing. */
export async function plan(options: PlanOptions): Promise<PlanResult> {
  const session = await openSession(options)
  try {
    requireKnown(options.adopt, session)
    const { plan: made, graph, inventory } = await planOn(session, options.adopt)
    const unwanted = (Object.keys(inventory.objects) as Address[]).filter((address) => !graph.has(address))
    if (options.out !== undefined) await savePlan(options.out, session, made)
    return {
      ...describe(session, made),
      ...(unwanted.length > 0 && options.step === undefined && { unwanted }),
      ...(options.out !== undefined && { savedTo: options.out }),
    }
  } finally {
    await session.close()
  }
}

/** What an operator should know of what will be written. */
function caution(plan: Plan, graph: Graph, emit: Emit): void {
  for (const { address } of plan.objects.filter(isWritten)) {
    const { kind, desired } = graph.get(address) as Resource
    for (const text of kind.cautions?.(desired) ?? []) emit({ type: 'note', level: 'warning', address, text })
  }
}

/** A plan with what it was made from. */
export interface Planned {
  readonly plan: Plan
  /** The session's, with what a step keeps of what it found. */
  readonly graph: Graph
  readonly observations: Observations
  /** As it was read, with what an earlier run was killed before recording. */
  readonly inventory: Inventory
}

/** The plan for an open session. */
export async function planOn(session: Session, adopt?: Adopt): Promise<Planned> {
  const { file, io, store, stop, ensured, inventory: home } = session
  // Where nothing is in Vault the record says nothing of it, either.
  const inVault = [...session.graph.values()].some(({ kind }) => kind.ownership === 'inventory')
  const [observations, place] = await phase(io.emit, 'Read what is there', () =>
    inTime(Promise.all([observe(session.graph, freshIo(io)), inVault ? placeOf(session) : undefined]), stop),
  )
  stop.throwIfAborted()
  const graph = session.keeps === undefined ? session.graph : kept(session.graph, observations, session.keeps)
  const settled = settle(store.inventory, graph, observations)
  const same = place === undefined || (await isOfThisVault(store.inventory, session, place))
  const inventory = place === undefined ? settled : recordOf(place, settled, same)
  if (!same) io.emit(elsewhere(store.inventory))
  const input = { file: file.name, graph, observations, inventory, adopt, ensured }
  const plan = makePlan(input)
  caution(plan, graph, io.emit)
  const disputed = plan.objects.some(({ action, adopts }) => action === 'refuse' || adopts === true)
  if (!disputed) return { plan, graph, observations, inventory }
  const others = await othersObjects(io.cluster(home.cluster), file.name, place)
  return { plan: makePlan({ ...input, others }), graph, observations, inventory }
}

function elsewhere({ vault = '' }: Inventory): IceEvent {
  const text = `The record of this file is of another Vault, which was at ${vault}: nothing here is ours yet, and what was made there is no longer recorded once this is applied.`
  return { type: 'note', level: 'warning', text }
}

/** A step says some fields of an object: the others stay as they are, where there is one. */
function kept(graph: Graph, observations: Observations, said: ReadonlySet<string>): Graph {
  return new Map(
    [...graph].map(([address, resource]) => {
      const { kind, desired } = resource
      const observed = observations.get(address)
      const whole = (observed !== undefined && kind.keep?.(desired, observed, said)) || desired
      return [address, { ...resource, desired: whole }]
    }),
  )
}
