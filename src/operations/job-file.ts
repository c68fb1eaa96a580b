import { parseDocument, type Document } from 'yaml'
import type { File } from '../config/file.js'
import type { LoadedConfig } from '../config/index.js'
import { JOB_PLACES, type PodVault } from '../integrations/index.js'

/** Names of files in the pod, beside `icebreaker.yaml`. */
const VAULT_CA = 'vault-ca.crt'
const API_SERVER_CA = 'api-server-ca.crt'

/** What the pod's copy of a file says otherwise. */
export interface Moved {
  readonly loaded: Pick<LoadedConfig, 'file' | 'texts'>
  /** The one cluster of the file, in which the pod runs. */
  readonly cluster: string
  readonly vault: PodVault
  readonly login: { readonly mount: string; readonly role: string }
  /** The CA that clusters.NAME.apiServerCA names, as PEM. */
  readonly apiServerCA?: string
}

/**
 * The file as a pod of its cluster needs it, with all that it names beside it: Vault at the address that pods use and with
 * the pod's own login, the API server as the pod knows it. All else stays as it is written, comments too. Pure.
 */
export function filesForPod(text: string, moved: Moved): Record<string, string> {
  const document = parseDocument(text.replace(/^\ufeff/, ''))
  const { cluster, apiServerCA, vault } = moved
  sayVault(document, moved)
  for (const key of ['context', 'kubeconfig']) document.deleteIn(['clusters', cluster, key])
  document.setIn(['clusters', cluster, 'inCluster'], true)
  if (apiServerCA !== undefined) document.setIn(['clusters', cluster, 'apiServerCA', 'file'], API_SERVER_CA)
  const policies = policyFiles(moved.loaded)
  for (const { policy, name } of policies) document.setIn(['policies', policy, 'file'], name)
  return {
    'icebreaker.yaml': document.toString({ lineWidth: 0 }),
    ...(vault.ca !== undefined && { [VAULT_CA]: vault.ca }),
    ...(apiServerCA !== undefined && { [API_SERVER_CA]: apiServerCA }),
    ...Object.fromEntries(policies.map(({ name, hcl }) => [name, hcl])),
  }
}

function sayVault(document: Document, { vault, login }: Moved): void {
  const said: Readonly<Record<string, unknown>> = {
    address: vault.address,
    caFile: vault.ca === undefined ? undefined : VAULT_CA,
    namespace: vault.namespace,
    tlsServerName: vault.tlsServerName,
    podAddress: undefined,
    portForward: undefined,
    login: { method: 'kubernetes', path: login.mount, role: login.role, tokenFile: JOB_PLACES.token },
  }
  if (!document.hasIn(['vault'])) document.set('vault', document.createNode({}))
  for (const [key, value] of Object.entries(said)) {
    if (value === undefined) document.deleteIn(['vault', key])
    else document.setIn(['vault', key], document.createNode(value))
  }
}

/** A key of a ConfigMap has no slash, and two policies may name files of the same name. */
function policyFiles({ file, texts }: Moved['loaded']) {
  return Object.entries(file.policies).flatMap(([policy, section], index) => {
    if (!('file' in section)) return []
    const name = `policy-${index + 1}-${policy.replace(/[^A-Za-z0-9._-]/g, '_')}.hcl`
    return [{ policy, name, hcl: texts[section.file] ?? '' }]
  })
}

/**
 * Is it left to whoever runs the file at which address Vault is to ask the API server? A pod would say another one than
 * a kubeconfig does, and the config of the auth mount would change with whoever runs it.
 */
export function dependsOnPlace({ apiServer, inCluster, auth }: File['clusters'][string]): boolean {
  if (apiServer !== undefined || inCluster === true) return false
  return auth.method === 'jwt' ? auth.keys === 'jwks' : auth.reviewer.token !== 'pod'
}
