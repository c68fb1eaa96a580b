import type { Doc, Fit, Integration, IntegrationContext, Manifest, PodSecret } from './contract.js'
import { cautionsOf, enough, fromElsewhere } from './fit.js'
import { objectName, secretName } from './names.js'
import { CA_SECRET, caSecret } from './vault-ca.js'

const API = 'secrets.hashicorp.com/v1beta1'
const CONNECTION = 'vault'
/** How often a KV secret is looked at again. */
const REFRESH = '60s'

/** The Vault Secrets Operator. https://developer.hashicorp.com/vault/docs/platform/k8s/vso/api-reference */
export const vso: Integration = {
  way: 'vso',
  title: 'Vault Secrets Operator',
  about:
    'An operator in the cluster logs in as the service account of the workload, and keeps a Kubernetes Secret the same as the secret in Vault.',
  properties: {
    keeps: 'as a Secret in etcd',
    rotation: 'KV secrets within a minute; credentials at two thirds of their lease',
    restart: 'yes, unless it reads a mounted Secret again; with --target the operator restarts it',
    installs: 'the Vault Secrets Operator',
    nodePlugin: false,
  },
  fits: (context): Fit =>
    enough(context) ?? {
      fits: true,
      why: 'the application reads an ordinary Secret; who may read Secrets in the namespace, or etcd, may read it, too',
      cautions: [...fromElsewhere('the operator', context), ...cautionsOf(context)],
    },
  objects: (context) => ({
    objects: [
      ...caSecret(context),
      connection(context),
      auth(context),
      ...context.secrets.map((secret) => synced(secret, context)),
    ],
    patches: [],
  }),
}

const authName = ({ workload }: IntegrationContext): string => objectName(workload.serviceAccount, workload.role)

function custom(kind: string, name: string, namespace: string, spec: object): Manifest {
  return { apiVersion: API, kind, metadata: { name, namespace }, spec } as unknown as Manifest
}

function connection({ vault, workload }: IntegrationContext): Doc {
  const spec = {
    address: vault.address,
    ...(vault.ca !== undefined && { caCertSecretRef: CA_SECRET }),
    ...(vault.tlsServerName !== undefined && { tlsServerName: vault.tlsServerName }),
    skipTLSVerify: false,
  }
  return {
    object: custom('VaultConnection', CONNECTION, workload.namespace, spec),
    comment: ['How the operator reaches Vault.'],
  }
}

function auth(context: IntegrationContext): Doc {
  const { workload, mount, vault, settings } = context
  const { namespace, serviceAccount, role, audience, method } = workload
  const login = {
    role,
    serviceAccount,
    ...(audience !== undefined && { audiences: [audience] }),
    tokenExpirationSeconds: settings.tokenExpiration,
  }
  const spec = {
    vaultConnectionRef: CONNECTION,
    method,
    mount,
    ...(vault.namespace !== undefined && { namespace: vault.namespace }),
    [method]: login,
  }
  return {
    object: custom('VaultAuth', authName(context), namespace, spec),
    comment: [`The operator logs in as ${namespace}/${serviceAccount}, with the role ${role}.`],
  }
}

function synced(secret: PodSecret, context: IntegrationContext): Doc {
  const { workload, vault, settings } = context
  const name = secretName(secret)
  const { target } = settings
  const common = {
    vaultAuthRef: authName(context),
    mount: secret.mount,
    ...(vault.namespace !== undefined && { namespace: vault.namespace }),
    ...(target !== undefined && { rolloutRestartTargets: [{ kind: target.kind, name: target.name }] }),
    // Only what the operator made itself is ever overwritten.
    destination: { name, create: true, overwrite: false },
  }
  const where = `The Secret ${workload.namespace}/${name} is kept the same as ${secret.mount}/${secret.path}.`
  if (secret.engine === 'kv') {
    const spec = { type: `kv-v${secret.version}`, path: secret.path, refreshAfter: REFRESH, ...common }
    return { object: custom('VaultStaticSecret', name, workload.namespace, spec), comment: [where] }
  }
  const path = secret.api.slice(secret.mount.length + 1)
  const spec = {
    path,
    ...(secret.isStatic ? { allowStaticCreds: true } : { revoke: true }),
    ...common,
  }
  return { object: custom('VaultDynamicSecret', name, workload.namespace, spec), comment: [where] }
}
