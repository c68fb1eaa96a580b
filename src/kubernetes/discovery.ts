import { isIceError, KUBERNETES } from '../catalogue/index.js'
import { mapBounded } from '../http/limit.js'
import type { KindRef } from './types.js'

/** One `APIResourceList` of the discovery API, as far as it is looked at. */
interface ResourceList {
  readonly groupVersion: string
  readonly resources: ReadonlyArray<{
    readonly name: string
    readonly kind: string
    readonly namespaced: boolean
    readonly verbs: readonly string[]
  }>
}

interface GroupList {
  readonly groups: ReadonlyArray<{ readonly versions: ReadonlyArray<{ readonly groupVersion: string }> }>
}

/**
 * The kinds that can be listed in a namespace, each in one of its versions: some exist only in one that is not preferred.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
 * @param read GET of a path of the API; `member`: what its answer must have
 */
export async function namespacedKinds(
  read: (path: string, member: string) => Promise<unknown>,
): Promise<readonly KindRef[]> {
  const { groups } = (await read('/apis', 'groups')) as GroupList
  const paths = [
    '/api/v1',
    ...groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => `/apis/${groupVersion}`)),
  ]
  const lists = await mapBounded(paths, async (path) => {
    try {
      return [(await read(path, 'resources')) as ResourceList]
    } catch (error) {
      // A definition that is just being made or removed is named before it is served, or after: nothing is there to be listed.
      if (isIceError(error) && error.code === KUBERNETES.notServed.code) return []
      throw error
    }
  })
  const kinds = lists
    .flat()
    .flatMap(({ groupVersion, resources }) =>
      resources
        .filter(({ name, namespaced, verbs }) => namespaced && verbs.includes('list') && !name.includes('/'))
        .map(({ name, kind }) => ({ apiVersion: groupVersion, kind, resource: name })),
    )
  const byName = new Map(kinds.map((kind) => [`${groupOf(kind.apiVersion)}/${kind.resource}`, kind]))
  return [...byName.values()]
}

const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '')
