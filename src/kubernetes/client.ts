import { namespacedKinds } from './discovery.js'
import { mapBounded } from '../http/limit.js'
import { redact, Secret } from '../secrets/index.js'
import { decode, encode, seal } from './body.js'
import { errorOfAnswer, errorOfFailure, notKubernetes } from './errors.js'
import { pemKeys, type JsonWebKey } from './keys.js'
import { refs, reviews } from './objects.js'
import { collectionPath, objectPath } from './path.js'
import { statusOf, type Asked } from './status.js'
import { createTransport, type Answer, type Request } from './transport.js'
import type { AccessQuery, Cluster, Connection, KindRef, KubernetesObject, ObjectRef, TokenRequest } from './types.js'

export interface ClusterOptions {
  /** Its name in the file. */
  readonly name: string
  readonly connection: Connection
  /** Ends requests and waits: what is under way rejects with its reason. */
  readonly signal: AbortSignal
  /** For one call with its repeats, milliseconds. */
  readonly timeoutMs: number
  /** As whom server-side apply owns fields. */
  readonly fieldManager: string
}

const PAGE = 500

/** Typed calls to one cluster's API. Nothing is contacted before the first of them. */
export function createCluster({ name, connection, signal, timeoutMs, fieldManager }: ClusterOptions): Cluster {
  const transport = createTransport(connection, signal, timeoutMs)

  const asking = (verb: string, ref: KindRef & { readonly name?: string }, subresource?: string): Asked => {
    const { apiVersion, resource, namespace } = ref
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
    const writes = verb !== 'get' && verb !== 'list' && !resource.endsWith('reviews')
    return {
      cluster: name,
      connection,
      call: { verb, group, resource, subresource, namespace, name: ref.name, writes },
    }
  }

  /** @param accepted statuses that are no error here */
  async function call(asked: Asked, request: Request, ...accepted: readonly number[]): Promise<Answer> {
    const answer = await transport.send(request)
    if ('failure' in answer) throw await errorOfFailure(asked, answer, signal)
    if ((answer.status >= 200 && answer.status < 300) || accepted.includes(answer.status)) return answer
    throw errorOfAnswer(asked, answer)
  }

  type Sending = Pick<Request, 'method' | 'path'> & Partial<Request>
  async function callWith(asked: Asked, object: object, request: Sending): Promise<KubernetesObject> {
    const body = encode(object)
    const answer = await call(asked, { contentType: 'application/json', repeatable: false, ...request, body })
    return bodyOf(answer, 'kind') as KubernetesObject
  }

  /** The body of an answer, which must have a member that every answer of Kubernetes to such a call has. */
  function bodyOf(answer: Answer, member: string): unknown {
    const body = decode(answer.text)
    if (body?.[member] !== undefined) return body
    throw notKubernetes(connection, answer.status, String(answer.headers['content-type']))
  }

  async function get(ref: ObjectRef): Promise<KubernetesObject | undefined> {
    const asked = asking('get', ref)
    const answer = await call(asked, { method: 'GET', path: objectPath(ref), repeatable: true }, 404)
    if (answer.status !== 404) return seal(bodyOf(answer, 'kind') as KubernetesObject)
    // Whether an object is not there only the API can say, and then it names the object.
    if (statusOf(answer)?.details?.name === undefined) throw errorOfAnswer(asked, answer)
    return undefined
  }

  async function list(kind: KindRef, labelSelector = ''): Promise<readonly KubernetesObject[]> {
    const objects: KubernetesObject[] = []
    let from = ''
    do {
      const query = new URLSearchParams({ limit: String(PAGE), labelSelector, continue: from }).toString()
      const request = { method: 'GET', path: `${collectionPath(kind)}?${query}`, repeatable: true } as const
      const answer = await call(asking('list', kind), request, ...(from === '' ? [] : [410]))
      // The state that the pages are taken from is kept for five minutes only: begin again.
      if (answer.status === 410) return await list(kind, labelSelector)
      const page = bodyOf(answer, 'items') as { items: KubernetesObject[]; metadata?: { continue?: string } }
      // Items of a list come without their kind.
      for (const item of page.items) objects.push(seal({ apiVersion: kind.apiVersion, kind: kind.kind, ...item }))
      from = page.metadata?.continue ?? ''
    } while (from !== '')
    return objects
  }

  async function requestToken(request: TokenRequest): Promise<{ token: Secret; expiresAt: Date }> {
    const account = refs.serviceAccount(request.namespace, request.serviceAccount)
    const spec = {
      audiences: request.audiences,
      expirationSeconds: request.expirationSeconds,
      boundObjectRef: request.boundTo,
    }
    const answer = await callWith(
      asking('create', account, 'token'),
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
      { method: 'POST', path: objectPath(account, 'token') },
    )
    const { token, expirationTimestamp } = answer['status'] as { token: string; expirationTimestamp: string }
    return { token: new Secret(token), expiresAt: new Date(expirationTimestamp) }
  }

  /** With a login of one's own, and no client certificate beside it. */
  async function canAs(queries: readonly AccessQuery[], token: Secret): Promise<readonly boolean[]> {
    const { tls } = await connection.authenticate()
    const { cert: _certificate, key: _key, ...server } = tls
    const other = createCluster({
      ...{ name, signal, timeoutMs, fieldManager },
      connection: {
        ...connection,
        login: 'a token',
        authenticate: () =>
          Promise.resolve({ headers: { authorization: `Bearer ${Secret.reveal(token)}` }, tls: server }),
        expiresAt: () => undefined,
      },
    })
    try {
      return await other.can(queries)
    } finally {
      await other.close()
    }
  }

  async function can({ group, subresource, ...query }: AccessQuery): Promise<boolean> {
    const review = await callWith(
      asking('create', reviews.selfSubjectAccess),
      { ...kindOf(reviews.selfSubjectAccess), spec: { resourceAttributes: { ...query, group, subresource } } },
      { method: 'POST', path: collectionPath(reviews.selfSubjectAccess), repeatable: true },
    )
    return (review['status'] as { allowed?: boolean } | undefined)?.allowed === true
  }

  return {
    name,
    server: connection.server,
    certificateAuthority: connection.certificateAuthority,
    get,
    list,
    requestToken,
    async create(kind, object) {
      const { metadata } = object as Partial<KubernetesObject>
      const ref = { ...kind, ...(metadata?.name !== undefined && { name: metadata.name }) }
      const path = `${collectionPath(kind)}?fieldManager=${encodeURIComponent(fieldManager)}`
      return seal(await callWith(asking('create', ref), object, { method: 'POST', path }))
    },
    async apply(ref, object) {
      return seal(
        await callWith(asking('patch', ref), object, {
          method: 'PATCH',
          path: `${objectPath(ref)}?fieldManager=${encodeURIComponent(fieldManager)}&force=false`,
          contentType: 'application/apply-patch+yaml',
          repeatable: true,
        }),
      )
    },
    async replace(ref, object) {
      const path = `${objectPath(ref)}?fieldManager=${encodeURIComponent(fieldManager)}`
      return seal(await callWith(asking('update', ref), object, { method: 'PUT', path }))
    },
    async delete(ref, preconditions) {
      const body = encode({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions })
      const request = {
        method: 'DELETE',
        path: objectPath(ref),
        body,
        contentType: 'application/json',
        repeatable: true,
      } as const
      const asked = asking('delete', ref)
      const answer = await call(asked, request, 404)
      if (answer.status === 404 && statusOf(answer)?.details?.name === undefined) throw errorOfAnswer(asked, answer)
    },
    async readSecret(namespace, secret, key) {
      const data = (await get(refs.secret(namespace, secret)))?.['data'] as Record<string, Secret> | undefined
      return data?.[key]
    },
    namespacedKinds: () =>
      namespacedKinds(async (path, member) => {
        const asked = asking('get', { apiVersion: 'v1', kind: 'APIResourceList', resource: 'apis' })
        return bodyOf(await call(asked, { method: 'GET', path, repeatable: true }), member)
      }),
    can: (queries, as) => (as === undefined ? mapBounded(queries, can) : canAs(queries, as)),
    async tokenIssuer() {
      const path = '/.well-known/openid-configuration'
      const asked = asking('get', { apiVersion: 'v1', kind: 'OpenIDConfiguration', resource: path.slice(1) })
      const answer = await call(asked, { method: 'GET', path, repeatable: true }, 404)
      if (answer.status === 404) return undefined
      const body = bodyOf(answer, 'issuer') as { issuer: unknown; jwks_uri?: unknown }
      const algorithms = (body as Record<string, unknown>)['id_token_signing_alg_values_supported']
      return {
        issuer: redact(String(body.issuer)),
        ...(typeof body.jwks_uri === 'string' && { keys: redact(body.jwks_uri) }),
        algorithms: Array.isArray(algorithms) ? algorithms.map((name) => redact(String(name))) : [],
      }
    },
    async tokenKeys() {
      const path = '/openid/v1/jwks'
      const asked = asking('get', { apiVersion: 'v1', kind: 'JSONWebKeySet', resource: path.slice(1) })
      // It answers 406 to whoever accepts plain JSON alone.
      const accept = 'application/jwk-set+json'
      const answer = await call(asked, { method: 'GET', path, repeatable: true, accept })
      const { keys } = bodyOf(answer, 'keys') as { keys: readonly JsonWebKey[] }
      return pemKeys(keys)
    },
    async version() {
      const asked = asking('get', { apiVersion: 'v1', kind: 'Version', resource: 'version' })
      const answer = await call(asked, { method: 'GET', path: '/version', repeatable: true })
      const { gitVersion } = bodyOf(answer, 'gitVersion') as { gitVersion: string }
      const date = new Date(String(answer.headers['date']))
      return { version: gitVersion, date: Number.isNaN(date.getTime()) ? undefined : date }
    },
    close: () => transport.close(),
  }
}

function kindOf({ apiVersion, kind }: KindRef): { apiVersion: string; kind: string } {
  return { apiVersion, kind }
}
