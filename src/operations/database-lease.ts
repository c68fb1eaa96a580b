import { path, statusOf, type Vault } from '../vault/index.js'

/** A lease that we got as ourselves, and give back. */
export interface BorrowedLease {
  /** @returns what came of it, for people */
  renew(): Promise<string>
  /** Waits until it is done. @returns false where we may not */
  revoke(): Promise<boolean>
  /** @returns what could not be given back, for people */
  giveBack(): Promise<readonly string[]>
}

export function borrowLease(id: string, vault: Vault): BorrowedLease {
  let ended: Promise<boolean> | undefined
  const renewed = () => permitted(() => vault.write(path`sys/leases/renew`, { lease_id: id }, { repeatable: true }))
  // `sync`: the user is gone when the call returns, so that a refused login right after proves something.
  const revoked = () =>
    permitted(() => vault.write(path`sys/leases/revoke`, { lease_id: id, sync: true }, { repeatable: true }))
  const revoke = (): Promise<boolean> => (ended ??= revoked())
  return {
    renew: async () => ((await renewed()) ? 'renewed' : 'not renewed, since this token may not'),
    revoke,
    async giveBack() {
      try {
        return (await revoke()) ? [] : [`lease ${id}: this token may not revoke it; it ends by itself`]
      } catch (error) {
        return [`lease ${id}: ${error instanceof Error ? error.message : 'not known why'}`]
      }
    },
  }
}

/** @returns false where Vault says 403 */
async function permitted(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call()
    return true
  } catch (error) {
    if (statusOf(error) === 403) return false
    throw error
  }
}
