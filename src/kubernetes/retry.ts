import { backOff } from '../http/retry.js'

const FIRST_PAUSE_MS = 250

/** Whether another attempt does no harm and may help, and how long the server asked us to wait (Retry-After). */
export interface Again {
  readonly again: boolean
  readonly afterMs?: number | undefined
}

/**
 * The pauses between the attempts of one request, in milliseconds; undefined where it is not sent again.
 * @param attempts at most; those after which the server says when to come back (it is alive) do not count
 */
export function pauses(attempts: number): (after: Again) => number | undefined {
  let counted = 0
  return ({ again, afterMs }) => {
    if (afterMs === undefined) counted += 1
    if (!again || counted >= attempts) return undefined
    return afterMs === undefined ? backOff(counted, FIRST_PAUSE_MS) : afterMs + Math.random() * FIRST_PAUSE_MS
  }
}
