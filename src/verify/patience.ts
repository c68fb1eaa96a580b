import { setTimeout as sleep } from 'node:timers/promises'
import { isIceError, VAULT, type IceError } from '../catalogue/index.js'
import { statusOf } from '../vault/index.js'

export interface Patience {
  /** Milliseconds since 1970: what is refused then stays refused. */
  readonly deadline: number
  readonly stop: AbortSignal
}

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1000

/** Repeats what a fresh apply may make possible in a moment. @returns also the seconds that it took until it was */
export async function patiently<T>(
  { deadline, stop }: Patience,
  mayPass: (error: IceError) => boolean,
  attempt: () => Promise<T>,
): Promise<{ readonly value: T; readonly waited: number }> {
  const began = Date.now()
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const waited = (Date.now() - began) / 1000
    try {
      return { value: await attempt(), waited }
    } catch (error) {
      if (!isIceError(error) || !mayPass(error) || Date.now() + pause > deadline || stop.aborted) throw error
      await sleep(pause)
    }
  }
}

/**
 * Vault could not have the token reviewed: an API server that has not heard of the reviewer's binding yet, a node of Vault
 * that has not heard of the new configuration (30 s). What the role itself refuses has a reason, and stays.
 */
export function isUnreviewed(error: IceError): boolean {
  const said = String(error.details.evidence?.['said'])
  return error.code === VAULT.loginRefused.code && (said === 'permission denied' || said.includes('err='))
}

export const isMissing = (error: IceError): boolean => statusOf(error) === 404
