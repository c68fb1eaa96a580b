import { homedir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { resolveBeside } from '../../config/index.js'
import type { Emit } from '../../events/index.js'
import type { Graph } from '../../reconcile/graph.js'
import { openSession, type Session } from '../session.js'
import { bankVaultsOf } from './bank-vaults.js'
import { terraformOf } from './terraform.js'
import type { ClusterPlace, Exported, ExportOptions, ExportResult, Format, LeftOut, Servers } from './types.js'
import { requireNew, writeFolder } from './write.js'

const FORMS: Readonly<Record<Format, (graph: Graph, name: string, servers: Servers) => Exported>> = {
  terraform: terraformOf,
  'bank-vaults': bankVaultsOf,
}

/**
 * The trust of a file for another tool. Asks the clusters what only they know (the API server's address and CA, which
 * Secret holds the reviewer's token); changes nothing and opens no secret.
 * @throws IceError as plan does, USAGE.fileExists, USAGE.fileNotWritten
 */
export async function exportFile(options: ExportOptions): Promise<ExportResult> {
  const { format, out, emit } = options
  if (out !== undefined) await requireNew(out)
  const session = await openSession(options)
  try {
    const { file, graph } = session
    const exported = FORMS[format](graph, file.name, serversOf(options, session))
    exported.leftOut.forEach((left) => tell(left, format, emit))
    if (out !== undefined) await writeFolder(out, exported.files)
    return {
      operation: 'export',
      format,
      file: file.name,
      ...exported,
      ...(out !== undefined && { savedTo: resolve(out) }),
    }
  } finally {
    await session.close()
  }
}

const TITLES: Readonly<Record<Format, string>> = { terraform: 'Terraform', 'bank-vaults': 'bank-vaults' }

function tell({ address, field, why }: LeftOut, format: Format, emit: Emit): void {
  emit({ type: 'note', level: 'warning', address, text: `Cannot be said in ${TITLES[format]}: ${field}: ${why}.` })
}

/** As this run has reached them. */
function serversOf(options: ExportOptions, { io, file, configFile }: Session): Servers {
  const { vault, clusters } = file
  const caFile = options.vaultCaFile === undefined ? vault.caFile : resolve(options.vaultCaFile)
  return {
    vault: {
      address: io.vault.address,
      namespace: io.vault.namespace,
      caFile: caFile === undefined ? undefined : resolveBeside(configFile, caFile),
      tlsServerName: options.vaultTlsServerName ?? vault.tlsServerName,
      isForwarded: vault.portForward !== undefined,
    },
    clusters: Object.fromEntries(
      Object.entries(clusters).map(([name, { kubeconfig, context, inCluster }]): [string, ClusterPlace] => [
        name,
        {
          kubeconfigs: inCluster ? [] : kubeconfigsOf(options.kubeconfig, kubeconfig, configFile),
          context,
        },
      ]),
    ),
  }
}

/** The provider does not read KUBECONFIG, so that every file is named. */
function kubeconfigsOf(flag: string | undefined, own: string | undefined, configFile: string): readonly string[] {
  if (flag === undefined && own !== undefined) return [resolveBeside(configFile, own)]
  const files = (flag ?? process.env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '')
  return files.length > 0 ? files.map((path) => resolve(path)) : [join(homedir(), '.kube', 'config')]
}
