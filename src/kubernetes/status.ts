import { IceError, KUBERNETES, type CodeRecord } from '../catalogue/index.js'
import { redact } from '../secrets/redact.js'
import type { Answer } from './transport.js'
import type { Connection } from './types.js'

/** What was asked of the API, in RBAC's words. */
export interface Call {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string | undefined
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  /** It changes something when it is carried out. */
  readonly writes: boolean
}

export interface Asked {
  readonly cluster: string
  readonly connection: Connection
  readonly call: Call
}

/** A Kubernetes Status, the body of every error of the API. */
export interface Status {
  readonly kind: 'Status'
  readonly message?: string
  readonly reason?: string
  readonly details?: {
    readonly name?: string
    readonly kind?: string
    readonly causes?: ReadonlyArray<{ readonly reason?: string; readonly message?: string; readonly field?: string }>
  }
}

/** `patch serviceaccounts app/reader in cluster demo`. */
export function describeCall({ cluster, call }: Asked): string {
  const resource = call.subresource === undefined ? call.resource : `${call.resource}/${call.subresource}`
  const object = [call.namespace, call.name].filter((part) => part !== undefined).join('/')
  return redact([call.verb, resource, object, `in cluster ${cluster}`].filter((part) => part !== '').join(' '))
}

/** The Status in an answer; undefined where the answer is none. */
export function statusOf({ text }: Answer): Status | undefined {
  try {
    const body = JSON.parse(text) as { kind?: unknown } | null
    return body?.kind === 'Status' ? (body as Status) : undefined
  } catch {
    return undefined
  }
}

const LONGEST = 400

/** Text of the server on one line, without secrets and controls, and not without end. */
export function clean(text: string): string {
  const line = redact(text).replace(/\s+/g, ' ').trim()
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line
}

/** Makes the error of one answer; its evidence is added to. */
export type Fail = (record: CodeRecord, message: string, more?: Partial<IceError['details']>) => IceError

export function unauthorized({ cluster, connection }: Asked, why?: string): IceError {
  const expiry = connection.expiresAt()
  const expired =
    expiry !== undefined && expiry.getTime() < Date.now() ? `it expired at ${expiry.toISOString()}` : undefined
  const reason = why ?? expired
  return new IceError(KUBERNETES.unauthorized, {
    message: `The API server of cluster ${cluster} does not accept ${connection.login}${reason === undefined ? '' : `: ${reason}`}.`,
    evidence: { cluster, status: 401, server: connection.server },
  })
}
