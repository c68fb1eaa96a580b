import type { File } from '../../config/file.js'
import type { Consumer } from './contract.js'

/**
 * Whose objects a file is about, on one of its clusters: those in the namespaces that it names, and those that log in at
 * its auth mount. A cluster has other tenants: what they do elsewhere is not this file's to judge. A wildcard claims no
 * namespace. Pure.
 * @param isElsewhere the login is at another Vault
 */
export function concerns(
  { object, implied }: Consumer,
  cluster: string,
  file: File,
  isElsewhere: (login: Consumer['implied'][number]) => boolean,
): boolean {
  const own = namespacesOf(cluster, file)
  const mount = file.clusters[cluster]?.auth.path
  if (own.has(object.metadata.namespace ?? '')) return true
  return implied.some(
    (login) => !isElsewhere(login) && (login.mount === mount || own.has(login.account?.namespace ?? '')),
  )
}

/** The namespaces that a file names on a cluster. */
function namespacesOf(cluster: string, file: File): ReadonlySet<string> {
  const ofRoles = Object.values(file.roles)
    .filter(({ clusters }) => clusters === undefined || clusters.includes(cluster))
    .flatMap(({ namespaces = [] }) => namespaces.filter((name) => !name.includes('*')))
  const ofAccounts = file.serviceAccounts.map((account) => account.split('/')[0] ?? '')
  return new Set([...Object.keys(file.namespaces), ...ofAccounts, ...ofRoles])
}
