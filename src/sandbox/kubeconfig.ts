import { readFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { writePrivate } from './files.js'
import type { ClusterFiles } from './servers/pki.js'

/** The context of a sandbox's own cluster. */
export const CONTEXT = 'icebreaker-sandbox'

/** Writes a kubeconfig (0600) with one context: the cluster's administrator. It needs no other file. */
export function writeKubeconfig(
  file: string,
  cluster: { readonly address: string; readonly files: ClusterFiles; readonly context?: string },
): void {
  const base64 = (path: string) => readFileSync(path).toString('base64')
  const { address, files, context: name = CONTEXT } = cluster
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server: address, 'certificate-authority-data': base64(files.ca) } }],
    users: [
      {
        name,
        user: {
          'client-certificate-data': base64(files.adminCertificate),
          'client-key-data': base64(files.adminKey),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
  }
  writePrivate(file, stringify(content))
}
