import { IceError, VAULT } from '../catalogue/index.js'
import { limiter } from '../http/limit.js'
import { redact, Secret } from '../secrets/index.js'
import { answerError, doing, type Call } from './errors.js'
import type { Proxy } from './proxy.js'
import { createQuestions, HEALTH, parseHealth } from './questions.js'
import { sendUntilFinal, type Sent } from './retry.js'
import type { TlsOptions } from './tls.js'
import type { Answer, Outcome, Transport, WireRequest } from './transport.js'
import type { Payload, VaultPath, WireEvent } from './types.js'

export interface LinkOptions {
  readonly address: string
  readonly namespace?: string | undefined
  readonly tls?: TlsOptions
  readonly proxy?: Proxy | undefined
  /** A port of this machine that leads to the server; the certificate is still to be for the address. */
  readonly tunnel?: number | undefined
  /** For an answer, and for beginning the last repetition of a request; for connecting at most 10 s of it. */
  readonly timeoutMs?: number | undefined
  readonly retries?: number | undefined
  readonly maxConnections?: number
  readonly signal?: AbortSignal | undefined
  readonly onRequest?: ((event: WireEvent) => void) | undefined
}

export interface LinkRequest {
  readonly method: WireRequest['method']
  readonly verb: Call['verb']
  readonly path: VaultPath
  readonly query?: string
  readonly token?: Secret | undefined
  readonly body?: Payload
  readonly repeatable: boolean
  readonly rootNamespace?: boolean
  /** Answers besides 2xx that are no failure. */
  readonly accepts?: (answer: Answer) => boolean
}

/** The way to one server, shared by all tokens: connections, queue, repetition, and the naming of failures. */
export interface Link {
  send(request: LinkRequest): Promise<Answer>
  close(): Promise<void>
}

/** The default of Vault's and OpenBao's Go clients. */
const TIMEOUT_MS = 60_000
/** About 12 s in all: a change of the leader takes 10. */
const RETRIES = 7
const CONNECT_MS = 10_000
/** For a question after a failure: the operator is waiting for the error. */
const QUESTION_MS = 5_000
const LOOK_MS = 3_000

export function createLink(options: LinkOptions): Link {
  const { namespace, proxy, signal, timeoutMs = TIMEOUT_MS, retries = RETRIES, maxConnections = 32 } = options
  const base = `${options.address}/v1/`
  // A request holds its place while it waits to be repeated: a server in trouble never sees more of us than one that is well.
  const limit = limiter(maxConnections)
  const ask = async (target: string, token?: Secret, inNamespace?: string) =>
    (await open()).exchange({
      method: 'GET',
      url: new URL(base + target),
      headers: headersOf({ token }, inNamespace),
      timeoutMs: QUESTION_MS,
    })
  const questions = createQuestions(ask)
  let namespaceChecked: Promise<void> | undefined
  let opening: Promise<Transport> | undefined
  let answered = false
  let index: string | undefined

  // undici is loaded when the first request is sent.
  const open = () =>
    (opening ??= import('./transport.js').then(({ openTransport }) =>
      openTransport({
        https: options.address.startsWith('https:'),
        tls: options.tls ?? {},
        proxy,
        tunnel: options.tunnel,
        maxConnections,
        connectTimeoutMs: Math.min(CONNECT_MS, timeoutMs),
        signal,
      }),
    ))

  function headersOf(
    { token, body }: Pick<LinkRequest, 'token' | 'body'>,
    inNamespace?: string,
  ): WireRequest['headers'] {
    return {
      'user-agent': 'vault-icebreaker',
      'x-vault-request': 'true',
      ...(token && { 'x-vault-token': Secret.reveal(token) }),
      ...(inNamespace !== undefined && { 'x-vault-namespace': inNamespace }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      // A standby that has not caught up with our last write must not answer with the past: it says 412, and is asked again.
      ...(index !== undefined && { 'x-vault-index': index }),
    }
  }

  /**
   * Vault without namespaces ignores the header, and would do everything in the root. With them, sys/health is refused
   * within one, unless it is Enterprise's administrative namespace.
   */
  async function checkNamespace(): Promise<void> {
    const outcome = await ask(HEALTH, undefined, namespace)
    const health = outcome.kind === 'answer' ? parseHealth(outcome.text) : undefined
    if (!health?.initialized || health.sealed || health.version.includes('+ent')) return
    throw new IceError(VAULT.namespaceIgnored, {
      message: `There is no Vault namespace ${namespace ?? ''}: this server has no namespaces.`,
      evidence: { address: options.address, version: redact(health.version) },
    })
  }

  async function exchange(transport: Transport, request: LinkRequest, attempt: number): Promise<Outcome> {
    const started = performance.now()
    const outcome = await transport.exchange({
      method: request.method,
      url: new URL(base + request.path.encoded + (request.query ? `?${request.query}` : '')),
      headers: headersOf(request, request.rootNamespace ? undefined : namespace),
      timeoutMs,
      ...(request.body !== undefined && { body: serialise(request.body) }),
    })
    answered ||= outcome.kind === 'answer' && outcome.status < 500
    if (outcome.kind === 'answer' && request.method !== 'GET') index = indexOf(outcome) ?? index
    options.onRequest?.({
      method: request.method,
      path: request.path.text,
      result: outcome.kind === 'answer' ? outcome.status : outcome.code,
      milliseconds: performance.now() - started,
      attempt,
    })
    return outcome
  }

  async function failed({ outcome, mayBeDone }: Sent, request: LinkRequest): Promise<unknown> {
    const call = { verb: request.verb, path: request.path.text, namespace, hasToken: request.token !== undefined }
    const unanswered = outcome.kind === 'failure' || outcome.status >= 500
    if ((request.method !== 'GET' || !request.repeatable) && mayBeDone && unanswered)
      return outcomeUnknown(call, outcome)
    if (signal?.aborted) return signal.reason
    if (outcome.kind === 'answer') return answerError(outcome, call, questions.about(request.token))
    const [{ failureError }, { presentedCertificate }] = await Promise.all([
      import('./failures.js'),
      import('../http/certificate.js'),
    ])
    const serverName = options.tls?.serverName
    return failureError(outcome, { proxy: proxy?.address, serverName, timeoutMs }, (url) => {
      if (proxy) return Promise.resolve(undefined)
      const at = options.tunnel === undefined ? url : new URL(`https://127.0.0.1:${options.tunnel}`)
      const name = serverName ?? (at === url ? undefined : url.hostname)
      return presentedCertificate(at, AbortSignal.timeout(LOOK_MS), name)
    })
  }

  return {
    async send(request) {
      const transport = await open()
      if (namespace !== undefined && !request.rootNamespace) await (namespaceChecked ??= checkNamespace())
      const sent = await limit(() => {
        signal?.throwIfAborted()
        const rules = { repeatable: request.repeatable, retries, answered, deadlineMs: timeoutMs, signal }
        return sendUntilFinal(rules, (attempt) => exchange(transport, request, attempt))
      })
      const { outcome } = sent
      if (outcome.kind === 'answer' && (isGood(outcome) || request.accepts?.(outcome))) return outcome
      throw await failed(sent, request)
    },
    async close() {
      await opening?.then(
        (transport) => transport.close(),
        () => undefined, // it never opened, and the first call said so
      )
    },
  }
}

const isGood = ({ status }: Answer) => status >= 200 && status < 300

/** Where the storage stood after a write; OpenBao's own client sends the latest one back too (openbao/api/index.go). */
function indexOf({ headers }: Answer): string | undefined {
  const index = headers['x-vault-index']
  return typeof index === 'string' ? index : undefined
}

/** JSON with the secrets opened. The replacer looks at the holder, since it is called after Secret.toJSON. */
function serialise(body: Payload): string {
  return JSON.stringify(body, function (this: Record<string, unknown>, key: string, value: unknown) {
    const held = this[key]
    return held instanceof Secret ? Secret.reveal(held) : value
  })
}

function outcomeUnknown(call: Call, outcome: Outcome): IceError {
  const last = outcome.kind === 'answer' ? outcome.status : outcome.code
  return new IceError(VAULT.outcomeUnknown, {
    message: `The answer to ${doing(call)} was lost, so Vault may or may not have done it.`,
    evidence: { last, ...(call.namespace !== undefined && { namespace: call.namespace }) },
  })
}
