import { agentConfig, configText, PLACES } from './agent-config.js'
import type { Doc, Fit, Integration, IntegrationContext } from './contract.js'
import { enough, cautionsOf } from './fit.js'
import { objectName } from './names.js'
import { CONFIG_KEYS, podPatch } from './pod-patch.js'
import { secretFiles } from './templates.js'
import { CA_NAME, caConfigMap } from './vault-ca.js'

/** Vault Agent or OpenBao Agent, put beside the application by its own manifests. */
export const agent: Integration = {
  way: 'agent',
  title: 'Vault Agent in the pod',
  about:
    'Vault Agent (or OpenBao Agent) runs in the pod of the application: as init container it renders the secrets to files before the application starts, as sidecar it keeps them up to date.',
  properties: {
    keeps: 'in memory',
    rotation: 'renewed and rendered again; KV secrets within 5 minutes',
    restart: 'no, where the application reads its files again',
    nodePlugin: false,
  },
  fits: (context) => fitsAgent(context),
  objects: (context) => {
    const { workload, settings } = context
    const { namespace, serviceAccount, role } = workload
    const name = objectName('vault-agent', serviceAccount, role)
    const data = {
      ...(settings.containers !== 'sidecar' && { [CONFIG_KEYS.init]: configText(agentConfig(context, true)) }),
      ...(settings.containers !== 'init' && { [CONFIG_KEYS.sidecar]: configText(agentConfig(context, false)) }),
    }
    const config: Doc = {
      object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data },
      comment: [
        `The agent's configuration for ${namespace}/${serviceAccount}, which logs in with the role ${role}.`,
        'It renders, each as one JSON object:',
        ...secretFiles(context.secrets).map(({ file }) => `  ${PLACES.secrets}/${file}`),
        ...context.left.map((text) => `Left out: ${text}.`),
      ],
      notes: [
        ...('init.json' in data
          ? [{ at: ['data', 'init.json'], text: 'For the init container: ends when all is rendered.' }]
          : []),
        ...('sidecar.json' in data
          ? [{ at: ['data', 'sidecar.json'], text: 'For the sidecar: stays, and keeps all of it up to date.' }]
          : []),
      ],
    }
    return {
      objects: [...caConfigMap(context), config],
      patches: [podPatch(context, { config: name, ca: CA_NAME }, JSON.stringify(data))],
    }
  },
}

function fitsAgent(context: IntegrationContext): Fit {
  const none = enough(context)
  if (none !== undefined) return none
  return {
    fits: true,
    why: 'it needs nothing in the cluster, and no secret leaves the pod',
    cautions: cautionsOf(context),
  }
}
