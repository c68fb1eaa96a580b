import { delimiter, resolve } from 'node:path'
import { resolveBeside } from '../config/index.js'
import type { File } from '../config/file.js'
import type { Programs } from '../kinds/command-line.js'
import { inTurn } from '../reconcile/apply.js'
import { prepare } from './apply.js'
import { serversOf } from './describe.js'
import type { ApplyOptions, FileOptions } from './options.js'
import type { PrintCommandsResult } from './results.js'
import { loadPlan } from './saved-plan.js'
import { scriptOf, type Draft, type Place } from './script.js'
import { openSession, type Session } from './session.js'

export interface PrintCommandsOptions extends FileOptions, Pick<ApplyOptions, 'savedPlan' | 'only' | 'adopt'> {
  /** The name of the program; default: `vault`. */
  readonly program?: 'vault' | 'bao'
}

/** The `kubectl` and `vault` commands for all that an apply would write now, in its order. Reads; opens no secret. */
export async function printCommands(options: PrintCommandsOptions): Promise<PrintCommandsResult> {
  const saved = options.savedPlan === undefined ? undefined : await loadPlan(options.savedPlan)
  const session = await openSession(options, saved)
  try {
    const { plan, graph, observations, inventory } = await prepare(options, session, saved)
    const place = placeOf(options, session.file, session.configFile)
    const turns = inTurn({ plan, graph, observations })
    const writes = Map.groupBy(turns, ({ resource }) => resource.address)
    const drafts = turns.map(({ resource, stage, state }): Draft => {
      const { kind, id, address } = resource
      const observed = observations.get(address)
      const mark = inventory.objects[address]?.mark
      return {
        address,
        title: kind.title,
        action: observed === undefined ? 'create' : 'update',
        ...(writes.get(address)?.length !== 1 && { stage }),
        commands: kind.commands(id, state, observed, place.programs, mark),
      }
    })
    return {
      operation: 'print-commands',
      file: session.file.name,
      servers: serversOf(session),
      environment: environmentOf(options, session),
      ...(options.tokenFile !== undefined && { tokenFile: resolve(options.tokenFile) }),
      checks: drafts.length === 0 ? [] : checksOf(session, place.programs),
      ...scriptOf(drafts, place),
    }
  } finally {
    await session.close()
  }
}

/** The programs with what leads them to the file's servers. */
export function placeOf(
  options: Pick<PrintCommandsOptions, 'kubeconfig' | 'program'>,
  file: File,
  configFile: string,
): Place {
  const beside = (path: string): string => resolveBeside(configFile, path)
  const kubectl = (name: string): readonly string[] => {
    const { kubeconfig, context, inCluster } = file.clusters[name] ?? {}
    if (inCluster) return ['kubectl']
    return [
      ...kubectlWith(
        options.kubeconfig?.split(delimiter).map((each) => resolve(each)) ??
          (kubeconfig === undefined ? [] : [beside(kubeconfig)]),
      ),
      ...(context === undefined ? [] : ['--context', context]),
    ]
  }
  return {
    programs: { vault: options.program ?? 'vault', kubectl },
    cluster: file.inventory.cluster ?? Object.keys(file.clusters)[0] ?? '',
    beside,
  }
}

/** The flag takes one file only. */
function kubectlWith(files: readonly string[]): readonly string[] {
  const [first, ...more] = files
  if (first === undefined) return ['kubectl']
  if (more.length === 0) return ['kubectl', '--kubeconfig', first]
  return ['env', `KUBECONFIG=${files.join(delimiter)}`, 'kubectl']
}

/** `bao` prefers its own variables, so both are said. A CA and a token that the environment names, it names for them, too. */
function environmentOf(options: FileOptions, { io, file, configFile }: Session): Record<string, string | null> {
  const ca = options.vaultCaFile === undefined ? file.vault.caFile : resolve(options.vaultCaFile)
  const tlsServerName = options.vaultTlsServerName ?? file.vault.tlsServerName
  const settings = {
    ADDR: io.vault.address,
    NAMESPACE: io.vault.namespace ?? null,
    ...(ca !== undefined && { CACERT: resolveBeside(configFile, ca) }),
    ...(tlsServerName !== undefined && { TLS_SERVER_NAME: tlsServerName }),
  }
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => [
      [`VAULT_${name}`, value],
      [`BAO_${name}`, value],
    ]),
  )
}

/** Where the file names no context, somebody may have chosen another one when the commands run. */
function checksOf({ file, io }: Session, { kubectl }: Programs): PrintCommandsResult['checks'] {
  return Object.entries(file.clusters)
    .filter(([, { context, inCluster }]) => context === undefined && !inCluster)
    .map(([cluster]) => ({
      cluster,
      words: [...kubectl(cluster), 'config', 'view', '--minify', '--output', 'jsonpath={.clusters[0].cluster.server}'],
      prints: io.cluster(cluster).server,
    }))
}
