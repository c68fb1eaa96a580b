import { LOOK_AGAIN, PLACES } from './agent-config.js'
import type { Fit, Integration, IntegrationContext } from './contract.js'
import { cautionsOf, enough } from './fit.js'
import { secretName } from './names.js'
import { targetOf } from './pod-patch.js'
import { secretFiles } from './templates.js'
import { CA_KEY, CA_SECRET, caSecret } from './vault-ca.js'

/** https://developer.hashicorp.com/vault/docs/platform/k8s/injector/annotations */
const PREFIX = 'vault.hashicorp.com/'
/** A label's name has 63 letters, and `agent-inject-template-` stands before it. */
const LONGEST = 40

/** The Vault Agent Injector: a webhook that puts the agent into pods that ask for it by annotations. */
export const injector: Integration = {
  way: 'injector',
  title: 'Vault Agent Injector',
  about:
    'A webhook in the cluster (vault-k8s) puts Vault Agent into pods that ask for it by annotations; what the agent then does is the same as with `agent`.',
  oneRole: true,
  properties: {
    keeps: 'in memory',
    rotation: 'renewed and rendered again; KV secrets within 5 minutes',
    restart: 'no, where the application reads its files again',
    installs: 'the Vault Agent Injector (vault-k8s)',
    nodePlugin: false,
  },
  fits: (context): Fit =>
    enough(context) ?? {
      fits: true,
      why: 'annotations are enough, and no secret leaves the pod',
      cautions: ['A pod has one role by this way.', ...cautionsOf(context)],
    },
  objects: (context) => ({ objects: caSecret(context), patches: [annotated(context)] }),
}

function annotated(context: IntegrationContext) {
  const { workload, vault, settings } = context
  const { kind, name } = targetOf(context)
  const volume = 'vault-account'
  return {
    object: {
      apiVersion: 'apps/v1',
      kind,
      metadata: { name, namespace: workload.namespace },
      spec: {
        template: {
          metadata: { annotations: annotationsOf(context, volume) },
          spec: {
            serviceAccountName: workload.serviceAccount,
            volumes: [
              {
                name: volume,
                projected: {
                  sources: [
                    {
                      serviceAccountToken: {
                        ...(workload.audience !== undefined && { audience: workload.audience }),
                        expirationSeconds: settings.tokenExpiration,
                        path: 'token',
                      },
                    },
                  ],
                },
              },
            ],
          },
        },
      },
    },
    comment: [
      `What the pods of ${kind} ${workload.namespace}/${name} need to get secrets by the role ${workload.role}.`,
      `A strategic merge patch: kubectl patch ${kind.toLowerCase()} ${name} -n ${workload.namespace} --patch-file FILE`,
      'The injector renders, each as one JSON object:',
      ...secretFiles(context.secrets).map(({ file }) => `  ${PLACES.secrets}/${file}`),
      ...(vault.ca === undefined ? [] : [`It mounts the Secret ${CA_SECRET} for the CA of Vault.`]),
    ],
    notes: [
      {
        at: ['spec', 'template', 'spec', 'volumes', 0],
        text: 'What the agent logs in with: a token for Vault, and not the one for the API server.',
      },
    ],
  }
}

function annotationsOf(context: IntegrationContext, volume: string): Record<string, string> {
  const { workload, vault, mount, settings, secrets } = context
  const own: Readonly<Record<string, string | undefined>> = {
    'agent-inject': 'true',
    service: vault.address,
    namespace: vault.namespace,
    'auth-path': `auth/${mount}`,
    role: workload.role,
    'agent-service-account-token-volume-name': volume,
    'tls-secret': vault.ca && CA_SECRET,
    'ca-cert': vault.ca && `/vault/tls/${CA_KEY}`,
    'tls-server-name': vault.tlsServerName,
    'agent-pre-populate': settings.containers === 'sidecar' ? 'false' : undefined,
    'agent-pre-populate-only': settings.containers === 'init' ? 'true' : undefined,
    'template-static-secret-render-interval': LOOK_AGAIN,
  }
  const ofSecrets = secretFiles(secrets).flatMap(({ file, contents, secret }) => {
    const key = secretName(secret, LONGEST)
    return [
      [`agent-inject-secret-${key}`, secret.api],
      [`agent-inject-file-${key}`, file],
      [`agent-inject-template-${key}`, contents],
    ] as const
  })
  return Object.fromEntries(
    [...Object.entries(own), ...ofSecrets].flatMap(([key, value]) =>
      value === undefined ? [] : [[`${PREFIX}${key}`, value]],
    ),
  )
}
