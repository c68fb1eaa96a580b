import { setTimeout as sleep } from 'node:timers/promises'

/** What one attempt came to. */
export interface Attempt<T> {
  readonly outcome: T
  /** Milliseconds until the next attempt; undefined where this outcome stands. */
  readonly pauseMs: number | undefined
}

export interface Patience {
  /** No attempt begins later than this after the first one, in milliseconds. */
  readonly withinMs: number
  readonly signal: AbortSignal | undefined
}

const LONGEST_PAUSE_MS = 5_000

/**
 * Repeats an attempt until its outcome stands, or the next one would begin too late. What is repeated, how often and
 * after which pause is each API's own rule.
 *
 * undici's RetryAgent is not used: it decides before the body is read, which alone tells a sealed Vault from a busy one;
 * it resumes a cut answer with a Range request that neither Vault nor Kubernetes serves, and that sends a POST twice; and
 * it cannot tell a request that was never sent from one whose answer was lost.
 * @param attempt is told its number, from 1
 * @returns the last outcome
 * @throws the signal's reason, where it is aborted in a pause
 */
export async function retry<T>(
  attempt: (number: number) => Promise<Attempt<T>>,
  { withinMs, signal }: Patience,
): Promise<T> {
  const started = performance.now()
  for (let number = 1; ; number += 1) {
    const { outcome, pauseMs } = await attempt(number)
    if (pauseMs === undefined || performance.now() - started + pauseMs >= withinMs) return outcome
    await sleep(pauseMs, undefined, { signal }).catch(() => signal?.throwIfAborted())
  }
}

/**
 * Milliseconds to wait after an attempt (from 1): doubled each time, at most 5 s; between half and the whole of it, so
 * that many clients do not come back at the same moment.
 */
export function backOff(attempt: number, firstMs: number): number {
  return Math.min(firstMs * 2 ** (attempt - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2)
}

/** A Retry-After header (seconds or a date) in milliseconds from now; undefined where there is none that makes sense. */
export function retryAfterMs(header: string | readonly string[] | undefined, now = Date.now()): number | undefined {
  if (typeof header !== 'string') return undefined
  const wait = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined
}
