import * as v from 'valibot'
import { authConfigEntries } from '../kinds/auth-config-fields.js'
import { authRoleSchema } from '../kinds/auth-role.js'
import { dnsLabel, lowerName, nameOf, vaultName, vaultPath } from '../kinds/atoms.js'
import { databaseConnectionSchema } from '../kinds/database-connection.js'
import { databaseRoleSchema } from '../kinds/database-role.js'
import { databaseStaticRoleSchema } from '../kinds/database-static-role.js'
import { kvConfigSchema } from '../kinds/kv-config.js'
import { kvSecretSchema } from '../kinds/kv-secret.js'
import { authMountEntries, engineMountEntries } from '../kinds/mount.js'
import { namespaceSchema } from '../kinds/namespace.js'
import { policyName, policySchema } from '../kinds/policy.js'
import { reviewerSchema } from '../kinds/reviewer.js'
import { accountName } from '../kinds/service-account.js'
import { transitKeySchema } from '../kinds/transit-key.js'
import { grantSchema } from '../policy/index.js'

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
  address: v.optional(url('the address of Vault')),
  podAddress: v.optional(
    v.pipe(url('the address that pods use'), v.description('the address workloads use, where it differs')),
  ),
  caFile: v.optional(filePath),
  tlsServerName: v.optional(v.string()),
  namespace: v.optional(vaultPath),
  login: v.optional(v.strictObject({ method: v.picklist(['token']) })),
  accept: v.optional(
    v.pipe(v.array(v.picklist(['plaintext'])), v.description('plaintext: http to an address that is not loopback.')),
    [],
  ),
})

const clusterSchema = v.strictObject({
  context: v.optional(
    v.pipe(v.string(), v.nonEmpty(), v.description('a context of the kubeconfig; default: the current one')),
  ),
  kubeconfig: v.optional(filePath),
  inCluster: v.optional(v.literal(true)),
  apiServer: v.optional(
    v.pipe(url('the address that Vault uses for the API server'), v.description('default: the kubeconfig’s')),
  ),
  apiServerCA: v.optional(
    v.union([
      v.pipe(
        v.picklist(['kubeconfig', 'rootConfigMap', 'tokenSecret', 'system']),
        v.description('default: the kubeconfig’s, else the ConfigMap kube-root-ca.crt'),
      ),
      v.strictObject({ file: filePath }),
    ]),
  ),
  auth: v.strictObject({
    method: v.optional(v.picklist(['kubernetes']), 'kubernetes'),
    path: vaultPath,
    reviewer: reviewerSchema,
    ...authMountEntries,
    ...authConfigEntries,
  }),
})

/** One section of engines.MOUNT for each type; `existing` is one that is there and not ours. */
const existing = <T extends 'kv' | 'database' | 'transit'>(type: T) => ({
  existing: v.literal(true),
  type: v.literal(type),
})

export const engineSchema = v.union([
  v.strictObject({
    type: v.literal('kv'),
    version: v.optional(v.picklist([1, 2]), 2),
    config: v.optional(kvConfigSchema),
    secrets: v.optional(v.record(vaultPath, kvSecretSchema), {}),
    ...engineMountEntries,
  }),
  v.strictObject({
    type: v.literal('database'),
    connections: v.optional(v.record(vaultName, databaseConnectionSchema), {}),
    roles: v.optional(v.record(vaultName, databaseRoleSchema), {}),
    staticRoles: v.optional(v.record(vaultName, databaseStaticRoleSchema), {}),
    ...engineMountEntries,
  }),
  v.strictObject({
    type: v.literal('transit'),
    keys: v.optional(v.record(vaultName, transitKeySchema), {}),
    ...engineMountEntries,
  }),
  v.strictObject({ ...existing('kv'), version: v.optional(v.picklist([1, 2]), 2) }),
  v.strictObject(existing('database')),
  v.strictObject(existing('transit')),
])

const verifySchema = v.strictObject({
  as: accountName,
  role: nameOf('roles'),
  clusters: v.optional(v.array(nameOf('clusters'))),
  can: v.optional(v.array(grantSchema), []),
  cannot: v.optional(v.array(grantSchema), []),
})

export const fileSchema = v.strictObject({
  version: v.pipe(v.literal(1), v.description('the version of this format')),
  name: v.pipe(dnsLabel, v.description('the name under which this file owns things')),
  vault: v.optional(vaultSchema, { accept: [] }),
  inventory: v.optional(
    v.strictObject({ cluster: v.optional(nameOf('clusters')), namespace: v.optional(dnsLabel) }),
    {},
  ),
  clusters: v.pipe(
    v.record(dnsLabel, clusterSchema),
    v.check((clusters) => Object.keys(clusters).length > 0, 'expected at least one cluster'),
  ),
  namespaces: v.optional(v.record(dnsLabel, namespaceSchema), {}),
  serviceAccounts: v.optional(v.array(accountName), []),
  engines: v.optional(v.record(vaultPath, engineSchema), {}),
  policies: v.optional(v.record(policyName, policySchema), {}),
  roles: v.optional(v.record(lowerName, authRoleSchema), {}),
  verify: v.optional(v.array(verifySchema), []),
})

export type FileInput = v.InferInput<typeof fileSchema>
