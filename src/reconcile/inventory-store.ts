import { APPLY, EXIT, IceError, isIceError, KUBERNETES } from '../catalogue/index.js'
import type { Address, ApiCall } from '../kinds/contract.js'
import { MANAGED_BY, ownLabels, ownerOf, TOOL } from '../kinds/kubernetes-object.js'
import { refs, type Cluster, type KubernetesObject } from '../kubernetes/index.js'
import { emptyInventory, isOfAnother, migrated, SCHEMA_VERSION, type Inventory, type VaultPlace } from './inventory.js'

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
  /** @throws IceError APPLY.changedMeanwhile where another run has written it since */
  requireUnchanged(): Promise<void>
  /** Writes it; the next `save` needs no reading in between. @throws IceError APPLY.changedMeanwhile, likewise */
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
    async requireUnchanged() {
      const now = await cluster.get(ref)
      if (now?.metadata.resourceVersion !== current?.metadata.resourceVersion) throw overtaken(file)
    },
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
      try {
        current = current === undefined ? await cluster.create(ref, object) : await cluster.replace(ref, object)
      } catch (error) {
        if (isIceError(error) && OVERTAKEN.includes(error.code)) throw overtaken(file)
        throw error
      }
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

const OVERTAKEN: readonly string[] = [KUBERNETES.exists.code, KUBERNETES.changed.code]

const overtaken = (file: string): IceError =>
  new IceError(APPLY.changedMeanwhile, {
    message: `Another run of ${file} has changed the record since this one looked.`,
    next: ['Run it again.'],
  })

/**
 * Which other files of this cluster made what, as far as it is in the Vault at this place or in no Vault.
 * @throws IceError where that may not be read
 */
export async function requireOthers(
  cluster: Cluster,
  file: string,
  place: VaultPlace | undefined,
): Promise<ReadonlyMap<Address, string>> {
  const { namespace: _everywhere, ...everyConfigMap } = refs.configMap('', '')
  const found = await cluster.list(everyConfigMap, `${COMPONENT}=inventory,${MANAGED_BY}=${TOOL}`)
  const owned = found.flatMap((object) => {
    const owner = ownerOf(object.metadata.labels ?? {})
    if (owner === undefined || owner === file) return []
    // The addresses of a later version are the same.
    const inventory = written(object) ?? parse(object, owner)
    const elsewhere = isOfAnother(inventory, place)
    return (Object.keys(inventory.objects) as Address[])
      .filter((address) => !(elsewhere && address.startsWith('vault:')))
      .map((address) => [address, owner] as const)
  })
  return new Map(owned)
}

/** The same for telling whose an object is: what may not be read stays unsaid. */
export async function othersObjects(
  cluster: Cluster,
  file: string,
  place: VaultPlace | undefined,
): Promise<ReadonlyMap<Address, string>> {
  try {
    return await requireOthers(cluster, file, place)
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
  const found = written(object)
  if (found !== undefined && found.schemaVersion > SCHEMA_VERSION) {
    throw new IceError(APPLY.inventoryUnreadable, {
      message: `${where} was written by a later version of icebreaker; it was left as it is.`,
      evidence: { format: found.schemaVersion, 'understood up to': SCHEMA_VERSION },
      next: ['Use the version that wrote it, or a later one.'],
      exit: EXIT.refused,
    })
  }
  if (found?.schemaVersion === SCHEMA_VERSION) return found as Inventory
  if (found?.schemaVersion === 1) return migrated(found)
  throw new IceError(APPLY.inventoryUnreadable, { message: `${where} does not hold an inventory.` })
}

interface OfAnyVersion extends Omit<Inventory, 'schemaVersion'> {
  readonly schemaVersion: number
}

/** What stands in it, where that is a record of some version. */
function written(object: KubernetesObject): OfAnyVersion | undefined {
  try {
    const found = JSON.parse((object['data'] as Record<string, string>)[KEY] ?? '') as Record<string, unknown> | null
    const isOne = typeof found?.['schemaVersion'] === 'number' && Object(found['objects']) === found['objects']
    return isOne ? (found as unknown as OfAnyVersion) : undefined
  } catch {
    return undefined
  }
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
