import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse, parseAllDocuments } from 'yaml'
import type { FileInput } from '../../src/config/schema.js'
import type { AccessQuery, Cluster, KindRef } from '../../src/kubernetes/index.js'
import { permissions, type PermissionsResult, type Purpose } from '../../src/operations/permissions.js'
import type { KubernetesRule, VaultRule } from '../../src/operations/permission-rules.js'
import { renderPolicy } from '../../src/policy/index.js'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { servers } from '../servers/index.js'
import { openCluster, openScenario, type Scenario } from './scenario.js'

/** An identity of both servers that has what `permissions` says, and nothing else: a token, and a service account. */
export interface Identity {
  readonly result: PermissionsResult
  readonly token: string
  /** Of the service account. */
  readonly accountToken: string
  /** The same file and objects, as this identity. */
  readonly scenario: Scenario
  /** Vault's policy becomes exactly these stanzas. */
  readonly allowVault: (rules: readonly VaultRule[]) => Promise<void>
  /** Takes one rule away on the cluster, and gives it back by the function that it returns. */
  readonly takeAway: (rule: KubernetesRule) => Promise<() => Promise<void>>
  readonly close: () => Promise<void>
}

const RBAC = 'rbac.authorization.k8s.io/v1'
const RESOURCES: Readonly<Record<string, string>> = {
  Namespace: 'namespaces',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  Role: 'roles',
  RoleBinding: 'rolebindings',
}

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules?: readonly Readonly<Record<string, readonly string[]>>[]
}

const refOf = ({ apiVersion, kind, metadata }: Manifest) => ({
  apiVersion,
  kind,
  resource: RESOURCES[kind] ?? '',
  name: metadata.name,
  ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
})

/** @param admin whose file it is */
export async function identityFor(admin: Scenario, purpose: Purpose): Promise<Identity> {
  const { id, vault, cluster, file, folder } = admin
  const namespace = `${id}-ci`
  const account = { kind: 'ServiceAccount', name: purpose, namespace } as const
  const result = await permissions({
    file,
    purpose,
    parts: ['vault', 'kubernetes'],
    subjects: [account],
    proofByVault: false,
  })

  const policy = `${id}-${purpose}`
  const writePolicy = (text: string) =>
    vault.write(path`sys/policies/acl/${policy}`, { policy: text }, { repeatable: true }).then(() => undefined)
  await writePolicy(result.vault?.policy ?? '')
  const token = `${id}-${randomBytes(8).toString('hex')}`
  await vault.write(path`auth/token/create`, { id: token, policies: [policy], no_default_policy: true, ttl: '20m' })

  const manifests = parseAllDocuments(result.clusters?.['demo']?.manifests ?? '').map(
    (document) => document.toJS() as Manifest,
  )
  for (const manifest of manifests) await cluster.apply(refOf(manifest), manifest)
  await make(cluster, { apiVersion: 'v1', kind: 'Namespace', resource: 'namespaces' }, { name: namespace })
  const ofAccounts = { apiVersion: 'v1', kind: 'ServiceAccount', resource: 'serviceaccounts', namespace }
  await make(cluster, ofAccounts, { name: account.name, namespace })
  const kubeconfig = join(folder, `${purpose}-kubeconfig`)
  const accountToken = await tokenOf(cluster, account)
  writeFileSync(kubeconfig, kubeconfigWith(accountToken))

  const asItself = await openCluster(kubeconfig, servers().context)
  const rules = result.clusters?.['demo']?.rules ?? []
  await until(asItself, rules.flatMap(queries), true)
  const scenario = await openScenario({ id, token, kubeconfig })
  // The same, but for the kubeconfig.
  const same = parse(readFileSync(file, 'utf8')) as FileInput
  scenario.write({ ...same, clusters: { demo: { ...same.clusters['demo']!, kubeconfig } } })
  return {
    result,
    token,
    accountToken,
    scenario,
    allowVault: (stanzas) => writePolicy(renderPolicy(stanzas)),
    async takeAway(rule) {
      const isOf = ({ kind, metadata }: Manifest): boolean =>
        rule.namespace === undefined ? kind === 'ClusterRole' : kind === 'Role' && metadata.namespace === rule.namespace
      const role = manifests.find(isOf)!
      const isRule = (each: Readonly<Record<string, readonly string[]>>): boolean =>
        each['resources']?.[0] === rule.resource &&
        each['apiGroups']?.[0] === rule.apiGroup &&
        (each['resourceNames'] ?? []).join() === rule.names.join()
      const rest = (role.rules ?? []).filter((each) => !isRule(each))
      expectOneLess(role.rules ?? [], rest)
      await replace(cluster, { ...role, rules: rest })
      await until(asItself, queries(rule), false)
      return async () => {
        await replace(cluster, role)
        await until(asItself, queries(rule), true)
      }
    },
    async close() {
      const rights = manifests.filter(({ kind }) => kind !== 'Namespace')
      await Promise.all(rights.map((manifest) => cluster.delete(refOf(manifest))))
      await vault.write(path`auth/token/revoke`, { token: new Secret(token) })
      await asItself.close()
      await scenario.closeClients()
    },
  }
}

function expectOneLess(all: readonly unknown[], rest: readonly unknown[]): void {
  if (rest.length !== all.length - 1) throw new Error(`${all.length - rest.length} rules would be taken away`)
}

async function replace(cluster: Cluster, role: Manifest): Promise<void> {
  const now = await cluster.get(refOf(role))
  await cluster.replace(refOf(role), { ...role, metadata: now?.metadata ?? role.metadata })
}

async function make(cluster: Cluster, kind: KindRef, metadata: object): Promise<void> {
  await cluster.create(kind, { apiVersion: kind.apiVersion, kind: kind.kind, metadata }).catch((error: unknown) => {
    if (!(error instanceof Error) || !error.message.includes('exists')) throw error
  })
}

async function tokenOf(
  cluster: Cluster,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): Promise<string> {
  const asked = { namespace, serviceAccount: name, audiences: [], expirationSeconds: 3600 }
  return Secret.reveal((await cluster.requestToken(asked)).token)
}

/** The file that an operator would write for such a token. */
function kubeconfigWith(token: string): string {
  const { apiServer, apiServerCA, context } = servers()
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: apiServer, 'certificate-authority': apiServerCA } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: context, context: { cluster: 'c', user: 'u' } }],
    'current-context': context,
  })
}

/** What a rule allows, as questions. */
function queries({ namespace, apiGroup, resource, names, verbs }: KubernetesRule): AccessQuery[] {
  const [plural = '', subresource] = resource.split('/')
  return verbs.flatMap((verb) =>
    (names.length === 0 ? [undefined] : names).map((name) => ({
      verb,
      group: apiGroup,
      resource: plural,
      ...(subresource !== undefined && { subresource }),
      ...(namespace !== undefined && { namespace }),
      ...(name !== undefined && { name }),
    })),
  )
}

/** The API server hears of a change of rights a moment later. */
async function until(cluster: Cluster, asked: readonly AccessQuery[], allowed: boolean): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if ((await cluster.can(asked)).every((each) => each === allowed)) return
    await sleep(100)
  }
  throw new Error(`the API server still says otherwise of ${JSON.stringify(asked)} (${RBAC})`)
}
