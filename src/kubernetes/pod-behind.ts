import { IceError, KUBERNETES } from '../catalogue/index.js'
import type { Cluster, KindRef, KubernetesObject, ObjectRef } from './types.js'

/** A port of a service or of a pod. */
export type ForwardTarget = {
  readonly namespace: string
  /** Of the service, where it is one. */
  readonly port: number
} & ({ readonly service: string; readonly pod?: undefined } | { readonly pod: string; readonly service?: undefined })

export interface PodPort {
  readonly pod: ObjectRef
  readonly port: number
}

const pods = (namespace: string): KindRef => ({ apiVersion: 'v1', kind: 'Pod', resource: 'pods', namespace })

interface Service extends KubernetesObject {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>
    readonly ports?: ReadonlyArray<{ readonly port: number; readonly targetPort?: number | string }>
  }
}

interface Pod extends KubernetesObject {
  readonly spec?: {
    readonly containers?: ReadonlyArray<{
      readonly ports?: ReadonlyArray<{ readonly name?: string; readonly containerPort: number }>
    }>
  }
  readonly status?: {
    readonly phase?: string
    readonly conditions?: ReadonlyArray<{ readonly type: string; readonly status: string }>
  }
}

/**
 * The pod that is meant, and the port in it. Of a service's pods one that is ready is taken, or else one that runs: a sealed
 * Vault is not ready, and says so itself.
 * @throws IceError KUBERNETES.nothingToForwardTo
 */
export async function podBehind(cluster: Cluster, target: ForwardTarget): Promise<PodPort> {
  const { namespace, port } = target
  const fail = (why: string): IceError =>
    new IceError(KUBERNETES.nothingToForwardTo, {
      message: `Nothing can be forwarded from cluster ${cluster.name}: ${why}.`,
      evidence: { cluster: cluster.name, namespace },
    })
  if (target.pod !== undefined) {
    const ref = { ...pods(namespace), name: target.pod }
    const pod = (await cluster.get(ref)) as Pod | undefined
    if (pod === undefined) throw fail(`there is no pod ${namespace}/${target.pod}`)
    if (!isRunning(pod)) throw fail(`the pod ${namespace}/${target.pod} is ${pod.status?.phase ?? 'not running'}`)
    return { pod: ref, port }
  }
  const name = `${namespace}/${target.service}`
  const ref = { apiVersion: 'v1', kind: 'Service', resource: 'services', namespace, name: target.service }
  const service = (await cluster.get(ref)) as Service | undefined
  if (service === undefined) throw fail(`there is no service ${name}`)
  const selector = Object.entries(service.spec?.selector ?? {})
  if (selector.length === 0) throw fail(`the service ${name} selects no pods`)
  const ports = service.spec?.ports ?? []
  const meant = ports.find((each) => each.port === port)
  if (meant === undefined) {
    throw fail(`the service ${name} has no port ${port}; it has ${ports.map((each) => each.port).join(', ') || 'none'}`)
  }
  const labels = selector.map(([key, value]) => `${key}=${value}`).join(',')
  const running = ((await cluster.list(pods(namespace), labels)) as readonly Pod[]).filter(isRunning)
  const pod = running.find(isReady) ?? running[0]
  if (pod === undefined) throw fail(`no pod of the service ${name} is running`)
  const { targetPort = port } = meant
  const inPod = typeof targetPort === 'number' ? targetPort : portNamed(pod, targetPort)
  if (inPod === undefined) throw fail(`the pod ${pod.metadata.name} has no port named ${String(targetPort)}`)
  return { pod: { ...pods(namespace), name: pod.metadata.name }, port: inPod }
}

const isRunning = ({ metadata, status }: Pod): boolean =>
  status?.phase === 'Running' && metadata.deletionTimestamp === undefined

const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true

const portNamed = ({ spec }: Pod, name: string): number | undefined =>
  spec?.containers?.flatMap(({ ports = [] }) => ports).find((each) => each.name === name)?.containerPort
