import * as v from 'valibot'
import { dnsName, dnsLabel, nameOf } from './atoms.js'
import { jwtRoleSchema } from './auth-jwt-role-fields.js'
import type { FileSection, Json } from './contract.js'
import { said, type Sayings } from './export.js'
import { apiBody, desiredValues, entries, optional, required, type Fields } from './fields.js'
import { roleBlock, roleDrafts, roleEntry, rolePath, roleRemoval, type RoleId } from './role-drafts.js'
import { lockReason } from './role-lock.js'
import { roleStages } from './role-stages.js'
import { roleTokenFields, roleTokenSayings } from './role-token-fields.js'
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
    about: 'The service accounts that may log in.',
    compare: 'set',
  }),
  namespaces: optional(v.array(glob(dnsLabel)), 'bound_service_account_namespaces', {
    about: 'The namespaces that they must be in.',
    absent: [],
    compare: 'set',
  }),
  namespaceSelector: optional(
    v.strictObject({
      matchLabels: v.pipe(
        v.record(v.string(), v.string()),
        v.description('The labels that a namespace must have, all of them.'),
      ),
    }),
    'bound_service_account_namespace_selector',
    { about: 'Instead of names, or beside them: namespaces with these labels.', absent: '' },
  ),
  audience: optional(v.pipe(v.string(), v.nonEmpty()), 'audience', {
    about: 'The audience that a token must be made for; so a token for another service does not fit here.',
    absent: '',
  }),
  aliasNameSource: optional(v.picklist(['serviceaccount_uid', 'serviceaccount_name']), 'alias_name_source', {
    about: 'What Vault knows an account by afterwards: its uid, which changes when it is made anew, or its name.',
    absent: 'serviceaccount_uid',
  }),
  ...roleTokenFields,
} as const satisfies Fields

const sayings = {
  serviceAccounts: true,
  namespaces: true,
  namespaceSelector: true,
  audience: true,
  aliasNameSource: true,
  ...roleTokenSayings,
} as const satisfies Sayings<typeof authRoleFields>

/** Bindings that let in more than one named account in named namespaces, or no audience: each must be said to be meant. */
export const roleConsents = ['noAudience', 'wildcard'] as const

export const authRoleSchema = v.pipe(
  v.strictObject({
    ...entries(authRoleFields),
    jwt: v.optional(
      v.pipe(jwtRoleSchema, v.description('What only clusters with the method `jwt` take, beside the rest.')),
    ),
    clusters: v.optional(v.pipe(v.array(nameOf('clusters')), v.description('On these clusters; default: on all.'))),
    accept: v.optional(
      v.pipe(
        v.array(v.picklist(roleConsents)),
        v.description(
          'What is refused unless it is meant. noAudience: a token made for any audience may log in. wildcard: a binding holds `*`.',
        ),
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

export type { RoleId } from './role-drafts.js'

/** Which service accounts may log in on a mount, and what they get. */
export const authRole = vaultObject<RoleId>({
  kind: 'AuthRole',
  title: 'role',
  about: 'Says which service accounts in which namespaces may log in on an auth mount, and which policies they get.',
  sections: ['roles'],
  fields: authRoleFields,
  path: rolePath,
  *expand(file) {
    yield* roleDrafts(file, 'kubernetes', (role) =>
      desiredValues(authRoleFields, {
        ...role,
        ...(role.namespaceSelector && { namespaceSelector: selectorText(role.namespaceSelector) }),
      }),
    )
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
  stages: roleStages(authRoleFields),
  listing: { path: (mount) => path`auth/${mount}/role`, id: (mount, name) => ({ mount, name }) },
  // The names of before 2019, which say the same once more.
  shows: ['policies', 'ttl', 'max_ttl', 'period', 'num_uses', 'bound_cidrs'],
  inFile: roleInFile,
  export: {
    terraform(id, desired) {
      const { arguments: values, unsaid } = said(authRoleFields, desired, sayings)
      return { parts: [roleBlock('vault_kubernetes_auth_backend_role', id, values)], unsaid }
    },
    bankVaults: (id, desired) => ({ parts: [roleEntry(id, apiBody(authRoleFields, desired))] }),
  },
  locked: lockReason,
  removal: roleRemoval,
})

const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

/** What is meant on the server the file has to say explicitly. */
function roleInFile(section: Readonly<Record<string, Json>>): Pick<FileSection, 'section' | 'remarks'> {
  const bound = [...list(section['serviceAccounts']), ...list(section['namespaces'])]
  const consents: readonly (readonly [(typeof roleConsents)[number], isNeeded: boolean, why: string])[] = [
    ['noAudience', section['audience'] === undefined, 'a token made for any audience may log in'],
    ['wildcard', bound.some((name) => name.includes('*')), 'a * lets in accounts that do not exist yet'],
  ]
  const needed = consents.filter(([, isNeeded]) => isNeeded)
  const selector = section['namespaceSelector']
  return {
    section: {
      ...section,
      ...(typeof selector === 'string' && { namespaceSelector: parsed(selector) as Json }),
      ...(needed.length > 0 && { accept: needed.map(([consent]) => consent) }),
    },
    remarks: needed.map(([consent, , why]) => ({ at: ['accept'], text: `${consent}: ${why}.` })),
  }
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
