import { setTimeout as pause } from 'node:timers/promises'
import { isIceError, KUBERNETES } from '../../src/catalogue/index.js'
import type { Cluster, KindRef, KubernetesObject } from '../../src/kubernetes/index.js'

/**
 * Stand-ins for the definitions of the operators: group, kind and plural are the real ones, the fields are not checked.
 * They are made where they are missing and stay: test files that run side by side share one API server.
 */
export const DEFINED: readonly (readonly [
  group: string,
  version: string,
  kind: string,
  plural: string,
  scope: string,
])[] = [
  ['secrets-store.csi.x-k8s.io', 'v1', 'SecretProviderClass', 'secretproviderclasses', 'Namespaced'],
  ['secrets.hashicorp.com', 'v1beta1', 'VaultAuth', 'vaultauths', 'Namespaced'],
  ['secrets.hashicorp.com', 'v1beta1', 'VaultAuthGlobal', 'vaultauthglobals', 'Namespaced'],
  ['secrets.hashicorp.com', 'v1beta1', 'VaultConnection', 'vaultconnections', 'Namespaced'],
  ['secrets.hashicorp.com', 'v1beta1', 'VaultStaticSecret', 'vaultstaticsecrets', 'Namespaced'],
  ['secrets.hashicorp.com', 'v1beta1', 'VaultDynamicSecret', 'vaultdynamicsecrets', 'Namespaced'],
  ['secrets.hashicorp.com', 'v1beta1', 'VaultPKISecret', 'vaultpkisecrets', 'Namespaced'],
  ['external-secrets.io', 'v1', 'SecretStore', 'secretstores', 'Namespaced'],
  ['external-secrets.io', 'v1', 'ClusterSecretStore', 'clustersecretstores', 'Cluster'],
  ['external-secrets.io', 'v1', 'ExternalSecret', 'externalsecrets', 'Namespaced'],
  ['cert-manager.io', 'v1', 'Issuer', 'issuers', 'Namespaced'],
  ['cert-manager.io', 'v1', 'ClusterIssuer', 'clusterissuers', 'Cluster'],
]

const BUILT_IN: readonly (readonly [apiVersion: string, kind: string, plural: string])[] = [
  ['v1', 'Pod', 'pods'],
  ['v1', 'Namespace', 'namespaces'],
  ['v1', 'ServiceAccount', 'serviceaccounts'],
  ['apps/v1', 'DaemonSet', 'daemonsets'],
  ['storage.k8s.io/v1', 'CSIDriver', 'csidrivers'],
  ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations'],
]

const KINDS = new Map<string, KindRef>([
  ...BUILT_IN.map(([apiVersion, kind, resource]) => [kind, { apiVersion, kind, resource }] as const),
  ...DEFINED.map(
    ([group, version, kind, resource]) => [kind, { apiVersion: `${group}/${version}`, kind, resource }] as const,
  ),
])

const kindOf = (kind: string): KindRef => {
  const found = KINDS.get(kind)
  if (found === undefined) throw new Error(`no kind ${kind}`)
  return found
}

/** Sees to it that all of the definitions are there and served. */
export async function install(cluster: Cluster): Promise<void> {
  await Promise.all(
    DEFINED.map(async ([group, name, kind, plural, scope]) => {
      const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
      const definition = {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: `${plural}.${group}` },
        spec: {
          group,
          scope,
          names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
          versions: [{ name, served: true, storage: true, schema: { openAPIV3Schema: schema } }],
        },
      }
      const ref = { ...definition, resource: 'customresourcedefinitions' }
      await cluster.create(ref, definition).catch(thereAlready)
    }),
  )
  for (let left = 100; ; left--) {
    const served = await cluster.namespacedKinds()
    const isServed = DEFINED.every(
      ([group, version, kind, , scope]) =>
        scope === 'Cluster' || served.some((one) => one.kind === kind && one.apiVersion === `${group}/${version}`),
    )
    if (isServed) return
    if (left === 0) throw new Error('the definitions are not served')
    await pause(100)
  }
}

function thereAlready(error: unknown): void {
  if (!isIceError(error) || error.code !== KUBERNETES.exists.code) throw error
}

/** Objects that a test has made; `clear` takes them away again. */
export function objectsOn(cluster: Cluster) {
  const made: KubernetesObject[] = []
  const refOf = ({ kind = '', metadata: { namespace, name } }: KubernetesObject) => ({
    ...kindOf(kind),
    ...(namespace !== undefined && { namespace }),
    name,
  })
  return {
    async make(...all: readonly KubernetesObject[]): Promise<void> {
      for (const object of all) {
        const ref = refOf(object)
        made.push(object)
        await cluster.create(ref, { apiVersion: ref.apiVersion, ...object })
      }
    },
    async clear(): Promise<void> {
      for (const object of made.splice(0).reverse()) {
        // A pod without a node is gone at once.
        await cluster.delete(refOf(object))
      }
    },
  }
}

/** An object as it is listed. */
export const object = (
  kind: string,
  place: string,
  spec: object,
  more: Partial<KubernetesObject> & { readonly annotations?: Readonly<Record<string, string>> } = {},
): KubernetesObject => {
  const [name = '', namespace] = place.split('/').reverse()
  const { annotations, metadata, ...rest } = more
  return {
    apiVersion: kindOf(kind).apiVersion,
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }), ...(annotations && { annotations }), ...metadata },
    spec,
    ...rest,
  }
}

const IMAGE = 'registry.invalid/app:1'
export const container = (name: string, more: object = {}) => ({ name, image: IMAGE, ...more })

/** What the injector writes into the agent’s container. */
export const agentConfig = (method: object, address: string): string =>
  Buffer.from(JSON.stringify({ vault: { address }, auto_auth: { method } })).toString('base64')

const VOLUME = 'vault-account'
const AT = '/var/run/secrets/vault'

export interface Injected {
  readonly account?: string
  readonly mountPath: string
  readonly role: string
  readonly address: string
  /** Of the projected token; default: the pod’s own token. */
  readonly audience?: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** A pod as the injector leaves it. */
export function injectedPod(place: string, { account = 'app', mountPath, role, address, ...more }: Injected) {
  const projects = more.audience !== undefined
  const token = { audience: more.audience, path: 'token', expirationSeconds: 3600 }
  const config = { role, ...(projects && { token_path: `${AT}/token` }) }
  const agent = container('vault-agent-init', {
    env: [
      {
        name: 'VAULT_CONFIG',
        value: agentConfig({ type: 'kubernetes', mount_path: mountPath, config }, address),
      },
    ],
    ...(projects && { volumeMounts: [{ name: VOLUME, mountPath: AT }] }),
  })
  return object(
    'Pod',
    place,
    {
      serviceAccountName: account,
      initContainers: [agent],
      containers: [container('app')],
      ...(projects && { volumes: [{ name: VOLUME, projected: { sources: [{ serviceAccountToken: token }] } }] }),
    },
    {
      annotations: {
        'vault.hashicorp.com/agent-inject': 'true',
        'vault.hashicorp.com/agent-inject-status': 'injected',
        'vault.hashicorp.com/role': role,
        ...more.annotations,
      },
    },
  )
}

/** A pod with a volume of the CSI driver. */
export const csiPod = (place: string, className: string, account = 'app') =>
  object('Pod', place, {
    serviceAccountName: account,
    containers: [container('app')],
    volumes: [
      {
        name: 'secrets',
        csi: {
          driver: 'secrets-store.csi.k8s.io',
          readOnly: true,
          volumeAttributes: { secretProviderClass: className },
        },
      },
    ],
  })
