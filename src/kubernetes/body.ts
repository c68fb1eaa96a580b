import { Secret } from '../secrets/index.js'
import type { KubernetesObject } from './types.js'

/** JSON for the wire: the one place where the secrets in an object are opened. */
export function encode(object: object): string {
  return JSON.stringify(object, function (this: Record<string, unknown>, key: string, value: unknown) {
    // `value` is already what toJSON made of it.
    const held = this[key]
    return held instanceof Secret ? Secret.reveal(held) : value
  })
}

/** The JSON of an answer; undefined where it is none, or no mapping. */
export function decode(text: string): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null && !Array.isArray(body)
      ? (body as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** kubectl keeps the whole object here, with the values of a Secret. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** Beside its token it holds the CA and the namespace's name: no secrets, and as such they would be blanked out everywhere. */
const SERVICE_ACCOUNT_TOKEN = 'kubernetes.io/service-account-token'

/** What the API returned, with everything secret in it closed. */
export function seal(object: KubernetesObject): KubernetesObject {
  if (object.kind === 'TokenReview') return { ...object, spec: undefined }
  if (object.kind !== 'Secret') return object
  const annotations = Object.entries(object.metadata.annotations ?? {}).filter(([key]) => key !== LAST_APPLIED)
  const data = Object.entries((object['data'] ?? {}) as Record<string, string>).filter(
    ([key]) => object['type'] !== SERVICE_ACCOUNT_TOKEN || key === 'token',
  )
  return {
    ...object,
    metadata: { ...object.metadata, annotations: Object.fromEntries(annotations) },
    data: Object.fromEntries(data.map(([key, value]) => [key, new Secret(Buffer.from(value, 'base64').toString())])),
  }
}
