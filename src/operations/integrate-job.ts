import { INTEGRATE, IceError, isIceError } from '../catalogue/index.js'
import type { File } from '../config/file.js'
import { loadConfig, positioned, type LoadedConfig } from '../config/index.js'
import { readBeside, readConfigFile } from '../config/load.js'
import {
  certificatesOf,
  jobDocs,
  jobName,
  yamlStream,
  type Doc,
  type JobCommand,
  type JobSettings,
  type Manifest,
} from '../integrations/index.js'
import { matchesGlob } from '../access/bindings.js'
import { offlineGraph } from './offline.js'
import { saveIntegration, type TextFile } from './integrate-write.js'
import { podVault, type IntegrateOptions } from './integrate.js'
import { dependsOnPlace, filesForPod } from './job-file.js'
import { jobVault, purposeOf, type JobRole, type JobVault } from './job-vault.js'
import { needsOf } from './permission-needs.js'
import { kubernetesRules } from './permission-rules.js'
import { namespaceManifests } from './permission-text.js'
import type { Graph } from '../reconcile/graph.js'
import { inventoryOf } from './session.js'

export type { JobCommand, JobSettings } from '../integrations/index.js'

export interface IntegrateJobOptions extends Pick<
  IntegrateOptions,
  'file' | 'podAddress' | 'vaultCaFile' | 'env' | 'out'
> {
  readonly command: JobCommand
  /** Where the Job is; default: where the record is. */
  readonly namespace?: string
  /** Of the role that it logs in with; default: 'vault'. One that the file has says its own. */
  readonly audience?: string
  /** Also what is needed where the pod cannot reach the API server at the address that Vault uses. */
  readonly proofByVault: boolean
  readonly settings: Omit<JobSettings, 'valuesSecret'> & { readonly valuesSecret?: string }
  /** What is shown: the objects, or what Vault must have. */
  readonly show: 'objects' | 'vault'
}

export interface IntegrateJobResult {
  readonly operation: 'integrate job'
  readonly command: JobCommand
  /** The name of the file. */
  readonly file: string
  readonly cluster: string
  /** NAMESPACE/NAME of the service account. */
  readonly account: string
  readonly objects: readonly Manifest[]
  /** The objects as one stream of YAML. */
  readonly manifests: string
  /** Undefined: the file has the role already. */
  readonly vault?: JobVault & { readonly namespace?: string }
  readonly shown: IntegrateJobOptions['show']
  readonly savedTo?: readonly string[]
}

/** Seconds that a token of the run outlives its deadline. */
const SPARE = 60

/**
 * Writes a Job or CronJob that runs a command of icebreaker in the file's cluster, with the least rights there and in
 * Vault. Worked out from the file alone: contacts nothing.
 * @throws IceError INTEGRATE.notInPod, INTEGRATE.noPodAddress, FILE.unreadableBeside
 */
export async function integrateJob(options: IntegrateJobOptions): Promise<IntegrateJobResult> {
  const loaded = await loadConfig(options.file)
  try {
    return await written(loaded, options)
  } catch (error) {
    throw isIceError(error) ? positioned(error, (keys) => loaded.locate(keys)) : error
  }
}

async function written(loaded: LoadedConfig, options: IntegrateJobOptions): Promise<IntegrateJobResult> {
  const { file } = loaded
  const { command, settings, show, out } = options
  const graph = offlineGraph(
    loaded,
    options.proofByVault ? { by: 'vault', because: 'the operator says so' } : undefined,
  )
  const cluster = requireFit(file, graph, command)
  const { namespace } = inventoryOf(file)
  const name = jobName('icebreaker', file.name, command)
  const account = { namespace: options.namespace ?? namespace, name }
  const role: JobRole = {
    name: `icebreaker-${file.name}-${command}`,
    account,
    audience: options.audience ?? 'vault',
    tokenTTL: settings.deadline + SPARE,
  }
  const known = file.roles[role.name]
  requireAdmitted(role, known)
  const vault = await podVault(file, options)
  const mount = file.clusters[cluster]?.auth.path ?? ''
  const text = await readConfigFile(options.file)
  const apiServerCA = await apiServerCAOf(file.clusters[cluster], options.file)
  const rules = kubernetesRules(needsOf(file, graph, purposeOf(command)), cluster)
  const docs = jobDocs({
    file: file.name,
    command,
    account,
    vault,
    login: { mount, role: role.name, audience: known === undefined ? role.audience : known.audience },
    files: filesForPod(text, {
      loaded,
      cluster,
      vault,
      login: { mount, role: role.name },
      ...(apiServerCA !== undefined && { apiServerCA }),
    }),
    rules,
    // All others have been made by the apply that came before.
    namespaces: command === 'apply' ? (namespaceManifests(graph, cluster, rules) as readonly Manifest[]) : [],
    variables: command === 'apply' ? sourcesOf(graph).variables : [],
    settings: { valuesSecret: `icebreaker-${file.name}-values`, ...settings },
  })
  const needed =
    known === undefined
      ? {
          ...jobVault(text, loaded, cluster, command, role),
          ...(vault.namespace !== undefined && { namespace: vault.namespace }),
        }
      : undefined
  const result: IntegrateJobResult = {
    operation: 'integrate job',
    command,
    file: file.name,
    cluster,
    account: `${account.namespace}/${account.name}`,
    objects: docs.map(({ object }) => object),
    manifests: yamlStream(headOf(file.name, command, needed !== undefined), docs),
    ...(needed && { vault: needed }),
    shown: show,
  }
  return out === undefined ? result : { ...result, savedTo: await saved(out, cluster, docs, needed) }
}

function headOf(file: string, command: JobCommand, needsVault: boolean): readonly string[] {
  const typed = `icebreaker integrate job ${command}`
  return [
    `Made by ${typed} from the file ${file}: a Job that runs icebreaker in the cluster.`,
    ...(needsVault ? [`In Vault it needs a policy and a role besides: ${typed} --vault`] : []),
  ]
}

const saved = (folder: string, cluster: string, docs: readonly Doc[], vault: JobVault | undefined) => {
  const extra: readonly TextFile[] =
    vault === undefined
      ? []
      : [
          { name: 'vault/add-to-icebreaker.yaml', text: vault.sections.text },
          { name: `vault/${vault.sections.policyFile}`, text: vault.sections.policy },
        ]
  return saveIntegration(folder, 'job', { [cluster]: { objects: docs, patches: [] } }, extra)
}

/**
 * What a pod cannot do with this file, all of it at once.
 * @returns the cluster
 * @throws IceError INTEGRATE.notInPod
 */
function requireFit(file: File, graph: Graph, command: JobCommand): string {
  const clusters = Object.entries(file.clusters)
  const [first] = clusters
  const name = first?.[0] ?? ''
  const { files, prompts } = sourcesOf(graph)
  const isApply = command === 'apply'
  const problems = [
    ...(clusters.length > 1
      ? [`The file has several clusters (${Object.keys(file.clusters).join(', ')}), and a pod has the account of one.`]
      : []),
    ...(command !== 'verify' && first !== undefined && dependsOnPlace(first[1])
      ? [
          `The file leaves to the kubeconfig at which address Vault finds the API server: say clusters.${name}.apiServer.`,
        ]
      : []),
    ...(isApply && files.length > 0 ? [`Values come from files of this machine: ${files.join(', ')}.`] : []),
    ...(isApply && prompts > 0 ? ['Values are asked of an operator, who is not there.'] : []),
    ...(command === 'reviewer-rotate' && first !== undefined && !hasToken(first[1])
      ? ['Vault holds no token of a reviewer that could be rotated.']
      : []),
  ]
  if (problems.length === 0) return name
  throw new IceError(INTEGRATE.notInPod, {
    message: `icebreaker ${command.replace('-', ' ')} of this file cannot run in a pod as it stands. ${problems.join(' ')}`,
    from: ['clusters', name],
  })
}

const hasToken = ({ auth }: File['clusters'][string]): boolean =>
  auth.method === 'kubernetes' && (auth.reviewer.token === 'secret' || auth.reviewer.token === 'bound')

/** Where the values come from that an apply may have to open. */
function sourcesOf(graph: Graph) {
  const all = [...graph.values()].flatMap(({ kind, desired }) => kind.sources?.(desired, undefined) ?? [])
  const unique = (names: readonly string[]): readonly string[] => [...new Set(names)].sort()
  return {
    variables: unique(all.flatMap((source) => ('env' in source ? [source.env] : []))),
    files: unique(all.flatMap((source) => ('file' in source ? [source.file] : []))),
    prompts: all.filter((source) => 'prompt' in source).length,
  }
}

/** A role of that name which lets somebody else in would only be found out by a login that fails. */
function requireAdmitted({ name, account }: JobRole, known: File['roles'][string] | undefined): void {
  if (known === undefined) return
  const { serviceAccounts, namespaces = [], namespaceSelector } = known
  const isIn =
    serviceAccounts.some((glob) => matchesGlob(glob, account.name)) &&
    (namespaceSelector !== undefined || namespaces.some((glob) => matchesGlob(glob, account.namespace)))
  if (isIn) return
  throw new IceError(INTEGRATE.notInPod, {
    message: `The role ${name} of the file does not let in ${account.namespace}/${account.name}, as which the Job would run.`,
    from: ['roles', name],
  })
}

async function apiServerCAOf(
  section: File['clusters'][string] | undefined,
  configFile: string,
): Promise<string | undefined> {
  const said = section?.apiServerCA
  if (typeof said !== 'object') return undefined
  return certificatesOf(await readBeside(configFile, said.file, undefined), said.file)
}
