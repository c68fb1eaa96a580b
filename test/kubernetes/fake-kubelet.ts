import { createHash } from 'node:crypto'
import { createServer } from 'node:https'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { refs, type Cluster, type Connection } from '../../src/kubernetes/index.js'
import { createTransport } from '../../src/kubernetes/transport.js'
import { createAuthority } from '../../src/sandbox/certificates.js'
import { listen } from './https-server.js'

/**
 * A node whose kubelet is a fake: it does nothing but forward ports, and leads every port of every pod to one port of this
 * machine. The API server in front of it is real, and so is what listens behind it. (The way Kubernetes' own integration
 * tests do it: test/integration/apiserver/portforward.)
 */
export interface FakeKubelet {
  /** As the API server passed them on: `/portForward/NAMESPACE/POD?port=8200`. */
  readonly requests: string[]
  /** Connections that are open now. */
  readonly open: () => number
  /** Where it leads to from now on; undefined: to nothing, as where no process listens in the pod. */
  leadTo(port: number | undefined): void
  /** A pod on the node, running unless told otherwise. */
  pod(
    name: string,
    options?: {
      readonly labels?: object
      readonly ports?: object[]
      readonly running?: boolean
      readonly ready?: boolean
    },
  ): Promise<void>
  service(name: string, selector: object | undefined, port: object): Promise<void>
  /** Nothing listens any more, as on a node that is down. */
  deafen(): Promise<void>
  close(): Promise<void>
}

export async function startFakeKubelet(
  connection: Connection,
  cluster: Cluster,
  namespace: string,
): Promise<FakeKubelet> {
  let target: number | undefined
  const requests: string[] = []
  const sockets = new Set<Duplex>()
  const authority = await createAuthority('fake kubelet')
  const { certificate, key } = await authority.server()
  const server = createServer({ cert: certificate, key })
  server.on('upgrade', (request, socket: Socket) => {
    requests.push(request.url ?? '')
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket)).on('error', () => undefined)
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n`,
    )
    forward(socket, Number(new URL(request.url ?? '', 'https://kubelet').searchParams.get('port')), target)
  })
  const port = await listen(server)
  const send = await rawSender(connection)
  const node = `fake-kubelet-${namespace}`
  const v1 = { apiVersion: 'v1' }
  await send('POST', '/api/v1/namespaces', { ...v1, kind: 'Namespace', metadata: { name: namespace } })
  await send('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, {
    ...v1,
    kind: 'ServiceAccount',
    metadata: { name: 'vault' },
  })
  await send('POST', '/api/v1/nodes', {
    ...v1,
    kind: 'Node',
    metadata: { name: node },
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
    },
  })
  const pods: string[] = []
  async function deafen(): Promise<void> {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }

  return {
    requests,
    open: () => sockets.size,
    leadTo: (to) => {
      target = to
    },
    async pod(name, { labels = {}, ports = [], running = true, ready = true } = {}) {
      const path = `/api/v1/namespaces/${namespace}/pods`
      await send('POST', path, {
        ...v1,
        kind: 'Pod',
        metadata: { name, labels },
        spec: {
          nodeName: node,
          serviceAccountName: 'vault',
          automountServiceAccountToken: false,
          containers: [{ name: 'vault', image: 'none', ports }],
        },
      })
      pods.push(`${path}/${name}`)
      const status = {
        phase: running ? 'Running' : 'Pending',
        conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      }
      await send('PATCH', `${path}/${name}/status`, { status }, 'application/merge-patch+json')
    },
    async service(name, selector, servicePort) {
      await send('POST', `/api/v1/namespaces/${namespace}/services`, {
        ...v1,
        kind: 'Service',
        metadata: { name },
        spec: { selector, ports: [servicePort] },
      })
    },
    deafen,
    async close() {
      await deafen()
      // Nobody else tells that a pod of this node has ended.
      for (const pod of pods) await send('DELETE', pod, { ...v1, kind: 'DeleteOptions', gracePeriodSeconds: 0 })
      await send('DELETE', `/api/v1/nodes/${node}`, { ...v1, kind: 'DeleteOptions' })
      await cluster.delete(refs.namespace(namespace))
      await send.close()
    },
  }
}

/** Calls that the product never makes. */
async function rawSender(connection: Connection) {
  const transport = createTransport(connection, new AbortController().signal, 20_000)
  const send = async (
    method: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body: object,
    contentType = 'application/json',
  ): Promise<void> => {
    const answer = await transport.send({ method, path, body: JSON.stringify(body), contentType, repeatable: false })
    if ('failure' in answer || answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`)
  }
  return Object.assign(send, { close: () => transport.close() })
}

/** As k8s.io/cri-streaming does it: the port on each channel first, then data on 0; what goes wrong is said on 1. */
function forward(client: Duplex, port: number, target: number | undefined): void {
  const tell = (channel: number, data: Buffer): void =>
    void client.write(frame(Buffer.concat([Buffer.of(channel), data])))
  const number = Buffer.alloc(2)
  number.writeUInt16LE(port)
  tell(0, number)
  tell(1, number)
  const inside = connect(target ?? 1, '127.0.0.1')
  inside.on('data', (data) => tell(0, data))
  inside.on('error', () => {
    tell(1, Buffer.from(`error forwarding port ${port} to pod: connection refused`))
    client.end()
  })
  inside.on('close', () => client.end())
  client.on('close', () => inside.destroy())
  let rest: Buffer = Buffer.alloc(0)
  client.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data])
    for (let next = unframe(rest); next !== undefined; next = unframe(rest)) {
      rest = next.rest
      if (next.opcode === 8) return void client.end()
      if (next.opcode === 2) inside.write(next.payload.subarray(1))
    }
  })
}

/** A message of a server: final, binary, without a mask (RFC 6455, 5.2). */
function frame(payload: Buffer): Buffer {
  const { length } = payload
  if (length < 126) return Buffer.concat([Buffer.of(0x82, length), payload])
  const head = Buffer.alloc(length < 65_536 ? 4 : 10)
  head.writeUInt8(0x82, 0)
  head.writeUInt8(length < 65_536 ? 126 : 127, 1)
  if (length < 65_536) head.writeUInt16BE(length, 2)
  else head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}

/** The first whole message of a client, which masks what it sends. */
function unframe(data: Buffer): { opcode: number; payload: Buffer; rest: Buffer } | undefined {
  if (data.length < 6) return undefined
  const short = data.readUInt8(1) & 0x7f
  const at = short === 126 ? 4 : short === 127 ? 10 : 2
  if (data.length < at + 4) return undefined
  const length = short === 126 ? data.readUInt16BE(2) : short === 127 ? Number(data.readBigUInt64BE(2)) : short
  const end = at + 4 + length
  if (data.length < end) return undefined
  const mask = data.subarray(at, at + 4)
  const payload = Buffer.from(data.subarray(at + 4, end).map((byte, index) => byte ^ (mask[index % 4] ?? 0)))
  return { opcode: data.readUInt8(0) & 0x0f, payload, rest: data.subarray(end) }
}
