import type { Doc, Fit, Integration, IntegrationContext, Manifest, PodSecret } from './contract.js'
import { cautionsOf, enough, fromElsewhere } from './fit.js'
import { objectName, secretName } from './names.js'
import { CA_KEY, CA_NAME, caConfigMap } from './vault-ca.js'

const API = 'external-secrets.io/v1'
const GENERATORS = 'generators.external-secrets.io/v1alpha1'
/** How often a KV secret, and the password of a static role, is looked at again. */
const REFRESH = '1m'
/** How often a database user is made anew: none is renewed. */
const REFRESH_USER = '10m'

/** The External Secrets Operator. https://external-secrets.io/latest/provider/hashicorp-vault/ */
export const eso: Integration = {
  way: 'eso',
  title: 'External Secrets Operator',
  about:
    'An operator in the cluster logs in as the service account of the workload, and copies secrets of Vault (and of other stores) to Kubernetes Secrets.',
  properties: {
    keeps: 'as a Secret in etcd',
    rotation: 'KV secrets within a minute; a new database user every 10 minutes',
    restart: 'yes, unless it reads a mounted Secret again',
    installs: 'the External Secrets Operator',
    nodePlugin: false,
  },
  fits: (context) => fit(context),
  objects: (context) => ({
    objects: [...caConfigMap(context), ...stores(context), ...context.secrets.flatMap((one) => synced(one, context))],
    patches: [],
  }),
}

function fit(context: IntegrationContext): Fit {
  const none = enough(context)
  if (none !== undefined) return none
  if (context.vault.tlsServerName !== undefined)
    return { fits: false, why: 'it cannot be told another name for the certificate of Vault (tlsServerName)' }
  const makesUsers = context.secrets.some((secret) => secret.engine === 'database' && !secret.isStatic)
  return {
    fits: true,
    why: 'the application reads an ordinary Secret; who may read Secrets in the namespace, or etcd, may read it, too',
    cautions: [
      ...(makesUsers
        ? ['It renews no lease, and makes another database user every 10 minutes: the lease must be longer than that.']
        : []),
      ...fromElsewhere('the operator', context),
      ...cautionsOf(context),
    ],
  }
}

function custom(apiVersion: string, kind: string, name: string, namespace: string, spec: object): Manifest {
  return { apiVersion, kind, metadata: { name, namespace }, spec } as unknown as Manifest
}

/** How the operator reaches Vault and logs in; the rest of a store says which engine. */
function provider({ workload, vault, mount }: IntegrationContext) {
  const { serviceAccount, role, audience, method } = workload
  const serviceAccountRef = { name: serviceAccount, ...(audience !== undefined && { audiences: [audience] }) }
  const auth =
    method === 'jwt'
      ? { jwt: { path: mount, role, kubernetesServiceAccountToken: { serviceAccountRef } } }
      : { kubernetes: { mountPath: mount, role, serviceAccountRef } }
  return {
    server: vault.address,
    ...(vault.namespace !== undefined && { namespace: vault.namespace }),
    ...(vault.ca !== undefined && { caProvider: { type: 'ConfigMap', name: CA_NAME, key: CA_KEY } }),
    auth,
  }
}

type Kv = Extract<PodSecret, { readonly engine: 'kv' }>

const storeName = ({ workload }: IntegrationContext, { mount }: Kv): string =>
  objectName(workload.serviceAccount, workload.role, mount)

/** A store speaks of one KV engine. */
function stores(context: IntegrationContext): readonly Doc[] {
  const { workload, secrets } = context
  const { namespace, serviceAccount, role } = workload
  const byMount = new Map(secrets.flatMap((secret) => (secret.engine === 'kv' ? [[secret.mount, secret]] : [])))
  return [...byMount.values()].map((secret) => {
    const vault = { ...provider(context), path: secret.mount, version: `v${secret.version}` }
    return {
      object: custom(API, 'SecretStore', storeName(context, secret), namespace, { provider: { vault } }),
      comment: [
        `The engine ${secret.mount}, as ${namespace}/${serviceAccount} sees it, which logs in with the role ${role}.`,
      ],
    }
  })
}

function synced(secret: PodSecret, context: IntegrationContext): readonly Doc[] {
  const { namespace } = context.workload
  const name = secretName(secret)
  const external = (refreshInterval: string, more: object, dataFrom: object): Doc => ({
    object: custom(API, 'ExternalSecret', name, namespace, {
      refreshInterval,
      ...more,
      // The Secret goes with this object.
      target: { name, creationPolicy: 'Owner' },
      dataFrom: [dataFrom],
    }),
    comment: [`The Secret ${namespace}/${name} is kept the same as ${secret.mount}/${secret.path}.`],
  })
  if (secret.engine === 'kv') {
    const secretStoreRef = { kind: 'SecretStore', name: storeName(context, secret) }
    // With the mount, and `data` after it: a path that itself begins with either of them would lose it.
    return [external(REFRESH, { secretStoreRef }, { extract: { key: secret.api } })]
  }
  const generator: Doc = {
    object: custom(GENERATORS, 'VaultDynamicSecret', name, namespace, {
      path: secret.api,
      method: 'GET',
      resultType: 'Data',
      provider: provider(context),
    }),
    comment: [
      secret.isStatic
        ? `Reads the password that Vault rotates for ${secret.mount}/${secret.path}.`
        : `Makes a database user of the role ${secret.mount}/${secret.path} each time it is asked.`,
    ],
  }
  const generatorRef = { apiVersion: GENERATORS, kind: 'VaultDynamicSecret', name }
  return [generator, external(secret.isStatic ? REFRESH : REFRESH_USER, {}, { sourceRef: { generatorRef } })]
}
