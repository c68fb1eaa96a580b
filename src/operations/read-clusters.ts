import { ACCESS, EXIT, isIceError, type IceError } from '../catalogue/index.js'
import type { Account, ClusterView, Gap, Labels } from '../access/model.js'
import { mapBounded } from '../http/limit.js'
import { refs, type Cluster, type KubernetesObject } from '../kubernetes/index.js'

/** What could be seen of a cluster, and what could not. */
export interface SeenCluster {
  readonly view: ClusterView
  readonly gaps: readonly Gap[]
}

/**
 * Lists the namespaces and the service accounts of a cluster. Where the whole cluster may not be listed, the namespaces
 * that roles name are tried one by one. Nothing of it throws but an abort: what cannot be seen is a gap.
 * @param named the namespaces to fall back on
 */
export async function seeCluster(
  name: string,
  cluster: Cluster | IceError,
  named: () => Promise<Iterable<string>>,
): Promise<SeenCluster> {
  if (isIceError(cluster)) return { view: unseen(name), gaps: [gap(name, cluster)] }
  const [namespaces, accounts] = await Promise.all([
    orError(cluster.list(refs.namespace(''))),
    orError(cluster.list({ apiVersion: 'v1', kind: 'ServiceAccount', resource: 'serviceaccounts' })),
  ])
  const labels = isIceError(namespaces) ? undefined : labelsOf(namespaces)
  const missing = labels === undefined ? [gap(name, namespaces as IceError, ', its namespaces')] : []
  if (!isIceError(accounts)) {
    return { view: { name, namespaces: labels, accounts: byNamespace(accounts), whole: true }, gaps: missing }
  }
  if (accounts.exitCode !== EXIT.notPermitted) return { view: unseen(name, labels), gaps: [gap(name, accounts)] }
  const tried = await mapBounded(new Set([...(await named()), ...(labels?.keys() ?? [])]), async (namespace) => ({
    namespace,
    found: await orError(cluster.list(refs.serviceAccount(namespace, ''))),
  }))
  const refused = tried.filter(({ found }) => isIceError(found)).map(({ namespace }) => namespace)
  const listed = tried.flatMap(({ namespace, found }) =>
    isIceError(found) ? [] : [[namespace, byName(found)] as const],
  )
  const which = refused.length === 0 ? ', other namespaces than those that roles name' : `, ${namespacesText(refused)}`
  return {
    view: { name, namespaces: labels, accounts: new Map(listed), whole: false },
    gaps: labels !== undefined && refused.length === 0 ? missing : [...missing, gap(name, accounts, which)],
  }
}

const unseen = (name: string, namespaces?: ReadonlyMap<string, Labels>): ClusterView => ({
  name,
  namespaces,
  accounts: new Map(),
  whole: false,
})

const gap = (name: string, { message }: IceError, what = ''): Gap => ({
  code: ACCESS.accountsUnknown.code,
  what: `the service accounts of the cluster ${name}${what}`,
  why: message,
})

function namespacesText(names: readonly string[]): string {
  const [first = '', ...others] = names
  if (others.length === 0) return `namespace ${first}`
  return `namespaces ${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`
}

async function orError<T>(call: Promise<T>): Promise<T | IceError> {
  try {
    return await call
  } catch (error) {
    if (isIceError(error)) return error
    throw error
  }
}

const labelsOf = (objects: readonly KubernetesObject[]): Map<string, Labels> =>
  new Map(objects.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]))

function byNamespace(objects: readonly KubernetesObject[]): Map<string, ReadonlyMap<string, Account>> {
  const groups = Map.groupBy(objects, ({ metadata }) => metadata.namespace ?? '')
  return new Map([...groups].map(([namespace, own]) => [namespace, byName(own)]))
}

function byName(objects: readonly KubernetesObject[]): Map<string, Account> {
  return new Map(
    objects.map(({ metadata: { name, namespace = '', uid } }) => [
      name,
      { namespace, name, ...(uid !== undefined && { uid }) },
    ]),
  )
}
