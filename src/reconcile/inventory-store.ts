import { APPLY, IceError, isIceError } from '../catalogue/index.js'
import type { Address, ApiCall } from '../kinds/contract.js'
import { MANAGED_BY, ownLabels, ownerOf, TOOL } from '../kinds/kubernetes-object.js'
import { refs, type Cluster, type KubernetesObject } from '../kubernetes/index.js'
import { emptyInventory, type Inventory } from './inventory.js'

/** The object's limit is 1 MiB; a little is left for the rest of it. */
const LIMIT = 1_000_000
const KEY = 'inventory.json'
const COMPONENT = 'app.kubernetes.io/component'

/** The ConfigMap that holds a file's inventory. */
export interface InventoryStore {
  /** As it was read, or last saved. */
  readonly inventory: Inventory
  /** Changes with every write of it; undefined: there was none. */
  readonly version: string | undefined
  /** Writes it; the next `save` needs no reading in between. */
  save(inventory: Inventory): Promise<void>
  /** Removes it, unless somebody has written it meanwhile. */
  remove(): Promise<void>
}

export const inventoryName = (file: string): string => `icebreaker-${file}`

/**
 * Opens the inventory of a file; there may be none yet.
 * @throws IceError APPLY.inventoryUnreadable where it is there and not understood
 */
export async function openInventory(cluster: Cluster, namespace: string, file: string): Promise<InventoryStore> {
  const ref = refs.configMap(namespace, inventoryName(file))
  let current = await cluster.get(ref)
  let inventory = current === undefined ? emptyInventory(file) : parse(current, file)
  return {
    get inventory() {
      return inventory
    },
    version: current?.metadata.resourceVersion,
    async save(next) {
      const text = JSON.stringify(next)
      const bytes = Buffer.byteLength(text)
      if (bytes > LIMIT) {
        throw new IceError(APPLY.inventoryTooLarge, {
          message: `The inventory of ${file} would have ${bytes} bytes; a ConfigMap holds ${LIMIT}.`,
        })
      }
      const object = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: ref.name,
          namespace,
          labels: { ...ownLabels(file), [COMPONENT]: 'inventory' },
          ...(current?.metadata.resourceVersion !== undefined && { resourceVersion: current.metadata.resourceVersion }),
        },
        data: { [KEY]: text },
      }
      current = current === undefined ? await cluster.create(ref, object) : await cluster.replace(ref, object)
      inventory = next
    },
    async remove() {
      const { uid, resourceVersion } = current?.metadata ?? {}
      await cluster.delete(ref, { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) })
      current = undefined
      inventory = emptyInventory(file)
    },
  }
}

/** Which other files of this cluster made what. @throws IceError where that may not be read */
export async function requireOthers(cluster: Cluster, file: string): Promise<ReadonlyMap<Address, string>> {
  const { namespace: _everywhere, ...everyConfigMap } = refs.configMap('', '')
  const found = await cluster.list(everyConfigMap, `${COMPONENT}=inventory,${MANAGED_BY}=${TOOL}`)
  const owned = found.flatMap((object) => {
    const owner = ownerOf(object.metadata.labels ?? {})
    if (owner === undefined || owner === file) return []
    return Object.keys(parse(object, owner).objects).map((address) => [address as Address, owner] as const)
  })
  return new Map(owned)
}

/** The same for telling whose an object is: what may not be read stays unsaid. */
export async function othersObjects(cluster: Cluster, file: string): Promise<ReadonlyMap<Address, string>> {
  try {
    return await requireOthers(cluster, file)
  } catch (error) {
    if (!isIceError(error)) throw error
    return new Map()
  }
}

function parse(object: KubernetesObject, file: string): Inventory {
  const where = `the ConfigMap ${object.metadata.namespace ?? ''}/${object.metadata.name}`
  if (ownerOf(object.metadata.labels ?? {}) !== file) {
    throw new IceError(APPLY.inventoryUnreadable, {
      message: `${where} is not an inventory of the file ${file}.`,
      exit: 8,
    })
  }
  try {
    const inventory = JSON.parse((object['data'] as Record<string, string>)[KEY] ?? '') as Inventory
    if ((inventory.schemaVersion as number) === 1 && typeof inventory.objects === 'object') return inventory
  } catch {
    // Said below, together with what is not a version that we know.
  }
  throw new IceError(APPLY.inventoryUnreadable, {
    message: `${where} does not hold an inventory that this version understands.`,
  })
}

/** What keeping the record, and keeping two runs apart, needs. */
export function recordCalls(
  home: { readonly cluster: string; readonly namespace: string },
  file: string,
  removes = false,
): ApiCall[] {
  const { cluster, namespace } = home
  const name = inventoryName(file)
  const call = (verb: string, group: string, resource: string): ApiCall => ({
    api: 'kubernetes',
    cluster,
    // Kubernetes cannot allow creating by name.
    access: { verb, group, resource, namespace, ...(verb !== 'create' && { name }) },
  })
  return [
    ...['get', 'create', 'update', ...(removes ? ['delete'] : [])].map((verb) => call(verb, '', 'configmaps')),
    ...['get', 'create', 'update', 'delete'].map((verb) => call(verb, 'coordination.k8s.io', 'leases')),
  ]
}
