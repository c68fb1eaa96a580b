/** What the auth method of a cluster, and the way its tokens are reviewed, ask of the rest of the file. */

interface Role {
  readonly clusters?: readonly string[] | undefined
  readonly audience?: string | undefined
  readonly namespaceSelector?: object | undefined
  readonly jwt?: object | undefined
}

type Auth =
  | { readonly method: 'jwt'; readonly keys: string; readonly anonymousDiscovery: boolean }
  | {
      readonly method: 'kubernetes'
      readonly reviewer: { readonly token: string; readonly namespace?: string }
      readonly disableLocalCAJWT?: boolean | undefined
    }

interface Sections {
  readonly inventory: { readonly cluster?: string | undefined; readonly namespace?: string | undefined }
  readonly clusters: Readonly<Record<string, { readonly auth: Auth }>>
  readonly roles: Readonly<Record<string, Role>>
}

/** A key that is wrong because of another section. */
export interface Conflict {
  readonly path: readonly string[]
  readonly message: string
}

/** Pure. */
export function conflictsOf(file: Sections): Conflict[] {
  const clusters = Object.entries(file.clusters)
  return [
    ...homeConflicts(file),
    ...clusters.flatMap(([name, { auth }]) => authConflicts(name, auth)),
    ...Object.entries(file.roles).flatMap(([name, role]) =>
      roleConflicts(
        name,
        role,
        clusters.filter(([cluster]) => (role.clusters ?? [cluster]).includes(cluster)),
      ),
    ),
  ]
}

/** The record is kept where the reviewer is, unless the file says otherwise. */
function homeConflicts({ inventory, clusters }: Sections): Conflict[] {
  const home = inventory.cluster ?? Object.keys(clusters)[0] ?? ''
  const auth = clusters[home]?.auth
  if (inventory.namespace !== undefined || auth === undefined || namespaceOf(auth) !== undefined) return []
  return [
    {
      path: ['inventory', 'namespace'],
      message: `expected a namespace of ${home}: without a reviewer's namespace, nothing else says where the record of what this file owns is kept`,
    },
  ]
}

const namespaceOf = (auth: Auth): string | undefined =>
  auth.method === 'kubernetes' ? auth.reviewer.namespace : undefined

function authConflicts(name: string, auth: Auth): Conflict[] {
  const at = (key: string, message: string): Conflict => ({ path: ['clusters', name, 'auth', key], message })
  if (auth.method === 'jwt')
    return auth.keys === 'pinned' && auth.anonymousDiscovery
      ? [at('anonymousDiscovery', 'with keys: pinned Vault fetches nothing. Take it away')]
      : []
  return auth.reviewer.token === 'pod' && auth.disableLocalCAJWT === true
    ? [at('disableLocalCAJWT', 'with token: pod Vault uses the token of its pod. Take it away')]
    : []
}

function roleConflicts(
  name: string,
  { audience, namespaceSelector, jwt }: Role,
  clusters: readonly (readonly [string, { readonly auth: Auth }])[],
): Conflict[] {
  const at = (key: string, message: string): Conflict => ({ path: ['roles', name, key], message })
  const byKeys = clusters.find(([, { auth }]) => auth.method === 'jwt')?.[0]
  const byClients = clusters.find(
    ([, { auth }]) => auth.method === 'kubernetes' && auth.reviewer.token === 'client',
  )?.[0]
  return [
    ...(byKeys !== undefined && audience === undefined
      ? [at('audience', `expected an audience: on ${byKeys} (method: jwt) Vault refuses every token otherwise`)]
      : []),
    ...(byKeys !== undefined && namespaceSelector !== undefined
      ? [at('namespaceSelector', `on ${byKeys} (method: jwt) Vault sees no labels of namespaces. Name the namespaces`)]
      : []),
    ...(byClients !== undefined && namespaceSelector !== undefined
      ? [at('namespaceSelector', `on ${byClients} (token: client) Vault may not read namespaces. Name the namespaces`)]
      : []),
    ...(jwt !== undefined && byKeys === undefined
      ? [at('jwt', 'no cluster of this role has method: jwt. Take it away')]
      : []),
  ]
}
