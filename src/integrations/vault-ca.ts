import type { Doc, IntegrationContext } from './contract.js'

export const CA_NAME = 'vault-ca'
export const CA_KEY = 'ca.crt'

/** The CA of Vault, for whoever in the namespace speaks to it; none where the roots of the images do. */
export function caConfigMap({ vault, workload }: IntegrationContext): readonly Doc[] {
  if (vault.ca === undefined) return []
  return [
    {
      object: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: CA_NAME, namespace: workload.namespace },
        data: { [CA_KEY]: vault.ca },
      },
      comment: [`Who signed the certificate of Vault (${vault.address}). No secret.`],
    },
  ]
}

export const CA_SECRET = 'vault-ca'

/** The same as a Secret, for components that can take it in no other way. */
export function caSecret({ vault, workload }: IntegrationContext): readonly Doc[] {
  if (vault.ca === undefined) return []
  return [
    {
      object: {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: CA_SECRET, namespace: workload.namespace },
        type: 'Opaque',
        stringData: { [CA_KEY]: vault.ca },
      },
      comment: [
        `Who signed the certificate of Vault (${vault.address}). No secret, though it has to be in a Secret here.`,
      ],
    },
  ]
}
