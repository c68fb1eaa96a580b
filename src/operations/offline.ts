import type { ClusterFacts, Context, File } from '../config/file.js'
import { KINDS } from '../kinds/index.js'
import { buildGraph, type Graph } from '../reconcile/graph.js'

/**
 * Every object that a file asks for, with nobody asked: what only the clusters know (an address, a CA) is empty in them.
 * Good for addresses and for permissions, not for comparing.
 * @param proof who is taken to prove the API servers' certificates; what Vault proves takes more
 */
export function offlineGraph(
  { file, texts }: { readonly file: File; readonly texts: Context['texts'] },
  proof: ClusterFacts['proof'] = { by: 'operator' },
): Graph {
  const facts: ClusterFacts = { apiServer: '', ca: '', caFrom: 'kubeconfig', proof }
  const clusters = Object.fromEntries(Object.keys(file.clusters).map((name) => [name, facts]))
  return buildGraph(KINDS, file, { clusters, texts })
}
