import { IceError, isIceError, VERIFY } from '../catalogue/index.js'
import { durationText } from '../kinds/atoms.js'
import type { Lease } from '../kinds/engine.js'
import { path, statusOf, type Vault } from '../vault/index.js'
import type { Workload } from './borrow.js'

/** @returns the lease, and what gives it back at the end unless that is done by then */
export function openLease(
  id: string,
  { vault, login, limited }: Workload,
  operator: Vault,
): { lease: Lease; giveBack: () => Promise<void> } {
  let ended: Promise<boolean> | undefined
  const renewAs = (who: Vault) =>
    permitted(() => who.write(path`sys/leases/renew`, { lease_id: id }, { repeatable: true }))
  // `sync`: the user is gone when the call returns, so that the refused login right after proves something.
  const end = () =>
    permitted(() => operator.write(path`sys/leases/revoke`, { lease_id: id, sync: true }, { repeatable: true }))

  const lease: Lease = {
    async renew() {
      if (!limited && (await telling('renew', renewAs(vault)))) return 'renewed'
      const instead = limited ? 'its token lasts for a few requests' : 'the workload may not'
      if (await telling('renew', renewAs(operator))) return `renewed by the operator, since ${instead}`
      return `not renewed, since the operator may not, and ${instead}`
    },
    revoke: () => (ended ??= telling('revoke', end())),
  }
  return {
    lease,
    async giveBack() {
      // What the operator may not revoke ends with the token, if that can be revoked.
      if ((await lease.revoke()) || login.accessor !== '') return
      throw new Error(
        `the operator may not revoke it; it ends with its token, after ${durationText(login.ttlSeconds)} at most`,
      )
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

/** An answer that is no refusal tells of the statements in the database. */
async function telling(what: string, done: Promise<boolean>): Promise<boolean> {
  try {
    return await done
  } catch (error) {
    if (!isIceError(error) || statusOf(error) === undefined) throw error
    throw new IceError(VERIFY.leaseFailed, { message: `Vault could not ${what} the lease. ${error.message}` })
  }
}
