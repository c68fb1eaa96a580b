import { IceError, KUBERNETES, type CodeRecord } from '../catalogue/index.js'
import { presentedCertificate } from '../http/certificate.js'
import type { FailureReason } from '../http/failure.js'
import { forbidden } from './forbidden.js'
import { clean, describeCall, statusOf, unauthorized, type Asked, type Fail, type Status } from './status.js'
import type { Answer, NoAnswer } from './transport.js'
import type { Connection } from './types.js'

/** What an answer of 300 or above means. */
export function errorOfAnswer(asked: Asked, answer: Answer): IceError {
  const status = statusOf(answer)
  const said = clean(status?.message ?? '')
  const evidence = {
    cluster: asked.cluster,
    status: answer.status,
    ...(status?.reason !== undefined && { reason: clean(status.reason) }),
    ...(said !== '' && { 'the API server says': said }),
  }
  const fail: Fail = (record, message, more) =>
    new IceError(record, { message, ...more, evidence: { ...evidence, ...more?.evidence } })
  const what = `Cannot ${describeCall(asked)}`
  const { namespace = '' } = asked.call

  if (answer.status === 401) return unauthorized(asked)
  // Who answers this has passed the request on and heard no more of it.
  if (asked.call.writes && (answer.status === 502 || answer.status === 504)) {
    return fail(
      KUBERNETES.answerLost,
      `No answer came to ${describeCall(asked)}, so it is not known whether it was done.`,
    )
  }
  if (status === undefined) return withoutStatus(answer, fail, what, asked)
  if (/denied the request|denied request:|exceeded quota/.test(said)) return fail(KUBERNETES.denied, `${what}: ${said}`)
  const causes = status.details?.causes ?? []
  switch (answer.status) {
    case 403:
      if (causes.some(({ reason }) => reason === 'NamespaceTerminating')) {
        return fail(KUBERNETES.namespaceTerminating, `${what}: the namespace ${namespace} is being deleted.`)
      }
      return forbidden(asked, said, fail)
    case 404:
      if (status.details?.kind === 'namespaces' && asked.call.resource !== 'namespaces') {
        return fail(KUBERNETES.namespaceMissing, `${what}: there is no namespace ${namespace}.`)
      }
      return status.details?.name === undefined
        ? fail(KUBERNETES.notServed, `${what}: the API server does not know this kind of object.`)
        : fail(KUBERNETES.notFound, `${what}: ${said}`)
    case 409:
      return conflict(status, fail, what, said)
    case 422:
      return fail(KUBERNETES.invalid, `${what}: ${invalidFields(causes) || said}`)
    case 429:
      return fail(KUBERNETES.overloaded, `${what}: the API server refuses more requests.`)
    case 500:
      return said.includes('failed calling webhook')
        ? fail(KUBERNETES.webhookDown, `${what}: ${said}`)
        : fail(KUBERNETES.serverError, `${what}: the API server failed.`, { exit: 1 })
    case 502:
    case 503:
    case 504:
      return fail(KUBERNETES.serverError, `${what}: the API server cannot serve it now.`)
    default:
      return fail(KUBERNETES.rejected, `${what}: the API server answered ${answer.status}.`)
  }
}

/** What was answered by something that is no API server, or stands before one. */
function withoutStatus({ status, text, headers }: Answer, fail: Fail, what: string, { connection }: Asked): IceError {
  if (status === 429) return fail(KUBERNETES.overloaded, `${what}: the API server refuses more requests.`)
  if (status >= 500) return fail(KUBERNETES.serverError, `${what}: the API server cannot serve it now.`)
  // The API server's own words where a whole API group is not served.
  if (status === 404 && text.startsWith('404 page not found')) {
    return fail(KUBERNETES.notServed, `${what}: the API server does not know this kind of object.`)
  }
  return notKubernetes(connection, status, String(headers['content-type'] ?? 'no content type'), fail)
}

export function notKubernetes(connection: Connection, status: number, type: string, fail: Fail = plain): IceError {
  return fail(KUBERNETES.notKubernetes, `${connection.server} does not answer as a Kubernetes API does.`, {
    evidence: { status, 'content type': clean(type) },
  })
}

const plain: Fail = (record, message, more) => new IceError(record, { message, ...more })

/** Server-side apply names each field and its manager in the causes: `conflict with "kubectl" using v1: .data.x`. */
function conflict({ reason, details }: Status, fail: Fail, what: string, said: string): IceError {
  const causes = (details?.causes ?? []).filter((cause) => cause.reason === 'FieldManagerConflict')
  if (causes.length > 0) {
    const owned = causes.map(({ field, message }) => {
      const manager = /conflict with "([^"]*)"/.exec(message ?? '')?.[1] ?? 'another manager'
      return `${clean(field ?? '?')} (${clean(manager)})`
    })
    return fail(KUBERNETES.conflict, `${what}: other managers own ${owned.join(', ')}.`)
  }
  return reason === 'AlreadyExists'
    ? fail(KUBERNETES.exists, `${what}: it exists already.`)
    : fail(KUBERNETES.changed, `${what}: ${said}`)
}

function invalidFields(causes: NonNullable<NonNullable<Status['details']>['causes']>): string {
  return causes.map(({ field, message }) => `${clean(field ?? '')}: ${clean(message ?? '')}`).join('; ')
}

const LOST: Partial<Record<FailureReason, string>> = {
  dns: 'its name cannot be resolved',
  refused: 'nothing listens at its port',
  noRoute: 'there is no route to it',
  handshake: 'it ended the connection in the middle of the TLS handshake',
  lost: 'the connection was lost',
  proxy: 'the proxy does not let us through',
  notHTTP: 'what it answers is not HTTP',
}

const TLS: Partial<Record<FailureReason, [CodeRecord, string]>> = {
  untrusted: [KUBERNETES.untrusted, 'is not signed by the CA of the kubeconfig'],
  wrongName: [KUBERNETES.wrongName, 'is for other names'],
  expired: [KUBERNETES.expired, 'is not valid now'],
}

/** Why there was no answer. A certificate that was refused is looked at once more, to say which one it is. */
export async function errorOfFailure(asked: Asked, { failure }: NoAnswer, signal: AbortSignal): Promise<IceError> {
  const { connection, cluster } = asked
  const { server } = connection
  const evidence = {
    cluster,
    server,
    reason: failure.code,
    ...(connection.proxy !== undefined && { proxy: 'proxy-url' }),
  }
  const tls = TLS[failure.reason]
  if (tls !== undefined) {
    const [record, why] = tls
    return new IceError(record, {
      message: `The certificate of ${server} ${why}.`,
      evidence: { ...evidence, ...(await shownCertificate(connection, signal)) },
    })
  }
  if (asked.call.writes && failure.sent) {
    return new IceError(KUBERNETES.answerLost, {
      message: `No answer came to ${describeCall(asked)}, so it is not known whether it was done.`,
      evidence,
    })
  }
  if (failure.reason === 'timeout') {
    return new IceError(KUBERNETES.timeout, {
      message: `Cannot ${describeCall(asked)}: ${server} did not answer in time.`,
      evidence,
    })
  }
  if (failure.reason === 'notTLS' || failure.reason === 'tlsFailed') {
    return new IceError(KUBERNETES.notTLS, { message: `${server} does not speak TLS.`, evidence })
  }
  const why = LOST[failure.reason] ?? `it failed with ${failure.code}`
  return new IceError(KUBERNETES.unreachable, { message: `${server} cannot be reached: ${why}.`, evidence })
}

async function shownCertificate(connection: Connection, signal: AbortSignal): Promise<Record<string, string>> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(5_000)])
  const shown = await presentedCertificate(new URL(connection.server), limit)
  if (shown === undefined) return {}
  const { subject, issuer, sans, notAfter, fingerprint256 } = shown
  return { subject, issuer, names: sans.join(', '), 'valid until': notAfter, 'SHA-256': fingerprint256 }
}
