import * as v from 'valibot'
import { conflictsOf } from '../kinds/auth-method.js'
import { authRoleSchema } from '../kinds/auth-role.js'
import { dnsLabel, lowerName, nameOf, vaultName, vaultPath } from '../kinds/atoms.js'
import { databaseConnectionSchema } from '../kinds/database-connection-fields.js'
import { databaseRoleSchema } from '../kinds/database-role.js'
import { databaseStaticRoleSchema } from '../kinds/database-static-role.js'
import { kvConfigSchema, mayHaveConfig } from '../kinds/kv-config.js'
import { kvSecretSchema } from '../kinds/kv-secret.js'
import { engineMountEntries } from '../kinds/mount.js'
import { namespaceSchema } from '../kinds/namespace.js'
import { policyName, policySchema } from '../kinds/policy.js'
import { accountName } from '../kinds/service-account.js'
import { transitKeySchema } from '../kinds/transit-key.js'
import { grantSchema } from '../policy/index.js'
import { authSchema } from './auth-schema.js'
import { loginSchema, portForwardSchema } from './login-schema.js'

/**
 * The schema of icebreaker.yaml, assembled from the kinds. Cross-field rules stand with the kinds; that names lead
 * somewhere is checked by references.ts from the metadata.
 */

const url = (what: string) =>
  v.pipe(
    v.string(),
    v.check(
      (text) => /^https?:\/\/[^/@\s]+\/?$/.test(text) && URL.canParse(text),
      `expected ${what}, such as https://host:8200, without a path`,
    ),
    v.transform((text) => text.replace(/\/$/, '')),
  )

const filePath = v.pipe(v.string(), v.nonEmpty(), v.description('a file; a relative path starts at this file'))

const vaultSchema = v.strictObject({
  address: v.optional(
    v.pipe(url('the address of Vault'), v.description('Where Vault is; default: VAULT_ADDR, BAO_ADDR.')),
  ),
  podAddress: v.optional(
    v.pipe(url('the address that pods use'), v.description('The address that workloads use, where it differs.')),
  ),
  caFile: v.optional(
    v.pipe(
      filePath,
      v.description(
        'The CA that signed the certificate of Vault, as PEM; default: VAULT_CACERT, BAO_CACERT, the system’s roots.',
      ),
    ),
  ),
  tlsServerName: v.optional(
    v.pipe(v.string(), v.description('The name in the certificate of Vault, where the address has another.')),
  ),
  namespace: v.optional(
    v.pipe(
      vaultPath,
      v.description('The namespace in Vault (Enterprise, OpenBao); default: VAULT_NAMESPACE, BAO_NAMESPACE, the root.'),
    ),
  ),
  login: v.optional(loginSchema),
  portForward: v.optional(portForwardSchema),
  accept: v.optional(
    v.pipe(
      v.array(v.picklist(['plaintext'])),
      v.description('What is refused unless it is meant. plaintext: http to an address that is not loopback.'),
    ),
    [],
  ),
})

const clusterSchema = v.strictObject({
  context: v.optional(
    v.pipe(v.string(), v.nonEmpty(), v.description('The context of the kubeconfig; default: the current one.')),
  ),
  kubeconfig: v.optional(
    v.pipe(filePath, v.description('The kubeconfig; default: --kubeconfig, KUBECONFIG, ~/.kube/config.')),
  ),
  inCluster: v.optional(
    v.pipe(v.literal(true), v.description('icebreaker runs in a pod of this cluster, and logs in as that pod.')),
  ),
  apiServer: v.optional(
    v.pipe(
      url('the address that Vault uses for the API server'),
      v.description('The address of the API server, as Vault must use it; default: the one of the kubeconfig.'),
    ),
  ),
  apiServerCA: v.optional(
    v.pipe(
      v.union([
        v.picklist(['kubeconfig', 'rootConfigMap', 'tokenSecret', 'system']),
        v.strictObject({ file: v.pipe(filePath, v.description('The CA as PEM.')) }),
      ]),
      v.description(
        'Where the CA of the API server comes from; default: the first of kubeconfig, rootConfigMap and system that fits.',
      ),
    ),
  ),
  auth: authSchema,
})

/** One section of engines.MOUNT for each type; `existing` is one that is there and not ours. */
const existing = <T extends 'kv' | 'database' | 'transit'>(type: T) => ({
  existing: v.pipe(
    v.literal(true),
    v.description('It is there and somebody else’s: grants may speak of it, and nothing is made.'),
  ),
  type: v.pipe(v.literal(type), v.description('What it is.')),
})

export const engineSchema = v.union([
  v.pipe(
    v.strictObject({
      type: v.pipe(v.literal('kv'), v.description('Key and value.')),
      version: v.optional(v.pipe(v.picklist([1, 2]), v.description('2 keeps versions; cannot be changed later.')), 2),
      config: v.optional(v.pipe(kvConfigSchema, v.description('How versions are kept; version 2 only.'))),
      secrets: v.optional(
        v.pipe(
          v.record(vaultPath, kvSecretSchema),
          v.description('Secrets that are to be there from the start, by path; made once, never overwritten.'),
        ),
        {},
      ),
      ...engineMountEntries,
    }),
    v.forward(
      v.check(
        (engine) => mayHaveConfig(engine),
        'an engine of version 1 has no config. Take it away, or say version: 2',
      ),
      ['config'],
    ),
  ),
  v.strictObject({
    type: v.pipe(v.literal('database'), v.description('Users of a database, made for the asking.')),
    connections: v.optional(
      v.pipe(v.record(vaultName, databaseConnectionSchema), v.description('The databases, by a name of your choice.')),
      {},
    ),
    roles: v.optional(
      v.pipe(v.record(vaultName, databaseRoleSchema), v.description('Users that are made for each that asks.')),
      {},
    ),
    staticRoles: v.optional(
      v.pipe(
        v.record(vaultName, databaseStaticRoleSchema),
        v.description('Users that are there, and whose password Vault rotates.'),
      ),
      {},
    ),
    ...engineMountEntries,
  }),
  v.strictObject({
    type: v.pipe(v.literal('transit'), v.description('Encryption as a service.')),
    keys: v.optional(v.pipe(v.record(vaultName, transitKeySchema), v.description('The keys, by name.')), {}),
    ...engineMountEntries,
  }),
  v.strictObject({
    ...existing('kv'),
    version: v.optional(v.pipe(v.picklist([1, 2]), v.description('Which version of kv it is.')), 2),
  }),
  v.strictObject(existing('database')),
  v.strictObject(existing('transit')),
])

const verifySchema = v.strictObject({
  as: v.pipe(accountName, v.description('The workload: NAMESPACE/SERVICEACCOUNT.')),
  role: v.pipe(nameOf('roles'), v.description('The role that it logs in with.')),
  clusters: v.optional(
    v.pipe(v.array(nameOf('clusters')), v.description('On these clusters; default: all that have the role.')),
  ),
  can: v.optional(v.pipe(v.array(grantSchema), v.description('What must work.')), []),
  cannot: v.optional(v.pipe(v.array(grantSchema), v.description('What must be refused.')), []),
})

const sections = v.strictObject({
  version: v.pipe(v.literal(1), v.description('The version of this format.')),
  name: v.pipe(dnsLabel, v.description('The name under which this file owns things.')),
  vault: v.optional(v.pipe(vaultSchema, v.description('Where Vault is, and how it is reached.')), { accept: [] }),
  inventory: v.optional(
    v.pipe(
      v.strictObject({
        cluster: v.optional(v.pipe(nameOf('clusters'), v.description('Default: the first cluster.'))),
        namespace: v.optional(v.pipe(dnsLabel, v.description('Default: the one of the reviewer.'))),
      }),
      v.description('Where the record of what this file owns is kept: a ConfigMap.'),
    ),
    {},
  ),
  clusters: v.pipe(
    v.record(dnsLabel, clusterSchema),
    v.check((clusters) => Object.keys(clusters).length > 0, 'expected at least one cluster'),
    v.description('The clusters whose workloads log in, by a name of your choice; each has an auth mount of its own.'),
  ),
  namespaces: v.optional(
    v.pipe(
      v.record(dnsLabel, namespaceSchema),
      v.description('Namespaces that are made on every cluster where they are missing.'),
    ),
    {},
  ),
  serviceAccounts: v.optional(
    v.pipe(
      v.array(accountName),
      v.description('NAMESPACE/NAME of service accounts that are made on every cluster where they are missing.'),
    ),
    [],
  ),
  engines: v.optional(
    v.pipe(v.record(vaultPath, engineSchema), v.description('Secrets engines, by the path of their mount.')),
    {},
  ),
  policies: v.optional(
    v.pipe(v.record(policyName, policySchema), v.description('What may be done in Vault, by name.')),
    {},
  ),
  roles: v.optional(
    v.pipe(v.record(lowerName, authRoleSchema), v.description('Who may log in, and with which policies.')),
    {},
  ),
  verify: v.optional(
    v.pipe(
      v.array(verifySchema),
      v.description('What `verify` proves as the workloads: what must work, and what must be refused.'),
    ),
    [],
  ),
})

/** With what only several sections together can say. */
export const fileSchema = v.pipe(
  sections,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    for (const { path, message } of conflictsOf(dataset.value))
      addIssue({ message, path: issuePath(dataset.value, path) })
  }),
)

type IssuePath = [v.ObjectPathItem, ...v.ObjectPathItem[]]

/** As valibot tells a place: each key with the mapping that it is, or should be, in. */
function issuePath(file: object, keys: readonly string[]): IssuePath {
  let input = file as Record<string, unknown>
  return keys.map((key): v.ObjectPathItem => {
    const item = { type: 'object', origin: 'value', input, key, value: input[key] } as const
    input = (item.value ?? {}) as Record<string, unknown>
    return item
  }) as IssuePath
}

export type FileInput = v.InferInput<typeof fileSchema>
