import { backOff, retry, retryAfterMs } from '../http/retry.js'
import type { FailureReason } from '../http/failure.js'
import { hasNoActiveNode } from './errors.js'
import type { Failure, Outcome } from './transport.js'

const FIRST_PAUSE_MS = 200
/** What a Retry-After of nothing comes to. */
const SHORTEST_PAUSE_MS = 100

export interface RetryRules {
  /** Doing it twice does no harm. */
  readonly repeatable: boolean
  /** How often at most; a request that the server turned away unread is repeated until the deadline. */
  readonly retries: number
  /** The server has been well in this run. One that never was is not waited for: it is more likely not there. */
  readonly answered: boolean
  /** From the first attempt to the last one's start. */
  readonly deadlineMs: number
  readonly signal: AbortSignal | undefined
}

export interface Sent {
  readonly outcome: Outcome
  /** An attempt was sent and its answer lost: the server may have done it. */
  readonly mayBeDone: boolean
}

/** Sends a request until its outcome is final, or the signal is aborted. `send` never throws. */
export async function sendUntilFinal(rules: RetryRules, send: (attempt: number) => Promise<Outcome>): Promise<Sent> {
  let mayBeDone = false
  let last: Outcome | undefined
  const attempt = async (number: number) => {
    const outcome = (last = await send(number))
    mayBeDone ||= isLost(outcome)
    return { outcome, pauseMs: retryDelay(outcome, number, rules) }
  }
  const { deadlineMs: withinMs, signal } = rules
  const outcome = await retry(attempt, { withinMs, signal }).catch((error: unknown) => {
    // Whether the last one may be done is to be told also after Ctrl-C.
    if (last && signal?.aborted) return last
    throw error
  })
  return { outcome, mayBeDone }
}

/** Milliseconds to wait before the request is sent again; undefined where this outcome stands. Pure but for the jitter. */
export function retryDelay(
  outcome: Outcome,
  attempt: number,
  rules: Pick<RetryRules, 'repeatable' | 'retries' | 'answered'>,
): number | undefined {
  const may =
    outcome.kind === 'failure'
      ? isTransient(outcome) && (rules.repeatable || !outcome.sent) && attempt <= most(outcome, rules)
      : turnedAway(outcome.status) || (rules.repeatable && isPassing(outcome) && attempt <= most(outcome, rules))
  if (!may) return undefined
  const afterMs = outcome.kind === 'answer' ? retryAfterMs(outcome.headers['retry-after']) : undefined
  return afterMs === undefined ? backOff(attempt, FIRST_PAUSE_MS) : Math.max(afterMs, SHORTEST_PAUSE_MS)
}

const TRANSIENT: readonly FailureReason[] = ['refused', 'noRoute', 'handshake', 'lost']
/** Of the resolver's failures only the one that says so itself is one of the moment. */
const isTransient = ({ reason, code }: Failure) => TRANSIENT.includes(reason) || code === 'EAI_AGAIN'

/** A quota (429), or a node that has not caught up with our last write (412): nothing was done. */
const turnedAway = (status: number) => status === 429 || status === 412

/** A server in trouble that may be over in a moment; one that is sealed waits for a human. */
const isPassing = ({ status, text }: { status: number; text: string }) =>
  [500, 502, 504].includes(status) || (status === 503 && !text.includes('sealed'))

/** A 500 mostly comes again. */
function most(outcome: Outcome, { retries, answered }: Pick<RetryRules, 'retries' | 'answered'>): number {
  const lasting = outcome.kind === 'answer' && outcome.status === 500 && !hasNoActiveNode(outcome.text)
  return lasting || !answered ? Math.min(retries, 2) : retries
}

/** 502 and 504 come from what stands between: whether Vault did it, they do not know. */
const isLost = (outcome: Outcome) =>
  outcome.kind === 'failure' ? outcome.sent : outcome.status === 502 || outcome.status === 504
