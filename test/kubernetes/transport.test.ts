import { createServer as createTcpServer, connect } from 'node:net'
import { createServer as createHttpServer } from 'node:http'
import { afterEach, expect, test } from '@jest/globals'
import { createCluster, refs, type Cluster, type Connection } from '../../src/kubernetes/index.js'
import { createAuthority } from '../../src/sandbox/certificates.js'
import { connectionTo, json, listen, startFaultServer, type FaultServer, type Reply } from './https-server.js'

const account = refs.serviceAccount('app', 'web')
const object = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'web', namespace: 'app' } }
const busy = { kind: 'Status', reason: 'TooManyRequests', code: 429 }

const opened: { close(): Promise<void> | void }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

async function cluster(
  connection: Connection,
  timeoutMs = 5_000,
  signal = new AbortController().signal,
): Promise<Cluster> {
  const made = await createCluster({ name: 'demo', connection, signal, timeoutMs, fieldManager: 'icebreaker' })
  opened.push(made)
  return made
}

async function serve(reply: Reply): Promise<FaultServer & { cluster: Cluster }> {
  const server = await startFaultServer(reply)
  opened.push(server)
  return { ...server, cluster: await cluster(server.connection) }
}

/** Answers the first request with the fault, all later ones well. */
const once =
  (fault: Reply): Reply =>
  (request, response, count) =>
    count === 1 ? fault(request, response, count) : json(response, 200, object)

const reset: Reply = (request) => request.socket.destroy()
const cut: Reply = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' })
  response.write('{"kind":"ServiceAcc', () => response.socket?.destroy())
}

test.each([
  ['a reset connection', reset],
  ['an answer that breaks off', cut],
  ['429 with Retry-After', (_q, response) => json(response, 429, busy, { 'retry-after': '0' })],
  ['500', (_q, response) => json(response, 500, { kind: 'Status', message: 'failed calling webhook' })],
  ['503 of a load balancer', (_q, response) => response.writeHead(503).end('<html>')],
])('after %s a read, an apply and a delete are repeated', async (_name, fault) => {
  const actions = [
    (k: Cluster) => k.get(account),
    (k: Cluster) => k.apply(account, object),
    (k: Cluster) => k.delete(account),
  ]
  for (const action of actions) {
    const server = await serve(once(fault))
    await action(server.cluster)
    expect(server.requests).toHaveLength(2)
  }
})

test.each([
  ['reset', reset],
  ['cut', cut],
])('a create whose answer is lost (%s) is not repeated, and its outcome is called unknown', async (_name, fault) => {
  const server = await serve(once(fault))
  await expect(server.cluster.create(account, object)).rejects.toMatchObject({ code: 'ICE3110', exitCode: 1 })
  expect(server.requests).toHaveLength(1)
})

test('a create is repeated after 429, which says that nothing was done, but not after 500', async () => {
  const held = await serve(once((_q, response) => json(response, 429, busy, { 'retry-after': '0' })))
  await held.cluster.create(account, object)
  expect(held.requests).toHaveLength(2)

  const failing = await serve(once((_q, response) => json(response, 500, { kind: 'Status', message: 'etcd' })))
  await expect(failing.cluster.create(account, object)).rejects.toMatchObject({ code: 'ICE3109', exitCode: 1 })
  expect(failing.requests).toHaveLength(1)
})

test('a create is repeated where no connection came about', async () => {
  const server = await startFaultServer((_q, response) => json(response, 201, object))
  opened.push(server)
  let connections = 0
  let closing = () => connections === 1
  const gate = createTcpServer((socket) => {
    connections += 1
    if (closing()) return void socket.destroy()
    const upstream = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.pipe(upstream).pipe(socket)
    for (const end of [socket, upstream]) end.on('error', () => undefined)
  })
  const port = await listen(gate)
  opened.push({ close: () => void gate.close() })
  const k = await cluster(connectionTo(`https://127.0.0.1:${port}`, server.connection.certificateAuthority!))
  await k.create(account, object)
  expect(connections).toBe(2)
  expect(server.requests).toHaveLength(1)

  closing = () => true
  const shut = await cluster(connectionTo(`https://127.0.0.1:${port}`, server.connection.certificateAuthority!))
  await expect(shut.create(account, object)).rejects.toMatchObject({
    code: 'ICE3101',
    exitCode: 6,
    message: expect.stringContaining('in the middle of the TLS handshake'),
  })
})

test('an apply that may have been done once stays unknown when the server is gone at the next attempt', async () => {
  const server = await serve((request) => {
    request.socket.destroy()
    void server.close()
  })
  await expect(server.cluster.apply(account, object)).rejects.toMatchObject({ code: 'ICE3110' })
})

test('a server that never answers is given up in time: a read as timed out, a write as unknown', async () => {
  const server = await startFaultServer(() => undefined)
  opened.push(server)
  const k = await cluster(server.connection, 300)
  await expect(k.get(account)).rejects.toMatchObject({ code: 'ICE3102', exitCode: 6 })
  await expect(k.apply(account, object)).rejects.toMatchObject({ code: 'ICE3110' })
})

test('an abort ends a request and a wait with the signal’s reason', async () => {
  const server = await startFaultServer((_q, response, count) => {
    if (count === 1) json(response, 429, busy, { 'retry-after': '4' })
  })
  opened.push(server)
  for (const _case of ['waiting', 'asking']) {
    const abort = new AbortController()
    const k = await cluster(server.connection, 5_000, abort.signal)
    setTimeout(() => abort.abort(new Error('Ctrl-C')), 100)
    await expect(k.get(account)).rejects.toThrow('Ctrl-C')
  }
})

/** A fake that takes connections and never says a word. */
async function silent(onConnection: () => void = () => undefined): Promise<Connection> {
  const server = createTcpServer((socket) => {
    socket.resume().on('error', () => undefined)
    onConnection()
  })
  const port = await listen(server)
  opened.push({ close: () => void server.close() })
  return connectionTo(`https://127.0.0.1:${port}`, (await createAuthority('nobody')).certificate)
}

test('an abort ends also requests that wait for a handshake, or for their turn', async () => {
  const abort = new AbortController()
  const connection = await silent(() => abort.abort(new Error('Ctrl-C')))
  const k = await cluster(connection, 60_000, abort.signal)
  const calls = Array.from({ length: 40 }, () => k.create(account, object))
  for (const outcome of await Promise.allSettled(calls))
    expect(outcome).toMatchObject({ reason: { message: 'Ctrl-C' } })
}, 9_000)

test('a write that has never been sent when its time is over has failed, and is not called unknown', async () => {
  const k = await cluster(await silent(), 300)
  await expect(k.create(account, object)).rejects.toMatchObject({ code: 'ICE3102', exitCode: 6 })
})

test('after 401 new credentials are asked for once, for all requests together', async () => {
  const server = await startFaultServer((request, response) =>
    request.headers.authorization === 'Bearer new'
      ? json(response, 200, object)
      : json(response, 401, { kind: 'Status', reason: 'Unauthorized' }),
  )
  opened.push(server)
  const renewals: boolean[] = []
  const k = await cluster({
    ...server.connection,
    authenticate: async (renew = false) => {
      renewals.push(renew)
      const tls = { ca: server.connection.certificateAuthority! }
      return { headers: { Authorization: renew ? 'Bearer new' : 'Bearer old' }, tls }
    },
  })
  await Promise.all(Array.from({ length: 8 }, () => k.get(account)))
  expect(renewals).toEqual([false, true])
})

test('credentials that are refused and stay the same are not sent again', async () => {
  const server = await serve((_q, response) => json(response, 401, { kind: 'Status', reason: 'Unauthorized' }))
  await expect(server.cluster.get(account)).rejects.toMatchObject({
    code: 'ICE3201',
    exitCode: 5,
    message: expect.stringContaining('user tester of context test (token)'),
  })
  expect(server.requests).toHaveLength(1)
})

test('credentials that have run out are said to', async () => {
  const server = await startFaultServer((_q, response) => json(response, 401, {}))
  opened.push(server)
  const k = await cluster({ ...server.connection, expiresAt: () => new Date('2020-01-02T03:04:05Z') })
  await expect(k.get(account)).rejects.toThrow('it expired at 2020-01-02T03:04:05.000Z')
})

test('a path in the server’s address stands before every request', async () => {
  const server = await startFaultServer((_q, response) => json(response, 200, { gitVersion: 'v1.36.3' }))
  opened.push(server)
  const k = await cluster({ ...server.connection, server: `${server.url}/k8s/clusters/c-1` })
  expect(await k.version()).toMatchObject({ version: 'v1.36.3', date: expect.any(Date) })
  expect(server.requests).toEqual(['GET /k8s/clusters/c-1/version'])
})

test('a list begins again when its continuation has expired', async () => {
  const page = (continued: string) => ({ kind: 'SecretList', metadata: { continue: continued }, items: [object] })
  const server = await serve((_q, response, count) =>
    count === 2
      ? json(response, 410, { kind: 'Status', reason: 'Expired' })
      : json(response, 200, page(count === 4 ? '' : 'next')),
  )
  expect(await server.cluster.list(account)).toHaveLength(2)
  expect(server.requests).toHaveLength(4)
})

test('the proxy of the kubeconfig is used, and a proxy that refuses is named', async () => {
  const server = await startFaultServer((_q, response) => json(response, 200, object))
  let refusing = false
  const tunnels: string[] = []
  const proxy = createHttpServer().on('connect', (request, socket) => {
    tunnels.push(request.url ?? '')
    if (refusing) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    const upstream = connect(Number(new URL(server.url).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(upstream).pipe(socket)
    })
    for (const end of [socket, upstream]) end.on('error', () => undefined)
  })
  const port = await listen(proxy)
  opened.push(server, { close: () => void proxy.close() })
  const through = { ...server.connection, proxy: `http://127.0.0.1:${port}` }
  await (await cluster(through)).get(account)
  expect(tunnels).toEqual([new URL(server.url).host])
  refusing = true
  await expect((await cluster(through)).get(account)).rejects.toMatchObject({
    code: 'ICE3101',
    message: expect.stringContaining('the proxy does not let us through'),
  })
})

test.each([
  ['a login page', 200, '<html>Log in</html>', 'text/html'],
  ['a redirect to one', 302, '', 'text/html'],
  ['JSON of something else', 200, '{"hello":1}', 'application/json'],
  ['a web server’s 404', 404, '<html>Not Found</html>', 'text/html'],
  ['a firewall’s 403', 403, 'Blocked', 'text/plain'],
])('%s is no Kubernetes API, above all no missing object', async (_name, status, body, type) => {
  const server = await serve((_q, response) => response.writeHead(status, { 'content-type': type }).end(body))
  await expect(server.cluster.get(account)).rejects.toMatchObject({
    code: 'ICE3107',
    exitCode: 6,
    details: { evidence: { status, 'content type': type } },
  })
})

test('what the server says reaches an error message only without secrets and control characters', async () => {
  const message = 'denied the request: token=eyJhbGciOi.eyJzdWIi.c2ln \u001b[31m\u202e' + 'x'.repeat(9_000)
  const server = await serve((_q, response) => json(response, 400, { kind: 'Status', message }))
  const error = (await server.cluster.apply(account, object).catch((reason: unknown) => reason)) as Error
  expect(JSON.stringify([error.message, (error as never as { details: unknown }).details])).not.toMatch(
    /eyJ|\\u001b|\u001b|\u202e|x{500}/,
  )
  expect(error).toMatchObject({ code: 'ICE3308' })
})
