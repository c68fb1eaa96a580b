import * as v from 'valibot'
import { dnsName, dnsLabel, duration, nameOf } from './atoms.js'
import { vaultAddress, type Address } from './address.js'
import type { Stages } from './contract.js'
import { desiredValues, diffFields, entries, optional, required, text, type Fields, type Values } from './fields.js'
import { vaultObject } from './vault-object.js'
import { path } from '../vault/index.js'

const glob = (atom: typeof dnsName | typeof dnsLabel) =>
  v.union(
    [
      atom,
      v.pipe(
        v.string(),
        v.regex(/^[a-z0-9.*-]+$/),
        v.check((name) => name.includes('*')),
      ),
    ],
    'expected a name, or a glob such as team-*',
  )

/** Every field of auth/MOUNT/role/NAME. A role is merged by a write, so each is always sent. */
export const authRoleFields = {
  serviceAccounts: required(v.pipe(v.array(glob(dnsName)), v.nonEmpty()), 'bound_service_account_names', {
    compare: 'set',
  }),
  namespaces: optional(v.array(glob(dnsLabel)), 'bound_service_account_namespaces', { absent: [], compare: 'set' }),
  namespaceSelector: optional(
    v.strictObject({ matchLabels: v.record(v.string(), v.string()) }),
    'bound_service_account_namespace_selector',
    { absent: '' },
  ),
  audience: optional(v.pipe(v.string(), v.nonEmpty()), 'audience', { absent: '' }),
  aliasNameSource: optional(v.picklist(['serviceaccount_uid', 'serviceaccount_name']), 'alias_name_source', {
    absent: 'serviceaccount_uid',
  }),
  policies: optional(v.array(nameOf('policies', ['default'])), 'token_policies', { absent: [], compare: 'set' }),
  tokenTTL: optional(duration, 'token_ttl', { absent: 0, unit: 'seconds' }),
  tokenMaxTTL: optional(duration, 'token_max_ttl', { absent: 0, unit: 'seconds' }),
  tokenExplicitMaxTTL: optional(duration, 'token_explicit_max_ttl', { absent: 0, unit: 'seconds' }),
  tokenPeriod: optional(duration, 'token_period', { absent: 0, unit: 'seconds' }),
  tokenNumUses: optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 'token_num_uses', { absent: 0 }),
  tokenNoDefaultPolicy: optional(v.boolean(), 'token_no_default_policy', { absent: false }),
  tokenBoundCIDRs: optional(v.array(v.string()), 'token_bound_cidrs', { absent: [], compare: 'cidrs' }),
  tokenType: optional(v.picklist(['default', 'service', 'batch']), 'token_type', { absent: 'default' }),
  // Only one of the two products knows each of these, so they are sent only where they are asked for.
  aliasMetadata: optional(v.record(v.string(), v.string()), 'alias_metadata', { notEverywhere: true }),
  tokenStrictlyBindIP: optional(v.boolean(), 'token_strictly_bind_ip', { notEverywhere: true }),
} as const satisfies Fields

/** Bindings that let in more than one named account in named namespaces, or no audience: each must be said to be meant. */
export const roleConsents = ['noAudience', 'wildcard'] as const

export const authRoleSchema = v.pipe(
  v.strictObject({
    ...entries(authRoleFields),
    clusters: v.optional(v.array(nameOf('clusters'))),
    accept: v.optional(
      v.pipe(
        v.array(v.picklist(roleConsents)),
        v.description('noAudience: a token made for any audience may log in. wildcard: a binding holds `*`.'),
      ),
      [],
    ),
  }),
  v.forward(
    v.check(
      (role) => (role.namespaces ?? []).length > 0 || role.namespaceSelector !== undefined,
      'expected at least one namespace, or a namespaceSelector',
    ),
    ['namespaces'],
  ),
  v.forward(
    v.check(
      (role) => role.audience !== undefined || role.accept.includes('noAudience'),
      'expected an audience, such as vault: without one a token made for any other service may log in. If that is meant, say accept: [noAudience]',
    ),
    ['audience'],
  ),
  v.forward(
    v.check(
      (role) =>
        ![...role.serviceAccounts, ...(role.namespaces ?? [])].some((name) => name.includes('*')) ||
        role.accept.includes('wildcard'),
      'a glob lets in accounts that do not exist yet. If that is meant, say accept: [wildcard]',
    ),
    ['serviceAccounts'],
  ),
)

export interface RoleId {
  readonly mount: string
  readonly name: string
}

/** Which service accounts may log in on a mount, and what they get. */
export const authRole = vaultObject<RoleId>({
  kind: 'AuthRole',
  title: 'role',
  fields: authRoleFields,
  path: ({ mount, name }) => path`auth/${mount}/role/${name}`,
  *expand(file) {
    for (const [name, role] of Object.entries(file.roles)) {
      for (const cluster of role.clusters ?? Object.keys(file.clusters)) {
        const mount = file.clusters[cluster]?.auth.path
        if (mount === undefined) continue
        yield {
          id: { mount, name },
          desired: desiredValues(authRoleFields, {
            ...role,
            ...(role.namespaceSelector && { namespaceSelector: selectorText(role.namespaceSelector) }),
          }),
          after: [
            vaultAddress(`auth/${mount}/config`),
            ...(role.policies ?? []).map((policy): Address => vaultAddress(`sys/policies/acl/${policy}`)),
          ],
          within: vaultAddress(`sys/auth/${mount}`),
          from: ['roles', name],
        }
      }
    }
  },
  fromApi: (data) => ({
    ...data,
    ...(typeof data['bound_service_account_namespace_selector'] === 'string' &&
      data['bound_service_account_namespace_selector'] !== '' && {
        bound_service_account_namespace_selector: selectorText(
          parsed(data['bound_service_account_namespace_selector']),
        ),
      }),
  }),
  stages: roleStages,
})

/** The lists that say who may log in and what with: a longer one is wider. */
const LISTS = ['serviceAccounts', 'namespaces', 'policies'] as const

/** First the lists shrink, then everything else changes at once, then the lists grow. */
function roleStages(desired: Values, observed: Values | undefined): Stages<Values> {
  if (observed === undefined) return { widen: desired }
  const differing = new Set(diffFields(authRoleFields, desired, observed).map(({ field }) => field))
  const others = [...differing].some((field) => !LISTS.some((name) => name === field))
  const shrinks = LISTS.some((field) => !isSubset(observed[field], desired[field]))
  const grows = LISTS.some((field) => !isSubset(desired[field], observed[field]))

  const both = Object.fromEntries(LISTS.map((field) => [field, intersection(desired[field], observed[field])]))
  const selects = text(observed['namespaceSelector']) !== '' && !differing.has('namespaceSelector')
  const nobody = both['serviceAccounts']?.length === 0 || (both['namespaces']?.length === 0 && !selects)
  // A role must name somebody: where nobody is in both, the accounts of one side have nothing for a while.
  const lists = nobody ? { policies: [] } : both
  const narrowed = { ...observed, ...lists }
  const switched = { ...desired, ...lists }
  if (!grows) return others ? { ...(shrinks && { narrow: narrowed }), switch: desired } : { narrow: desired }
  return { ...(shrinks && { narrow: narrowed }), ...(others && { switch: switched }), widen: desired }
}

const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

/** `prefix*`, `*suffix`, `*`: the globs that the plug-in knows. */
function covers(glob: string, name: string): boolean {
  const [before = '', ...rest] = glob.split('*')
  if (rest.length === 0) return glob === name
  return name.length >= glob.length - 1 && name.startsWith(before) && name.endsWith(rest.join('*'))
}

const isSubset = (a: unknown, b: unknown): boolean =>
  list(a).every((item) => list(b).some((glob) => covers(glob, item)))

function intersection(a: unknown, b: unknown): string[] {
  const inBoth = [...list(a).filter((item) => isSubset([item], b)), ...list(b).filter((item) => isSubset([item], a))]
  return [...new Set(inBoth)]
}

function parsed(selector: string): unknown {
  try {
    return JSON.parse(selector)
  } catch {
    return selector
  }
}

/** One spelling for the same selector, whoever wrote it. */
function selectorText(selector: unknown): string {
  const labels = (selector as { matchLabels?: Record<string, string> }).matchLabels
  if (labels === undefined) return String(selector)
  return JSON.stringify({
    matchLabels: Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))),
  })
}
