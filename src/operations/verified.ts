import { isIceError } from '../catalogue/index.js'
import type { VerifyResult } from '../verify/run.js'
import type { Session } from './session.js'

/**
 * Records when the whole trust was last proven, for `status`. Whoever may verify but not write the record still verifies:
 * then nothing is recorded.
 */
export async function recordVerified({ store }: Session, { probes }: VerifyResult): Promise<void> {
  const proven = probes.length > 0 && probes.every(({ verdict }) => verdict !== 'failed')
  const tried = probes.some(({ verdict }) => verdict === 'passed')
  if (!proven || !tried || Object.keys(store.inventory.objects).length === 0) return
  try {
    await store.save({ ...store.inventory, verifiedAt: new Date().toISOString() })
  } catch (error) {
    if (!isIceError(error)) throw error
  }
}
