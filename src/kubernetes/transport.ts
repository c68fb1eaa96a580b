import { isIceError } from '../catalogue/index.js'
import type { Answer, Connections, NoAnswer } from '../http/connections.js'
import { failureOf, type Failure } from '../http/failure.js'
import { inTime } from '../http/in-time.js'
import { retry, retryAfterMs } from '../http/retry.js'
import { connectTo } from './dispatcher.js'
import { pauses, type Again } from './retry.js'
import type { Authentication, Connection } from './types.js'

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Under the server's address, encoded. */
  readonly path: string
  readonly body?: string
  readonly contentType?: string
  /** Default: application/json. */
  readonly accept?: string
  /** Doing it twice comes to the same as doing it once. */
  readonly repeatable: boolean
}

export type { Answer, NoAnswer }

export interface Transport {
  /** @throws the signal's reason; IceError where no credentials can be had */
  send(request: Request): Promise<Answer | NoAnswer>
  close(): Promise<void>
}

/** Credentials are looked at again after this time: token files and plug-ins replace them. */
const CREDENTIALS_MS = 60_000
/** A server that has answered once may just be restarting; one that never has is more likely not there. */
const ATTEMPTS = { unknown: 3, known: 6 }

interface Login {
  readonly since: number
  readonly ready: Promise<Ready>
}

interface Ready {
  readonly authentication: Authentication
  readonly connections: Connections
}

/** Requests to one API server over kept-alive connections: logged in, in time, and repeated where that is safe. */
export function createTransport(connection: Connection, signal: AbortSignal, timeoutMs: number): Transport {
  const { origin, pathname } = new URL(connection.server)
  const prefix = pathname.replace(/\/$/, '')
  let login: Login | undefined
  /** By the TLS options they were opened with; one that a renewed certificate has replaced may still be in use. */
  const pools = new Map<string, Promise<Connections>>()
  let attempts = ATTEMPTS.unknown

  /** One login for all requests under way; `refused` is the one that the server has answered with 401. */
  function logIn(refused?: Login): Login {
    if (login === undefined || login === refused || Date.now() - login.since > CREDENTIALS_MS) {
      const started = { since: Date.now(), ready: getReady(refused !== undefined) }
      started.ready.catch(() => {
        if (login === started) login = undefined
      })
      login = started
    }
    return login
  }

  async function getReady(renew: boolean): Promise<Ready> {
    const authentication = await connection.authenticate(renew)
    const tls = JSON.stringify(authentication.tls)
    const opened = pools.get(tls) ?? connectTo(connection, authentication.tls, timeoutMs)
    pools.set(tls, opened)
    return { authentication, connections: await opened }
  }

  async function once(request: Request, used: Login, until: AbortSignal): Promise<Answer | NoAnswer> {
    let outcome: Answer | NoAnswer
    try {
      const { authentication, connections } = await inTime(used.ready, until)
      const wire = {
        origin,
        method: request.method,
        path: prefix + request.path,
        headers: {
          accept: request.accept ?? 'application/json',
          'user-agent': 'icebreaker',
          ...(request.contentType !== undefined && { 'content-type': request.contentType }),
          ...authentication.headers,
        },
        body: request.body ?? null,
        // The deadline bounds both.
        headersTimeout: 0,
        bodyTimeout: 0,
      }
      outcome = await connections.exchange(wire, until)
    } catch (error) {
      signal.throwIfAborted()
      if (isIceError(error)) throw error
      outcome = { failure: failureOf(error, false) }
    }
    if ('status' in outcome) {
      attempts = ATTEMPTS.known
      return outcome
    }
    signal.throwIfAborted()
    return until.aborted ? { failure: { ...outcome.failure, reason: 'timeout', code: 'TIMEOUT' } } : outcome
  }

  return {
    async send(request) {
      signal.throwIfAborted()
      const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
      let lost = false
      const pauseAfter = pauses(attempts)
      const attempt = async () => {
        const used = logIn()
        let outcome = await once(request, used, until)
        if ('status' in outcome && outcome.status === 401) {
          const renewed = logIn(used)
          if (await differ(used, renewed)) outcome = await once(request, renewed, until)
        }
        lost ||= 'failure' in outcome && outcome.failure.sent
        return { outcome, pauseMs: pauseAfter(again(request, outcome)) }
      }
      const outcome = await retry(attempt, { withinMs: timeoutMs, signal })
      // A connection refused at the last attempt does not undo what an earlier one may have done.
      return 'failure' in outcome ? { failure: { ...outcome.failure, sent: lost } } : outcome
    },
    async close() {
      const opened = await Promise.allSettled(pools.values())
      for (const each of opened) if (each.status === 'fulfilled') await each.value.close()
    },
  }
}

/** Whether another attempt may help, and does no harm. */
function again({ repeatable }: Request, outcome: Answer | NoAnswer): Again {
  if ('failure' in outcome)
    return { again: (repeatable || !outcome.failure.sent) && PASSING.has(outcome.failure.reason) }
  const { status, headers } = outcome
  const passing = status === 429 || (repeatable && (status === 500 || (status >= 502 && status <= 504)))
  return { again: passing, afterMs: retryAfterMs(headers['retry-after']) }
}

const PASSING = new Set<Failure['reason']>(['dns', 'refused', 'noRoute', 'timeout', 'handshake', 'lost', 'proxy'])

async function differ(a: Login, b: Login): Promise<boolean> {
  const [before, after] = await Promise.all([a.ready, b.ready])
  return JSON.stringify(before.authentication) !== JSON.stringify(after.authentication)
}
