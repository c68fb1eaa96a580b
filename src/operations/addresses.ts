import { APPLY, IceError } from '../catalogue/index.js'
import { nearest } from '../catalogue/nearest.js'
import type { Adopt } from '../reconcile/plan.js'
import type { Session } from './session.js'

/** @throws IceError APPLY.unknownAddress where an address to be adopted is none of the file's */
export function requireKnown(adopt: Adopt | undefined, session: Pick<Session, 'graph'>): void {
  if (adopt !== undefined && adopt !== 'all') checkedAddresses([...adopt], session)
}

/** @throws IceError APPLY.unknownAddress where one of them is none of the file's */
export function checkedAddresses(only: readonly string[], { graph }: Pick<Session, 'graph'>): readonly string[] {
  const addresses: readonly string[] = [...graph.keys()]
  const unknown = only.find((address) => !addresses.includes(address))
  if (unknown === undefined) return only
  const meant = nearest(unknown, addresses)
  throw new IceError(APPLY.unknownAddress, {
    message: `${unknown} is not an object of this file.`,
    ...(meant !== undefined && { next: [`Did you mean ${meant}?`] }),
  })
}
