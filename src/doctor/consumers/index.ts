import { certManager } from './cert-manager.js'
import type { Consumer, Way, World } from './contract.js'
import { csi } from './csi.js'
import { eso } from './eso.js'
import { injector } from './injector.js'
import { vso } from './vso.js'

export type { Broken, Consumer, Implied, World } from './contract.js'
export { handedAudiences, isProvider } from './csi.js'
export { isAgent } from './injector.js'
export { accountOf, containersOf, secretsOf } from './pods.js'

/** Every way that doctor knows. */
export const WAYS: readonly Way[] = [injector, csi, vso, eso, certManager]

/** The kinds that any of them reads, as `GROUP/KIND`; a kind of the core group alone. */
export const KINDS_READ: readonly string[] = [...new Set(WAYS.flatMap(({ kinds }) => kinds))]

/** All objects that make somebody log in to Vault. Pure. */
export const consumersOf = (world: World): readonly Consumer[] => WAYS.flatMap((way) => way.consumers(world))

/**
 * One of each that are alike: a thousand pods of one Deployment have one fault, not a thousand. What nobody made in
 * numbers stands for itself. Pure.
 */
export function oneOfEach(all: readonly Consumer[]): readonly Consumer[] {
  const byLikeness = new Map<unknown, Consumer>()
  for (const one of all) {
    const { way, cause, implied, broken, unread } = one
    const kinds = broken.map(({ what, evidence }) => ({ what, evidence }))
    const key = cause === undefined ? one : JSON.stringify([way, cause, implied, kinds, unread?.length])
    if (!byLikeness.has(key)) byLikeness.set(key, one)
  }
  return [...byLikeness.values()]
}
