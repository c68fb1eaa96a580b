import { createHash } from 'node:crypto'
import { PLACES } from './agent-config.js'
import type { Doc, IntegrationContext, Product, Target } from './contract.js'
import { labelName } from './names.js'

export const CONFIG_KEYS = { init: 'init.json', sidecar: 'sidecar.json' } as const

/** The images of the products, in the versions that the tests run. */
const IMAGES: Readonly<Record<Product, string>> = {
  vault: 'hashicorp/vault:1.21.0',
  bao: 'openbao/openbao:2.7.2',
}

/** The user of both images, who is not root. */
const USER = { runAsUser: 100, runAsGroup: 1000 } as const

export const targetOf = ({ workload, settings }: IntegrationContext): Target =>
  settings.target ?? { kind: 'Deployment', name: workload.serviceAccount }

export const containerOf = (context: IntegrationContext): string => context.settings.container ?? targetOf(context).name

/** The volume of the secrets is one for all agents of a pod; all else is each agent's own. */
const SECRETS_VOLUME = 'vault-secrets'
const CA_VOLUME = 'vault-ca'

/**
 * What a pod needs to have its secrets rendered by an agent: a strategic merge patch of a Deployment or its like. It adds
 * to lists by their names, so that the application's own containers and volumes stay.
 */
export function podPatch(context: IntegrationContext, names: { config: string; ca: string }, configs: string): Doc {
  const { workload, vault, settings } = context
  const { kind, name } = targetOf(context)
  const named = (word: string): string => labelName(word, workload.role)
  const own = { config: named('vault-config'), account: named('vault-account'), login: named('vault-login') }
  const container = agentContainer(context, own)
  const { init, sidecar } = { init: settings.containers !== 'sidecar', sidecar: settings.containers !== 'init' }
  const spec = {
    serviceAccountName: workload.serviceAccount,
    ...(init && {
      initContainers: [{ name: named('vault-init'), ...container(CONFIG_KEYS.init) }],
    }),
    containers: [
      {
        name: containerOf(context),
        volumeMounts: [{ name: SECRETS_VOLUME, mountPath: PLACES.secrets, readOnly: true }],
      },
      ...(sidecar ? [{ name: named('vault-agent'), ...container(CONFIG_KEYS.sidecar) }] : []),
    ],
    volumes: [
      { name: SECRETS_VOLUME, emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } },
      { name: own.login, emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
      {
        name: own.account,
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
      { name: own.config, configMap: { name: names.config } },
      ...(vault.ca === undefined ? [] : [{ name: CA_VOLUME, configMap: { name: names.ca } }]),
    ],
  }
  const annotation = `vault-icebreaker/${own.config}`
  const at = (...keys: readonly (string | number)[]) => ['spec', 'template', ...keys]
  return {
    object: {
      apiVersion: 'apps/v1',
      kind,
      metadata: { name, namespace: workload.namespace },
      spec: { template: { metadata: { annotations: { [annotation]: checksum(configs) } }, spec } },
    },
    comment: [
      `What the pods of ${kind} ${workload.namespace}/${name} need to get secrets by the role ${workload.role}.`,
      `A strategic merge patch: kubectl patch ${kind.toLowerCase()} ${name} -n ${workload.namespace} --patch-file FILE`,
      '(or under `patches` of a Kustomization). It adds, and takes nothing away.',
    ],
    notes: [
      { at: at('metadata'), text: 'Changes with the configuration, so that pods with the old one are replaced.' },
      { at: at('spec', 'serviceAccountName'), text: `The account that the role ${workload.role} lets in.` },
      ...(init
        ? [
            {
              at: at('spec', 'initContainers'),
              text: 'Ends when all secrets are rendered: the application starts with them.',
            },
          ]
        : []),
      { at: at('spec', 'containers', 0), text: `The application: finds its secrets below ${PLACES.secrets}.` },
      ...(sidecar
        ? [
            {
              at: at('spec', 'containers', 1),
              text: 'Renews, renders again what changes, and logs in again when its token has ended.',
            },
          ]
        : []),
      { at: at('spec', 'volumes', 0), text: 'In memory: no secret gets onto a disk, or into etcd.' },
      {
        at: at('spec', 'volumes', 1),
        text: "Vault's token, for the agent alone. Mount it where the application speaks to Vault itself.",
      },
      { at: at('spec', 'volumes', 2), text: 'What the agent logs in with; Kubernetes replaces it in time.' },
    ],
  }
}

const checksum = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

interface OwnVolumes {
  readonly config: string
  readonly account: string
  readonly login: string
}

function agentContainer({ vault, settings }: IntegrationContext, own: OwnVolumes) {
  const { product, image = IMAGES[product] } = settings
  const namespaceVariable = product === 'bao' ? 'BAO_NAMESPACE' : 'VAULT_NAMESPACE'
  return (config: string) => ({
    image,
    command: [product, 'agent', `-config=${PLACES.config}/${config}`],
    // The configuration has no word for it that both products know.
    ...(vault.namespace !== undefined && { env: [{ name: namespaceVariable, value: vault.namespace }] }),
    resources: { requests: { cpu: '25m', memory: '64Mi' }, limits: { memory: '128Mi' } },
    securityContext: {
      runAsNonRoot: true,
      ...USER,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumeMounts: [
      { name: own.config, mountPath: PLACES.config, readOnly: true },
      ...(vault.ca === undefined ? [] : [{ name: CA_VOLUME, mountPath: PLACES.ca, readOnly: true }]),
      { name: own.account, mountPath: PLACES.account, readOnly: true },
      { name: own.login, mountPath: PLACES.login },
      { name: SECRETS_VOLUME, mountPath: PLACES.secrets },
    ],
  })
}
