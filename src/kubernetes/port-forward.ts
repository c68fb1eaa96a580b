import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { Duplex, pipeline } from 'node:stream'
import type { WebSocket } from 'undici'
import { IceError, isIceError, KUBERNETES } from '../catalogue/index.js'
import type { Emit } from '../events/index.js'
import { failureOf } from '../http/failure.js'
import { connectTo } from './dispatcher.js'
import { objectPath } from './path.js'
import { podBehind, type ForwardTarget, type PodPort } from './pod-behind.js'
import { clean } from './status.js'
import type { Cluster, Connection } from './types.js'

export type { ForwardTarget }

export interface PortForwardOptions {
  readonly connection: Connection
  readonly cluster: Cluster
  readonly target: ForwardTarget
  /** Milliseconds, for each connection to come about. */
  readonly timeoutMs: number
  /** Hears why a later connection did not come about. */
  readonly emit: Emit
}

export interface PortForward {
  /** On 127.0.0.1; every program of this machine reaches it while it is open, as with `kubectl port-forward`. */
  readonly port: number
  close(): Promise<void>
}

/**
 * Makes a port of a pod reachable on loopback, through the API server. The first connection is tried at once, so that
 * whatever stands in the way is told here; a service is looked at again for each connection, since its pods change.
 * @throws IceError KUBERNETES.nothingToForwardTo, notForwarded, forbidden, and whatever the cluster says
 */
export async function openPortForward(options: PortForwardOptions): Promise<PortForward> {
  const { emit } = options
  const open = new Set<Duplex>()
  const dial = async (): Promise<Duplex> => {
    const tunnel = await dialPod(options, await podBehind(options.cluster, options.target))
    tunnel.on('error', (error) => {
      if (isIceError(error)) emit({ type: 'note', level: 'warning', code: error.code, text: error.message })
    })
    open.add(tunnel)
    tunnel.once('close', () => open.delete(tunnel))
    return tunnel
  }
  let first: Duplex | undefined = await dial()

  async function serve(socket: Socket): Promise<void> {
    open.add(socket)
    socket.once('close', () => open.delete(socket)).on('error', () => undefined)
    const ready = first?.destroyed === false ? first : undefined
    first = undefined
    try {
      const tunnel = ready ?? (await dial())
      // What ends or breaks on one side ends the other.
      pipeline(socket, tunnel, socket, () => undefined)
    } catch (error) {
      if (isIceError(error)) emit({ type: 'note', level: 'warning', code: error.code, text: error.message })
      socket.destroy()
    }
  }

  const server = createServer((socket) => void serve(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const each of open) each.destroy()
      await closed
    },
  }
}

/** The subprotocol of channels, which every kubelet speaks (k8s.io/cri-streaming, portforward/websocket.go). */
const PROTOCOL = 'v4.channel.k8s.io'

async function dialPod(
  { connection, cluster, timeoutMs }: PortForwardOptions,
  { pod, port }: PodPort,
): Promise<Duplex> {
  const { headers, tls } = await connection.authenticate()
  const connections = await connectTo(connection, tls, timeoutMs)
  const address = `${connection.server.replace(/^http/, 'ws')}${objectPath(pod, 'portforward')}?ports=${port}`
  const socket = await connections.webSocket(address, PROTOCOL, headers)
  try {
    await opened(socket, timeoutMs)
  } catch (error) {
    socket.close()
    await connections.close()
    throw await whyNot(cluster, { pod, port }, error)
  }
  const tunnel = tunnelOver(socket, { pod, port })
  tunnel.once('close', () => void connections.close())
  return tunnel
}

function opened(socket: WebSocket, timeoutMs: number): Promise<void> {
  socket.binaryType = 'arraybuffer'
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => reject(Object.assign(new Error('no answer'), { code: 'TIMEOUT' })), timeoutMs)
  socket.addEventListener('open', () => resolve(undefined))
  socket.addEventListener('error', ({ error }) => reject(error))
  return promise.finally(() => clearTimeout(timer))
}

/** A WebSocket tells nothing of an answer that refuses it, so the API server is asked what the user may do. */
async function whyNot(cluster: Cluster, { pod, port }: PodPort, error: unknown): Promise<IceError> {
  const [namespace = '', name] = [pod.namespace, pod.name]
  const verbs = ['get', 'create']
  const query = { group: '', resource: 'pods', subresource: 'portforward', namespace, name }
  const may = await cluster.can(verbs.map((verb) => ({ verb, ...query })))
  const lacking = verbs.filter((_, index) => may[index] === false)
  if (lacking.length > 0) {
    return new IceError(KUBERNETES.forbidden, {
      message: `The user may not forward ports of pods in the namespace ${namespace} of cluster ${cluster.name}.`,
      evidence: { cluster: cluster.name, namespace, needs: `${lacking.join(', ')} on pods/portforward` },
    })
  }
  const { code } = failureOf(error, false)
  return new IceError(KUBERNETES.notForwarded, {
    message: `The API server of cluster ${cluster.name} does not connect us to port ${port} of the pod ${namespace}/${name}.`,
    evidence: { cluster: cluster.name, server: cluster.server, reason: code },
  })
}

const DATA = 0
const ERROR = 1

/**
 * The data of one connection. Each message begins with the number of its channel; the first of each channel is the port,
 * and whatever comes on the channel of errors afterwards is the kubelet's own account of what went wrong.
 */
function tunnelOver(socket: WebSocket, { pod, port }: PodPort): Duplex {
  const begun = new Set<number>()
  const tunnel = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      socket.send(Buffer.concat([Buffer.of(DATA), chunk]))
      done()
    },
    final(done) {
      socket.close()
      done()
    },
    destroy(error, done) {
      socket.close()
      done(error)
    },
  })
  socket.addEventListener('message', ({ data }) => {
    const message = Buffer.from(data as ArrayBuffer)
    const channel = message[0] ?? ERROR
    if (!begun.has(channel)) return void begun.add(channel)
    if (channel === DATA) tunnel.push(message.subarray(1))
    else tunnel.destroy(broken(pod.name, port, message.subarray(1).toString()))
  })
  socket.addEventListener('close', () => {
    if (!tunnel.destroyed) tunnel.push(null)
  })
  socket.addEventListener('error', () => tunnel.destroy())
  return tunnel
}

const broken = (pod: string, port: number, said: string): IceError =>
  new IceError(KUBERNETES.notForwarded, { message: `Port ${port} of the pod ${pod}: ${clean(said)}` })
