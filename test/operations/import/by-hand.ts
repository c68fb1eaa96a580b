import { refs, type KindRef } from '../../../src/kubernetes/index.js'
import { path, type Payload } from '../../../src/vault/index.js'
import { rootCertificates } from '../../../src/kubernetes/index.js'
import { servers } from '../../servers/index.js'
import { databaseURL } from '../everything.js'
import type { Scenario } from '../scenario.js'

export const CREATION = `CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'; GRANT SELECT ON greetings TO "{{name}}";`

/** Policies as people write them, none of them as icebreaker would. */
export const policiesOf = (id: string) => ({
  [`${id}-static`]: `# what the shop reads\npath "${id}-static/data/shop/*" {\n  capabilities = ["read","list"]\n}\n`,
  [`${id}-dynamic`]: `path "${id}-pg/creds/shop" { capabilities = ["read"] }`,
  [`${id}-transit`]: `path "${id}-transit/encrypt/orders" { capabilities = ["create", "update"] }\npath "${id}-transit/decrypt/orders" { capabilities = ["create", "update"] }\n`,
  [`${id}-own`]: `path "${id}-static/data/{{identity.entity.name}}/*" {\n  capabilities = ["read"]\n}\n`,
})

/** Makes what the tutorials make, by raw calls. */
export async function byHand({ id, vault, cluster }: Scenario): Promise<void> {
  const { apiServer, postgres } = servers()
  const write = (at: ReturnType<typeof path>, body: Payload) => vault.write(at, body, { repeatable: true })
  const kindOf = ({ name: _, ...kind }: ReturnType<(typeof refs)['secret'] | (typeof refs)['namespace']>): KindRef =>
    kind
  for (const namespace of [`${id}-auth`, `${id}-shop`])
    await cluster.create(kindOf(refs.namespace(namespace)), {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    })
  for (const [namespace, name] of [
    [`${id}-auth`, 'vault-reviewer'],
    [`${id}-shop`, 'cart'],
  ] as const)
    await cluster.create(kindOf(refs.serviceAccount(namespace, name)), {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name },
    })
  await cluster.create(kindOf(refs.secret(`${id}-auth`, '')), {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'vault-reviewer-token',
      annotations: { 'kubernetes.io/service-account.name': 'vault-reviewer' },
    },
    type: 'kubernetes.io/service-account-token',
  })
  await cluster.create(kindOf(refs.clusterRoleBinding('')), {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: bindingOf(id) },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:auth-delegator' },
    subjects: [{ kind: 'ServiceAccount', name: 'vault-reviewer', namespace: `${id}-auth` }],
  })

  await write(path`sys/auth/${id}`, { type: 'kubernetes' })
  const ca = await rootCertificates(cluster, 'kube-system')
  await write(path`auth/${id}/config`, {
    kubernetes_host: apiServer,
    kubernetes_ca_cert: ca ?? '',
    token_reviewer_jwt: 'e30.e30.e30',
  })
  for (const [name, policy] of Object.entries(policiesOf(id))) await write(path`sys/policies/acl/${name}`, { policy })

  await write(path`sys/mounts/${`${id}-static`}`, { type: 'kv', options: { version: '2' } })
  await write(path`sys/mounts/${`${id}-pg`}`, { type: 'database' })
  await write(path`sys/mounts/${`${id}-transit`}`, { type: 'transit' })
  await write(path`${`${id}-pg`}/config/main`, {
    plugin_name: 'postgresql-database-plugin',
    allowed_roles: 'shop',
    connection_url: databaseURL(),
    max_connection_lifetime: '5m',
    username: postgres.vault.user,
    password: postgres.vault.password,
  })
  await write(path`${`${id}-pg`}/roles/shop`, {
    db_name: 'main',
    creation_statements: CREATION,
    default_ttl: '1m',
    max_ttl: '10m',
  })
  await write(path`${`${id}-transit`}/keys/orders`, { type: 'aes256-gcm96', auto_rotate_period: '720h' })

  const cart = { bound_service_account_names: 'cart', bound_service_account_namespaces: `${id}-shop` }
  // Old names, no audience, a glob: as they are copied.
  await write(path`auth/${id}/role/static`, { ...cart, policies: `default,${id}-static,${id}-own`, ttl: '24h' })
  await write(path`auth/${id}/role/dynamic`, {
    ...cart,
    audience: 'vault',
    token_policies: [`${id}-dynamic`],
    token_ttl: '1h',
  })
  await write(path`auth/${id}/role/transit`, {
    bound_service_account_names: '*',
    bound_service_account_namespaces: `${id}-shop`,
    audience: 'vault',
    token_policies: [`${id}-transit`],
  })
}

/** As the scenario's clean-up knows it. */
export const bindingOf = (id: string): string => `icebreaker:${id}-by-hand`
