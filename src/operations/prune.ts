import type { Address } from '../kinds/contract.js'
import { planOn } from './plan.js'
import { removeUnwanted, type RemovalOptions } from './removals.js'
import type { RemovalResult } from './results.js'
import { openSession } from './session.js'

/** Removes what this file made and no longer names. */
export async function prune(options: RemovalOptions): Promise<RemovalResult> {
  const session = await openSession(options)
  try {
    const { inventory } = await planOn(session)
    const addresses = (Object.keys(inventory.objects) as Address[]).filter((address) => !session.graph.has(address))
    return await removeUnwanted(session, { operation: 'prune', inventory, addresses }, options)
  } finally {
    await session.close()
  }
}

/** Would more go than stays, or data with it? A file that lost its second half must not take half of the trust along. */
export function isGrave({ removals, recorded }: RemovalResult): boolean {
  const going = removals.filter(({ action }) => action === 'delete')
  return going.length * 2 > recorded || going.some(({ loses }) => loses !== undefined)
}
