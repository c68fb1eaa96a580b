import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { connect, createServer, type Server } from 'node:net'
import { text } from 'node:stream/consumers'
import { KUBERNETES } from '../../src/catalogue/index.js'
import type { IceEvent } from '../../src/events/index.js'
import {
  createCluster,
  loadConnection,
  openPortForward,
  refs,
  type Cluster,
  type Connection,
} from '../../src/kubernetes/index.js'
import type { ForwardTarget, PortForward } from '../../src/kubernetes/port-forward.js'
import { Secret } from '../../src/secrets/index.js'
import { servers } from '../servers/index.js'
import { startFakeKubelet, type FakeKubelet } from './fake-kubelet.js'
import { listen } from './https-server.js'

const namespace = `forward-${randomBytes(4).toString('hex')}`
const { signal } = new AbortController()
let connection: Connection
let cluster: Cluster
let kubelet: FakeKubelet
let echo: Server
let forward: PortForward | undefined
const events: IceEvent[] = []

const clusterAt = (at: Connection) =>
  createCluster({ name: 'demo', connection: at, signal, timeoutMs: 20_000, fieldManager: 'test' })

beforeAll(async () => {
  const { kubeconfig, context } = servers()
  connection = await loadConnection({ kubeconfig, context })
  cluster = await clusterAt(connection)
  kubelet = await startFakeKubelet(connection, cluster, namespace)
  echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket))
  kubelet.leadTo(await listen(echo))
  await kubelet.pod('vault-0', { labels: { app: 'vault' }, ready: false })
  await kubelet.pod('vault-1', { labels: { app: 'vault' }, ports: [{ name: 'api', containerPort: 8200 }] })
  await kubelet.pod('vault-2', { labels: { app: 'vault' }, running: false })
  await kubelet.service('vault', { app: 'vault' }, { port: 443, targetPort: 'api' })
})
afterEach(async () => {
  await forward?.close()
  forward = undefined
  events.length = 0
})
afterAll(async () => {
  echo.close()
  await kubelet.close()
  await cluster.close()
})

const open = async (target: Partial<ForwardTarget>, at = connection, as = cluster): Promise<PortForward> => {
  const options = { timeoutMs: 10_000, emit: (event: IceEvent) => void events.push(event) }
  forward = await openPortForward({
    ...options,
    connection: at,
    cluster: as,
    target: { namespace, port: 8200, ...target },
  })
  return forward
}

async function expectSoon(check: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100 && !check(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 50))
  expect(check()).toBe(true)
}

/** Sends data and takes as much back. */
function roundTrip(port: number, data: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let back = Buffer.alloc(0)
    const socket = connect(port, '127.0.0.1', () => socket.write(data))
    socket.on('error', reject).on('data', (piece) => {
      back = Buffer.concat([back, piece])
      if (back.length < data.length) return
      resolve(back)
      socket.end()
    })
  })
}

test('data of every length comes through the API server and back, on several connections at once', async () => {
  const { port } = await open({ pod: 'vault-1' })
  const lengths = [1, 125, 126, 65_535, 65_536, 3_000_000]
  const data = lengths.map((length) => randomBytes(length))
  const back = await Promise.all(data.map((each) => roundTrip(port, each)))
  expect(back.map((each, index) => each.equals(data[index]!))).toEqual(lengths.map(() => true))
  expect(new Set(kubelet.requests)).toEqual(new Set([`/portForward/${namespace}/vault-1?port=8200`]))
  expect(events).toEqual([])
  await forward!.close()
  await expectSoon(() => kubelet.open() === 0)
})

test('of a service a ready pod is taken, and its port by name', async () => {
  kubelet.requests.length = 0
  const { port } = await open({ service: 'vault', port: 443 })
  expect(String(await roundTrip(port, Buffer.from('hello')))).toBe('hello')
  expect(kubelet.requests).toEqual([`/portForward/${namespace}/vault-1?port=8200`])
})

test('what is missing is said before anything listens', async () => {
  await kubelet.service('none', { app: 'none' }, { port: 8200 })
  await kubelet.service('outside', undefined, { port: 8200 })
  const none = { code: KUBERNETES.nothingToForwardTo.code, exitCode: 6 }
  const cases: [Partial<ForwardTarget>, string][] = [
    [{ pod: 'vault-9' }, `there is no pod ${namespace}/vault-9`],
    [{ pod: 'vault-2' }, `the pod ${namespace}/vault-2 is Pending`],
    [{ service: 'gone' }, `there is no service ${namespace}/gone`],
    [{ service: 'vault', port: 8200 }, 'has no port 8200; it has 443'],
    [{ service: 'none' }, 'no pod of the service'],
    [{ service: 'outside' }, 'selects no pods'],
  ]
  for (const [target, words] of cases)
    await expect(open(target)).rejects.toMatchObject({ ...none, message: expect.stringContaining(words) })
})

test('where nothing listens in the pod the kubelet’s own words are told', async () => {
  const before = echo.address() as { port: number }
  kubelet.leadTo(undefined)
  const { port } = await open({ pod: 'vault-1' })
  const socket = connect(port, '127.0.0.1')
  expect(await text(socket).catch(() => '')).toBe('')
  await expectSoon(() => events.length > 0)
  expect(events).toContainEqual(
    expect.objectContaining({ level: 'warning', text: expect.stringContaining('connection refused') }),
  )
  kubelet.leadTo(before.port)
})

test('who may not forward ports is told which right is missing', async () => {
  await cluster.create(refs.serviceAccount(namespace, ''), {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'weak', namespace },
  })
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', namespace }
  const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] }
  await cluster.create(
    { ...rbac, kind: 'Role', resource: 'roles' },
    { apiVersion: rbac.apiVersion, kind: 'Role', metadata: { name: 'weak', namespace }, rules: [rule] },
  )
  await cluster.create(
    { ...rbac, kind: 'RoleBinding', resource: 'rolebindings' },
    {
      apiVersion: rbac.apiVersion,
      kind: 'RoleBinding',
      metadata: { name: 'weak', namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'weak' },
      subjects: [{ kind: 'ServiceAccount', name: 'weak', namespace }],
    },
  )
  const { token } = await cluster.requestToken({
    namespace,
    serviceAccount: 'weak',
    audiences: [],
    expirationSeconds: 600,
  })
  const { tls } = await connection.authenticate()
  const weak: Connection = {
    ...connection,
    authenticate: () =>
      Promise.resolve({
        headers: { Authorization: `Bearer ${Secret.reveal(token)}` },
        tls: tls.ca === undefined ? {} : { ca: tls.ca },
      }),
  }
  const as = await clusterAt(weak)
  const failure = open({ pod: 'vault-1' }, weak, as)
  await expect(failure).rejects.toMatchObject({
    code: KUBERNETES.forbidden.code,
    exitCode: 5,
    details: { evidence: { needs: 'get, create on pods/portforward' } },
  })
  await as.close()
})

test('a kubelet that is not there is an error of its own', async () => {
  const closed = await startFakeKubelet(connection, cluster, `${namespace}-b`)
  await closed.pod('vault-0')
  const port = await open({ namespace: `${namespace}-b`, pod: 'vault-0' })
  await port.close()
  await closed.deafen()
  await expect(open({ namespace: `${namespace}-b`, pod: 'vault-0' })).rejects.toMatchObject({
    code: KUBERNETES.notForwarded.code,
    exitCode: 6,
  })
  await closed.close()
})
