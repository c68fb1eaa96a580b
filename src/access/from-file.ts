import type { Origin } from '../catalogue/index.js'
import type { File } from '../config/file.js'
import { bindGrant } from '../kinds/policy.js'
import { reviewerOf } from '../kinds/reviewer.js'
import { splitAccount } from '../kinds/service-account.js'
import { sum, type PathRule, type WrittenGrant } from '../policy/index.js'
import { covers } from '../policy/match.js'
import { shippedDefault } from './default-policy.js'
import type { Account, AuthMount, ClusterView, Labels, Place, Policy, Role, Source } from './model.js'
import { rulesOf } from './rules.js'

/** A file with what it names and where it says it. */
export interface FileText {
  readonly file: File
  /** The text of each HCL file that a policy names, by the name that the file uses. */
  readonly texts: Readonly<Record<string, string>>
  readonly locate?: (keys: readonly (string | number)[]) => Origin | undefined
}

type Locate = (keys: readonly (string | number)[]) => Place

const placing =
  ({ locate }: FileText): Locate =>
  (keys) => {
    const at = locate?.(keys)
    return at === undefined ? {} : { file: at.file, line: at.line }
  }

/** What the file says of logins: mounts, roles, policies. */
export async function accessOfFile(
  text: FileText,
): Promise<{ mounts: AuthMount[]; roles: Role[]; policies: Map<string, Policy> }> {
  const { file } = text
  const place = placing(text)
  const mounts = Object.entries(file.clusters).map(([cluster, { auth }]) => ({ path: auth.path, cluster }))
  const roles = Object.entries(file.roles).flatMap(([name, role]) =>
    (role.clusters ?? Object.keys(file.clusters)).flatMap((cluster): Role[] => {
      const mount = file.clusters[cluster]?.auth.path
      return mount === undefined ? [] : [roleOf(mount, name, role, place(['roles', name]))]
    }),
  )
  const policies = await Promise.all(
    Object.entries(file.policies).map(async ([name, section]): Promise<[string, Policy]> => {
      const at = place(['policies', name])
      if ('grants' in section) {
        return [name, { name, at, stanzas: stanzasOf(section.grants, file, ['policies', name, 'grants'], place) }]
      }
      if ('file' in section)
        return [name, { name, at, ...(await rulesOf(text.texts[section.file] ?? '', section.file)) }]
      return [name, { name, at, stanzas: [], unknown: 'the file says only that it exists' }]
    }),
  )
  return { mounts, roles, policies: new Map([[shippedDefault.name, shippedDefault], ...policies]) }
}

/** A role of the file on one auth mount. */
export function roleOf(mount: string, name: string, role: File['roles'][string], at: Place): Role {
  return {
    mount,
    name,
    at,
    bindings: {
      names: role.serviceAccounts,
      namespaces: role.namespaces ?? [],
      ...(role.namespaceSelector && { selector: role.namespaceSelector.matchLabels }),
    },
    policies: role.policies ?? [],
    noDefaultPolicy: role.tokenNoDefaultPolicy ?? false,
    cidrs: role.tokenBoundCIDRs ?? [],
    aliasName: role.aliasNameSource === 'serviceaccount_name' ? 'name' : 'uid',
  }
}

/** The stanzas of the policy that grants become, each with the grants that it comes from (see sum). */
function stanzasOf(
  grants: readonly WrittenGrant[],
  file: File,
  keys: readonly (string | number)[],
  place: Locate,
): Policy['stanzas'] {
  const written = grants.flatMap((grant, index) => {
    const from = [...keys, index]
    const bound = bindGrant(grant, file, from)
    const { verb, engine, target } = bound.grant
    const source: Source = { text: `${verb} ${engine} ${target}`, ...place(from) }
    const rules = bound.type.verbs[verb]?.rules(bound.engine, bound.path) ?? []
    return rules.map((rule: PathRule) => ({ rule, source }))
  })
  return sum(written.map(({ rule }) => rule)).map((stanza) => ({
    ...stanza,
    sources: [...new Set(written.filter(({ rule }) => covers(rule.path, stanza.path)).map(({ source }) => source))],
  }))
}

/** A cluster as it will be when the file has been applied: with the namespaces and accounts that it asks for. */
export function withPlanned(view: ClusterView, file: File): ClusterView {
  const section = file.clusters[view.name]
  const reviewer = section && reviewerOf(section.auth)
  const wanted = new Set([
    ...file.serviceAccounts,
    ...(reviewer === undefined ? [] : [`${reviewer.namespace}/${reviewer.serviceAccount}`]),
  ])
  const accounts = new Map(view.accounts)
  for (const account of wanted) {
    const { namespace, name } = splitAccount(account)
    const known = accounts.get(namespace)
    // Where a namespace could not be listed, one account of it would look like all.
    if ((known === undefined && !view.whole) || known?.has(name)) continue
    accounts.set(namespace, new Map<string, Account>([...(known ?? []), [name, { namespace, name, planned: true }]]))
  }
  if (view.namespaces === undefined) return { ...view, accounts }
  const namespaces = new Map<string, Labels>(view.namespaces)
  const asked = { ...(reviewer && { [reviewer.namespace]: {} }), ...file.namespaces }
  for (const [name, { labels = {} }] of Object.entries<{ labels?: Labels | undefined }>(asked)) {
    namespaces.set(name, { 'kubernetes.io/metadata.name': name, ...namespaces.get(name), ...labels })
  }
  return { ...view, namespaces, accounts }
}
