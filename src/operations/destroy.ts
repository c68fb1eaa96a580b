import type { Address } from '../kinds/contract.js'
import { planOn } from './plan.js'
import { awaitEnding } from './removal-home.js'
import { removeUnwanted, type RemovalOptions } from './removals.js'
import type { RemovalResult } from './results.js'
import { openSession } from './session.js'

/** Removes everything that this file made, and at last the record of it. */
export async function destroy(options: RemovalOptions): Promise<RemovalResult> {
  const first = await openSession(options)
  // The record goes with its namespace; what is left of either is known when that has ended.
  const session = (await awaitEnding(first)) ? await openSession(options) : first
  try {
    const { inventory } = await planOn(session)
    const addresses = Object.keys(inventory.objects) as Address[]
    return await removeUnwanted(session, { operation: 'destroy', inventory, addresses, whole: true }, options)
  } finally {
    await session.close()
  }
}
