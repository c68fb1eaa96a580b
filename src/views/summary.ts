import type { ObjectOutcome } from '../reconcile/apply.js'
import type { PlannedObject } from '../reconcile/plan.js'
import type { PlannedRemoval } from '../reconcile/removal.js'
import type { ProbeResult } from '../verify/run.js'

/** How many objects the plan creates, updates, leaves alone and refuses. */
export function planCounts(objects: readonly Pick<PlannedObject, 'action'>[]) {
  const of = (wanted: PlannedObject['action']) => objects.filter(({ action }) => action === wanted).length
  return { create: of('create'), update: of('update'), unchanged: of('none'), refused: of('refuse') }
}

/** How the writes of an apply ended. */
export function outcomeCounts(outcomes: readonly Pick<ObjectOutcome, 'state'>[]) {
  const of = (wanted: ObjectOutcome['state']) => outcomes.filter(({ state }) => state === wanted).length
  return { done: of('done'), failed: of('failed'), skipped: of('skipped'), unknown: of('unknown') }
}

export function probeCounts(probes: readonly Pick<ProbeResult, 'verdict'>[]) {
  const of = (wanted: ProbeResult['verdict']) => probes.filter(({ verdict }) => verdict === wanted).length
  return { passed: of('passed'), failed: of('failed'), skipped: of('skipped') }
}

/** How a removal ended, and how much of what was to go stays. */
export function removalCounts(result: {
  readonly removals: readonly Pick<PlannedRemoval, 'action'>[]
  readonly outcomes: readonly Pick<ObjectOutcome, 'state'>[]
}) {
  const { removals, outcomes } = result
  const kept = removals.filter(({ action }) => action === 'keep').length
  return { ...outcomeCounts(outcomes), kept }
}
