import type { Facts, MountFact, Seen } from './types.js'

/** What was seen of the servers, as notes for whoever answers the questions. Pure. */
export interface Note {
  readonly level: 'info' | 'warning'
  readonly code?: string
  readonly text: string
}

export function vaultNotes(vault: Facts['vault']): readonly Note[] {
  if (!vault.seen) return [unseen('Vault', vault)]
  const { address, version, authMounts, engines, policies } = vault.value
  const tables = [
    ['The auth mounts of Vault', authMounts],
    ['The engines of Vault', engines],
    ['The policies of Vault', policies],
  ] as const
  // For one reason mostly: that there is no token, or that it is not accepted.
  const blind = Map.groupBy(
    tables.filter(([, seen]) => !seen.seen),
    ([, seen]) => (seen.seen ? '' : seen.why),
  )
  const parts = [...pathsText('auth mounts', authMounts), ...pathsText('engines', engines)]
  return [
    { level: 'info', text: [`Vault at ${address}, version ${version}`, ...parts].join('; ') },
    ...[...blind.values()].flatMap((alike) => {
      const [[first, seen] = ['', undefined]] = alike
      return seen?.seen === false ? [unseen(alike.length > 1 ? 'What is in Vault' : first, seen)] : []
    }),
  ]
}

export function clusterNotes(cluster: Facts['cluster']): readonly Note[] {
  if (!cluster.seen) return [unseen('The cluster', cluster)]
  const { context, server, version, namespaces } = cluster.value
  const name = context === undefined ? 'The current cluster' : `The cluster of ${context}`
  return [
    { level: 'info', text: `${name}: ${server}, version ${version}` },
    ...(namespaces.seen ? [] : [unseen('The namespaces of the cluster', namespaces)]),
  ]
}

export function accountNotes(namespace: string, accounts: Seen<unknown>): readonly Note[] {
  return accounts.seen ? [] : [unseen(`The service accounts of ${namespace}`, accounts)]
}

function unseen(what: string, { why, code }: Extract<Seen<never>, { seen: false }>): Note {
  const text = `${what} could not be looked at: ${why}. Defaults are taken for what could not be seen.`
  return { level: 'warning', ...(code !== undefined && { code }), text }
}

/** Not those that every Vault has. */
const BUILT_IN = ['token', 'system', 'identity', 'cubbyhole', 'ns_system', 'ns_identity', 'ns_cubbyhole', 'ns_token']
const MOST = 5

function pathsText(what: string, seen: Seen<readonly MountFact[]>): string[] {
  if (!seen.seen) return []
  const own = seen.value.filter(({ type }) => !BUILT_IN.includes(type))
  const paths = own.slice(0, MOST).map(({ path, type, version }) => {
    return `${path}/ (${type}${version === undefined ? '' : ` v${version}`})`
  })
  const more = own.length > MOST ? [`${own.length - MOST} more`] : []
  return [`${what}: ${[...paths, ...more].join(', ') || 'none'}`]
}
