import { INTEGRATE, IceError, USAGE } from '../catalogue/index.js'
import { nearest } from '../catalogue/nearest.js'
import type { File } from '../config/file.js'
import { loadConfig, positioned, resolveBeside } from '../config/index.js'
import { readBeside } from '../config/load.js'
import { isIceError } from '../catalogue/index.js'
import {
  certificatesOf,
  contextsOf,
  podAddress,
  WAYS,
  yamlStream,
  type Doc,
  type Integration,
  type IntegrationContext,
  type Manifest,
  type PodVault,
  type Selection,
  type Settings,
} from '../integrations/index.js'
import { saveIntegration } from './integrate-write.js'

export type { Selection, Settings, Target } from '../integrations/index.js'

export interface IntegrateOptions extends Selection {
  readonly way: string
  /** Path of icebreaker.yaml. */
  readonly file: string
  /** Instead of vault.podAddress. */
  readonly podAddress?: string
  /** Instead of vault.caFile: a path from here. */
  readonly vaultCaFile?: string
  /** VAULT_CACERT and BAO_CACERT are looked up in it. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly settings: Settings
  /** Only the patches. */
  readonly patch: boolean
  /** A folder to write all of it to, with a Kustomization. */
  readonly out?: string
}

/** A workload that something is written for. */
interface IntegratedWorkload {
  readonly cluster: string
  /** NAMESPACE/NAME */
  readonly workload: string
  readonly role: string
  /** `static/exampleapp/creds` */
  readonly secrets: readonly string[]
  readonly cautions: readonly string[]
}

/** What one cluster needs. */
export interface ClusterObjects {
  readonly objects: readonly Manifest[]
  /** Strategic merge patches of objects that are the application's. */
  readonly patches: readonly Manifest[]
  /** The objects, or with --patch the patches, as one stream of YAML. */
  readonly manifests: string
}

export interface IntegrateResult {
  readonly operation: 'integrate'
  readonly way: string
  /** The name of the file. */
  readonly file: string
  readonly workloads: readonly IntegratedWorkload[]
  /** Workloads that this way does not fit, and why. */
  readonly skipped: readonly { readonly workload: string; readonly role: string; readonly why: string }[]
  readonly clusters: Readonly<Record<string, ClusterObjects>>
  /** The files that were written, if any were. */
  readonly savedTo?: readonly string[]
}

/**
 * Writes what one way of bringing secrets to pods needs, worked out from the file alone: contacts nothing.
 * @throws IceError INTEGRATE.*, USAGE.wrongUsage; FILE.unreadableBeside for the CA
 */
export async function integrate(options: IntegrateOptions): Promise<IntegrateResult> {
  const loaded = await loadConfig(options.file)
  try {
    return await written(loaded.file, options)
  } catch (error) {
    throw isIceError(error) ? positioned(error, (keys) => loaded.locate(keys)) : error
  }
}

async function written(file: File, options: IntegrateOptions): Promise<IntegrateResult> {
  const way = wayOf(options.way)
  requireCluster(file, options)
  const { contexts, unnamed } = contextsOf(file, await podVault(file, options), options, options.settings)
  const { fitting, skipped } = parted(way, contexts)
  // What was asked for by name must not be left out in silence.
  const [first] = skipped
  if (first !== undefined && (fitting.length === 0 || options.workload !== undefined)) throw doesNotFit(way, skipped)
  requireOneRole(way, fitting)
  const clusters = Object.fromEntries(
    [...Map.groupBy(fitting, ({ workload }) => workload.cluster)].map(([cluster, of]) => [cluster, emit(way, of)]),
  )
  const left = [
    ...skipped,
    ...unnamed.map(({ role }) => ({
      workload: '*',
      role,
      why: 'it binds by wildcard or labels: name one with --workload',
    })),
  ]
  const result: IntegrateResult = {
    operation: 'integrate',
    way: way.way,
    file: file.name,
    workloads: fitting.map((context) => told(way, context)),
    skipped: left,
    clusters: Object.fromEntries(
      Object.entries(clusters).map(([cluster, docs]) => [
        cluster,
        clusterObjects(way, file, cluster, docs, left, options),
      ]),
    ),
  }
  return options.out === undefined
    ? result
    : { ...result, savedTo: await saveIntegration(options.out, way.way, clusters) }
}

function wayOf(name: string): Integration {
  const found = WAYS.find(({ way }) => way === name)
  if (found !== undefined) return found
  const known = WAYS.map(({ way }) => way)
  throw new IceError(USAGE.wrongUsage, {
    message: `There is no way ${JSON.stringify(name)}.`,
    next: [`Did you mean ${nearest(name, known) ?? known.join(', ')}?`],
  })
}

function requireCluster(file: File, { cluster, out }: IntegrateOptions): void {
  const known = Object.keys(file.clusters)
  if (cluster !== undefined && !known.includes(cluster)) {
    const meant = nearest(cluster, known)
    throw new IceError(USAGE.wrongUsage, {
      message: `--cluster: the file has no cluster ${JSON.stringify(cluster)}.`,
      next: [meant === undefined ? `It has: ${known.join(', ')}.` : `Did you mean ${meant}?`],
    })
  }
  if (cluster === undefined && known.length > 1 && out === undefined)
    throw new IceError(USAGE.wrongUsage, {
      message: `The file has several clusters, each with objects of its own: ${known.join(', ')}.`,
      next: ['Add --cluster NAME, or --out FOLDER for a folder for each.'],
    })
}

/** Vault as pods see it; the CA is the one that this machine trusts it by. */
export async function podVault(
  file: File,
  options: Pick<IntegrateOptions, 'file' | 'podAddress' | 'vaultCaFile' | 'env'>,
): Promise<PodVault> {
  const { env } = options
  const address = podAddress(file, options.podAddress)
  const isOwn = options.podAddress === undefined && file.vault.podAddress === undefined
  const { tlsServerName, namespace = namespaceIn(env) } = file.vault
  const said = options.vaultCaFile ?? (file.vault.caFile && resolveBeside(options.file, file.vault.caFile))
  const caFile = said ?? env['BAO_CACERT'] ?? env['VAULT_CACERT']
  const isHttps = address.startsWith('https:')
  return {
    address,
    ...(caFile !== undefined &&
      caFile !== '' &&
      isHttps && { ca: certificatesOf(await readBeside('.', caFile, undefined), caFile) }),
    // The name is that of the address that this machine uses.
    ...(isOwn && tlsServerName !== undefined && { tlsServerName }),
    ...(namespace !== undefined && { namespace }),
  }
}

const namespaceIn = (env: IntegrateOptions['env']): string | undefined => {
  const said = (env['BAO_NAMESPACE'] ?? env['VAULT_NAMESPACE'])?.replace(/^\/+|\/+$/g, '')
  return said === '' || said === 'root' ? undefined : said
}

function parted(way: Integration, contexts: readonly IntegrationContext[]) {
  const judged = contexts.map((context) => ({ context, fit: way.fits(context) }))
  return {
    fitting: judged.filter(({ fit }) => fit.fits).map(({ context }) => context),
    skipped: judged
      .filter(({ fit }) => !fit.fits)
      .map(({ context, fit }) => ({ workload: accountOf(context), role: context.workload.role, why: fit.why })),
  }
}

function requireOneRole({ oneRole, title }: Integration, fitting: readonly IntegrationContext[]): void {
  if (oneRole !== true) return
  const roles = Map.groupBy(fitting, ({ workload }) => `${workload.cluster} ${accountOf({ workload })}`)
  const several = [...roles.values()].find((of) => of.length > 1)
  const [first] = several ?? []
  if (several === undefined || first === undefined) return
  throw new IceError(INTEGRATE.doesNotFit, {
    message: `${title} gives a pod one role, and ${accountOf(first)} has several: ${several.map(({ workload }) => workload.role).join(', ')}.`,
    next: ['Say which one is meant with --role, or make one role of them.'],
  })
}

const accountOf = ({ workload }: Pick<IntegrationContext, 'workload'>): string =>
  `${workload.namespace}/${workload.serviceAccount}`

function doesNotFit(way: Integration, skipped: IntegrateResult['skipped']): IceError {
  const whys = skipped.map(({ workload, role, why }) => [`${workload} by the role ${role}`, why])
  return new IceError(INTEGRATE.doesNotFit, {
    message: `${way.title} fits ${skipped.length === 1 ? `not: ${whys[0]?.join(': ') ?? ''}` : 'none of the workloads'}.`,
    ...(skipped.length > 1 && { evidence: Object.fromEntries(whys) as Record<string, string> }),
  })
}

const told = (way: Integration, context: IntegrationContext): IntegratedWorkload => ({
  cluster: context.workload.cluster,
  workload: accountOf(context),
  role: context.workload.role,
  secrets: context.secrets.map(({ mount, path }) => `${mount}/${path}`),
  cautions: way.fits(context).cautions ?? [],
})

export interface ClusterDocs {
  readonly objects: readonly Doc[]
  readonly patches: readonly Doc[]
}

/** What several workloads share (a CA, a connection) is there once. */
function emit(way: Integration, contexts: readonly IntegrationContext[]): ClusterDocs {
  const emitted = contexts.map((context) => way.objects(context))
  const objects = new Map(emitted.flatMap((one) => one.objects).map((doc) => [keyOf(doc.object), doc]))
  return { objects: [...objects.values()], patches: emitted.flatMap((one) => one.patches) }
}

const keyOf = ({ apiVersion, kind, metadata: { namespace = '', name } }: Manifest): string =>
  JSON.stringify([apiVersion, kind, namespace, name])

function clusterObjects(
  { way, title }: Integration,
  { name, clusters }: File,
  cluster: string,
  { objects, patches }: ClusterDocs,
  left: IntegrateResult['skipped'],
  { patch }: IntegrateOptions,
): ClusterObjects {
  const where = Object.keys(clusters).length > 1 ? `, cluster ${cluster}` : ''
  const head = [
    `Made by icebreaker integrate ${way} from the file ${name}${where}: ${title}.`,
    ...(patch || patches.length === 0
      ? []
      : ['The pods need a patch besides: the same command with --patch, or --out FOLDER for all of it.']),
    ...left.map(({ workload, role, why }) => `Left out: ${workload} by the role ${role}: ${why}.`),
  ]
  return {
    objects: objects.map(({ object }) => object),
    patches: patches.map(({ object }) => object),
    manifests: yamlStream(head, patch ? patches : objects),
  }
}
