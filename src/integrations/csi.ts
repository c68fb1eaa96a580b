import { PLACES } from './agent-config.js'
import type { Doc, Fit, Integration, IntegrationContext, PodSecret } from './contract.js'
import { cautionsOf, enough, fromElsewhere } from './fit.js'
import { labelName, objectName, secretName } from './names.js'
import { containerOf, targetOf } from './pod-patch.js'

/** Where the provider's own pods must have the CA of Vault: it is they that speak to Vault. */
const PROVIDER_CA = '/vault/tls/ca.crt'

/** The Secrets Store CSI driver with the Vault provider. */
export const csi: Integration = {
  way: 'csi',
  title: 'Secrets Store CSI driver, Vault provider',
  about:
    'A volume of the pod that a driver on the node fills with secrets before the pod starts; the driver logs in with a token of the pod’s service account.',
  properties: {
    keeps: 'in memory',
    rotation: 'read again every 2 minutes, where the driver’s rotation is switched on',
    restart: 'no, where the application reads its files again',
    installs: 'the Secrets Store CSI driver and the Vault provider',
    nodePlugin: true,
  },
  fits: (context) => fit(context),
  objects: (context) => {
    const name = objectName('vault', context.workload.serviceAccount, context.workload.role)
    return { objects: [providerClass(context, name)], patches: [volumePatch(context, name)] }
  },
}

function fit(context: IntegrationContext): Fit {
  const none = enough(context)
  if (none !== undefined) return none
  const cautions = [
    ...(context.secrets.some(({ engine }) => engine === 'database')
      ? ['A database credential ends with its lease: the provider renews no lease by itself.']
      : []),
    ...fromElsewhere('the provider on the node', context),
    ...cautionsOf(context),
  ]
  return { fits: true, why: 'the volume is in memory, and the pod needs no container besides', cautions }
}

/** https://developer.hashicorp.com/vault/docs/platform/k8s/csi/configurations#secret-provider-class-parameters */
function providerClass({ workload, vault, mount, secrets }: IntegrationContext, name: string): Doc {
  return {
    object: {
      apiVersion: 'secrets-store.csi.x-k8s.io/v1',
      kind: 'SecretProviderClass',
      metadata: { name, namespace: workload.namespace },
      spec: {
        provider: 'vault',
        parameters: {
          vaultAddress: vault.address,
          ...(vault.namespace !== undefined && { vaultNamespace: vault.namespace }),
          ...(vault.ca !== undefined && { vaultCACertPath: PROVIDER_CA }),
          ...(vault.tlsServerName !== undefined && { vaultTLSServerName: vault.tlsServerName }),
          vaultAuthMountPath: mount,
          roleName: workload.role,
          ...(workload.audience !== undefined && { audience: workload.audience }),
          // A text that the provider reads as YAML; JSON is that, too.
          objects: `${JSON.stringify(secrets.flatMap(objectsOf), null, 2)}\n`,
        },
      },
    },
    comment: [
      `What the volume of ${workload.namespace}/${workload.serviceAccount} holds, by the role ${workload.role}.`,
      ...(vault.ca === undefined
        ? []
        : [
            `The pods of the provider need the CA of Vault at ${PROVIDER_CA} (csi.volumes, csi.volumeMounts of its chart).`,
          ]),
    ],
    notes: [
      { at: ['spec', 'parameters', 'objects'], text: 'Without secretKey a file holds all of a secret, as JSON.' },
    ],
  }
}

function objectsOf(secret: PodSecret) {
  const name = secretName(secret)
  if (secret.engine === 'kv') return [{ objectName: `${name}.json`, secretPath: secret.api }]
  // Both come from one read: two would make two users.
  return ['username', 'password'].map((key) => ({
    objectName: `${name}.${key}`,
    secretPath: secret.api,
    secretKey: key,
  }))
}

function volumePatch(context: IntegrationContext, providerClassName: string): Doc {
  const { workload } = context
  const { kind, name } = targetOf(context)
  const volume = labelName('vault-secrets', workload.role)
  const mountPath = `${PLACES.secrets}/${objectName(workload.role)}`
  return {
    object: {
      apiVersion: 'apps/v1',
      kind,
      metadata: { name, namespace: workload.namespace },
      spec: {
        template: {
          spec: {
            serviceAccountName: workload.serviceAccount,
            containers: [{ name: containerOf(context), volumeMounts: [{ name: volume, mountPath, readOnly: true }] }],
            volumes: [
              {
                name: volume,
                csi: {
                  driver: 'secrets-store.csi.k8s.io',
                  readOnly: true,
                  volumeAttributes: { secretProviderClass: providerClassName },
                },
              },
            ],
          },
        },
      },
    },
    comment: [
      `The volume with the secrets for the pods of ${kind} ${workload.namespace}/${name}, by the role ${workload.role}.`,
      `A strategic merge patch: kubectl patch ${kind.toLowerCase()} ${name} -n ${workload.namespace} --patch-file FILE`,
    ],
  }
}
