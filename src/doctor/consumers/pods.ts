import type { KubernetesObject } from '../../kubernetes/index.js'
import { at, objects, text, type Json, type World } from './contract.js'

/** Pods that run, are to run, or failed; not those that have done their work, or are going. */
export const podsOf = (world: World): readonly KubernetesObject[] =>
  (world.get('Pod') ?? []).filter(
    (pod) => pod.metadata.deletionTimestamp === undefined && at(pod, 'status')['phase'] !== 'Succeeded',
  )

/** The service account of a pod: `default`, where it names none. */
export const accountOf = (pod: KubernetesObject) => ({
  namespace: pod.metadata.namespace ?? '',
  name: text(at(pod, 'spec')['serviceAccountName']) ?? 'default',
})

/** All containers of a pod, those that run first too. */
export const containersOf = (pod: KubernetesObject): Json[] => {
  const spec = at(pod, 'spec')
  return [...objects(spec['initContainers']), ...objects(spec['containers'])]
}

/** What made the pod: its ReplicaSet, Job … makes all of its pods alike. Undefined: somebody made it by hand. */
export function controllerOf(pod: KubernetesObject): string | undefined {
  const owner = objects(at(pod, 'metadata')['ownerReferences']).find((one) => one['controller'] === true)
  return text(owner?.['uid'])
}

/** The value of a variable of a container that is written there as it is. */
export const variableOf = (container: Json, name: string): string | undefined =>
  text(objects(container['env']).find((one) => one['name'] === name)?.['value'])

/** The Secrets of its own namespace that a pod reads or mounts, as NAMESPACE/NAME. */
export function secretsOf(pod: KubernetesObject): readonly string[] {
  const volumes = objects(at(pod, 'spec')['volumes']).flatMap((volume) => [
    at(volume, 'secret')['secretName'],
    ...objects(at(volume, 'projected')['sources']).map((source) => at(source, 'secret')['name']),
  ])
  const variables = containersOf(pod).flatMap((container) => [
    ...objects(container['env']).map((one) => at(one, 'valueFrom', 'secretKeyRef')['name']),
    ...objects(container['envFrom']).map((one) => at(one, 'secretRef')['name']),
  ])
  const names = [...volumes, ...variables].flatMap((name) => text(name) ?? [])
  return [...new Set(names)].map((name) => `${pod.metadata.namespace ?? ''}/${name}`)
}

/** The namespace in which a pod with such a container runs. */
export function homeOf(world: World, isMeant: (container: Json) => boolean): KubernetesObject | undefined {
  return world.get('Pod')?.find((pod) => containersOf(pod).some(isMeant))
}
