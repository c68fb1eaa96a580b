import { describe } from './describe.js'
import type { PlanOptions } from './options.js'
import type { PlanResult } from './results.js'
import { savePlan } from './saved-plan.js'
import { openSession, type Session } from './session.js'
import { freshIo, observe, type Observations } from '../reconcile/observe.js'
import { recordOf, settle, type Inventory } from '../reconcile/inventory.js'
import { othersObjects } from '../reconcile/inventory-store.js'
import { isWritten, makePlan, type Plan } from '../reconcile/plan.js'
import type { Graph } from '../reconcile/graph.js'
import type { Emit } from '../events/index.js'
import type { Resource } from '../kinds/contract.js'

/** Reads, compares, changes nothing. */
export async function plan(options: PlanOptions): Promise<PlanResult> {
  const session = await openSession(options)
  try {
    const { plan: made } = await planOn(session)
    if (options.out !== undefined) await savePlan(options.out, session, made)
    return { ...describe(session, made), ...(options.out !== undefined && { savedTo: options.out }) }
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
  readonly observations: Observations
  /** As it was read, with what an earlier run was killed before recording. */
  readonly inventory: Inventory
}

/** The plan for an open session. */
export async function planOn({ file, graph, io, store, stop, inventory: home }: Session): Promise<Planned> {
  const observations = await observe(graph, freshIo(io))
  stop.throwIfAborted()
  const { address, namespace } = io.vault
  const where = namespace === undefined ? address : `${address}#${namespace}`
  const inventory = recordOf(where, settle(store.inventory, graph, observations), graph, observations)
  const input = { file: file.name, graph, observations, inventory }
  const plan = makePlan(input)
  caution(plan, graph, io.emit)
  if (!plan.objects.some(({ action }) => action === 'refuse')) return { plan, observations, inventory }
  const others = await othersObjects(io.cluster(home.cluster), file.name)
  return { plan: makePlan({ ...input, others }), observations, inventory }
}
