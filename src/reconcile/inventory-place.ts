import type { File } from '../config/file.js'
import { reviewerOf } from '../kinds/reviewer.js'

/** Where the inventory of a file is: as it says, or with the first cluster, in its reviewer's namespace. Pure. */
export function inventoryOf(file: File): { readonly cluster: string; readonly namespace: string } {
  const cluster = file.inventory.cluster ?? Object.keys(file.clusters)[0] ?? ''
  const auth = file.clusters[cluster]?.auth
  const namespace = file.inventory.namespace ?? (auth && reviewerOf(auth)?.namespace) ?? ''
  return { cluster, namespace }
}
