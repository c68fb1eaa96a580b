import type { Account, Bindings, ClusterView, Labels } from './model.js'

/** A service account that a role lets in. */
export interface BoundAccount extends Account {
  /** planned: it is in the file. no: the role names it, and it does not exist. unknown: it could not be looked for. */
  readonly there: 'yes' | 'planned' | 'no' | 'unknown'
}

/** Whom a role lets in, as far as the cluster could be seen. */
export interface Bound {
  readonly accounts: readonly BoundAccount[]
  /** Accounts that fit but could not be listed, for people: `app* in namespace team`. Empty: all are known. */
  readonly open: readonly string[]
}

/**
 * Resolves bindings as the plug-in does at a login: the name must fit one glob; the namespace must fit one glob, or have the
 * labels (vault-plugin-auth-kubernetes, path_login.go, parseAndValidateJWT).
 * @param cluster undefined where it is not known which one it is
 */
export function resolveBindings(bindings: Bindings, cluster: ClusterView | undefined): Bound {
  const found = new Map<string, BoundAccount>()
  const open: string[] = []
  const { exact, globs } = split(bindings.names)
  const words = bindings.names.join(', ')

  const named = (namespace: string, mayBeMissing: boolean): void => {
    const listed = accountsIn(cluster, namespace)
    for (const name of exact) {
      const account = listed?.get(name)
      const key = `${namespace}/${name}`
      if (account !== undefined) found.set(key, there(account))
      else if (mayBeMissing || listed === undefined)
        if (!found.has(key)) found.set(key, { namespace, name, there: listed === undefined ? 'unknown' : 'no' })
    }
    if (globs.length === 0) return
    if (listed === undefined) open.push(`${globs.join(', ')} in the namespace ${namespace}`)
    for (const [name, account] of listed ?? []) {
      if (globs.some((glob) => matchesGlob(glob, name))) found.set(`${namespace}/${name}`, there(account))
    }
  }

  const places = split(bindings.namespaces)
  for (const namespace of places.exact) named(namespace, true)
  const { selector } = bindings
  const selects = selector !== undefined && selector !== 'invalid'
  const labels = cluster?.namespaces
  // Where only the labels are not known, the accounts tell which namespaces there are.
  const known = labels?.keys() ?? (cluster?.whole ? cluster.accounts.keys() : undefined)
  if (known === undefined && places.globs.length > 0) open.push(`${words} in the namespaces ${places.globs.join(', ')}`)
  if (labels === undefined && selects) open.push(`${words} in the namespaces ${selectorText(selector)}`)
  for (const namespace of known ?? []) {
    const own = labels?.get(namespace)
    const fits =
      places.globs.some((glob) => matchesGlob(glob, namespace)) ||
      (selects && own !== undefined && hasLabels(own, selector))
    if (fits) named(namespace, false)
  }
  return { accounts: [...found.values()], open }
}

/** Does it let in accounts that nobody has named? */
export function isWildcard({ names, namespaces, selector }: Bindings): boolean {
  const everywhere = selector !== undefined && selector !== 'invalid' && Object.keys(selector).length === 0
  return everywhere || [...names, ...namespaces].some((name) => name.includes('*'))
}

/** `app in the namespaces team-*, or those with team=a`: the bindings for people. */
export function bindingsText({ names, namespaces, selector }: Bindings): string {
  const places = [
    ...(namespaces.length > 0 ? [namespaces.join(', ')] : []),
    ...(selector === undefined ? [] : [selector === 'invalid' ? 'an invalid selector' : selectorText(selector)]),
  ]
  return `${names.join(', ')} in ${places.length === 0 ? 'no namespace' : places.join(', or ')}`
}

function selectorText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  return pairs.length === 0 ? 'with any labels' : `with ${pairs.join(', ')}`
}

const there = (account: Account): BoundAccount => ({ ...account, there: account.planned ? 'planned' : 'yes' })

/** @returns undefined where they could not be listed */
function accountsIn(cluster: ClusterView | undefined, namespace: string): ReadonlyMap<string, Account> | undefined {
  return cluster?.accounts.get(namespace) ?? (cluster?.whole ? NOBODY : undefined)
}

const NOBODY: ReadonlyMap<string, Account> = new Map()

function split(names: readonly string[]): { exact: readonly string[]; globs: readonly string[] } {
  return { exact: names.filter((name) => !name.includes('*')), globs: names.filter((name) => name.includes('*')) }
}

const hasLabels = (labels: Labels, wanted: Labels): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value)

/** As the plug-in has them (ryanuber/go-glob): `*` stands for any text, wherever it is. Linear in the text. */
export function matchesGlob(glob: string, text: string): boolean {
  const parts = glob.split('*')
  if (parts.length === 1) return glob === text
  const [first = '', last = ''] = [parts[0], parts.at(-1)]
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return at <= text.length - last.length
}
