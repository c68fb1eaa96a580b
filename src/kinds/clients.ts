import type { File } from '../config/file.js'
import { splitAccount } from './service-account.js'

/** A workload that a role on the cluster names, and the audience that the role asks for. */
export interface Client {
  readonly namespace: string
  readonly name: string
  readonly audience?: string
}

/** The workloads of a cluster that the file names, each with every audience once; those that only globs let in are not here. */
export function clientsOf(file: File, cluster: string): readonly Client[] {
  const plain = (name: string): boolean => !name.includes('*')
  const found = Object.entries(file.roles)
    .filter(([, role]) => (role.clusters ?? [cluster]).includes(cluster))
    .flatMap(([name, { serviceAccounts, namespaces = [], audience }]) => {
      const bound = namespaces
        .filter(plain)
        .flatMap((namespace) => serviceAccounts.filter(plain).map((account) => `${namespace}/${account}`))
      const verified = file.verify.filter(
        (entry) => entry.role === name && (entry.clusters ?? [cluster]).includes(cluster),
      )
      return [...bound, ...verified.map(({ as }) => as)].map((account): Client => ({
        ...splitAccount(account),
        ...(audience !== undefined && { audience }),
      }))
    })
  return [...new Map(found.map((client) => [JSON.stringify(client), client])).values()]
}
