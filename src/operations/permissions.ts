import { constants } from 'node:fs'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { IceError, isIceError } from '../catalogue/index.js'
import { nearest } from '../catalogue/nearest.js'
import { USAGE } from '../catalogue/usage.js'
import type { File } from '../config/file.js'
import { loadConfig } from '../config/index.js'
import type { Graph } from '../reconcile/graph.js'
import { offlineGraph } from './offline.js'
import { needsOf, wishesOf, type Need, type Purpose } from './permission-needs.js'
import { kubernetesRules, vaultRules, type KubernetesRule, type VaultRule } from './permission-rules.js'
import { manifestsText, namespaceManifests, policyText, type Subject } from './permission-text.js'

export type { Purpose } from './permission-needs.js'
export type { Subject } from './permission-text.js'

export interface PermissionsOptions {
  readonly file: string
  readonly purpose: Purpose
  /** What is asked for: the policy, the manifests, both. */
  readonly parts: readonly ('vault' | 'kubernetes')[]
  /** Only this cluster. */
  readonly cluster?: string
  /** Who gets the Kubernetes rights; none: the roles are not bound. */
  readonly subjects: readonly Subject[]
  /** Also what is needed where Vault, and not this machine, must prove the API server's certificate. */
  readonly proofByVault: boolean
  /** A folder to write the policy and the manifests to. */
  readonly out?: string
}

interface VaultPart {
  readonly namespace?: string
  /** The name under which the text proposes to write it. */
  readonly name: string
  readonly rules: readonly VaultRule[]
  /** What can be left out, and is: in the text it is only a comment. */
  readonly optional: readonly VaultRule[]
  /** HCL. */
  readonly policy: string
}

interface ClusterPart {
  readonly rules: readonly KubernetesRule[]
  /** YAML. */
  readonly manifests: string
}

/** The least that an identity needs for a file. */
export interface PermissionsResult {
  readonly operation: 'permissions'
  /** The name of the file. */
  readonly file: string
  readonly purpose: Purpose
  readonly vault?: VaultPart
  readonly clusters?: Readonly<Record<string, ClusterPart>>
  /** The files that were written, if any were. */
  readonly savedTo?: readonly string[]
}

/**
 * Works out from the file alone what an identity must be allowed to do: contacts nothing.
 * @throws IceError USAGE.wrongUsage for a cluster that the file has not, or files that are somebody else's
 */
export async function permissions(options: PermissionsOptions): Promise<PermissionsResult> {
  const { purpose, proofByVault, parts, out } = options
  const loaded = await loadConfig(options.file)
  const { file } = loaded
  const graph = offlineGraph(
    loaded,
    proofByVault ? { by: 'vault', because: 'the operator says so' } : { by: 'operator' },
  )
  const all = { file, graph, needs: needsOf(file, graph, purpose), purpose }
  const wanted = clustersOf(Object.keys(file.clusters), options)
  const result: PermissionsResult = {
    operation: 'permissions',
    file: file.name,
    purpose,
    ...(parts.includes('vault') && { vault: vaultPart(all) }),
    ...(parts.includes('kubernetes') && {
      clusters: Object.fromEntries(wanted.map((cluster) => [cluster, clusterPart(all, cluster, options.subjects)])),
    }),
  }
  return out === undefined ? result : { ...result, savedTo: await save(out, result) }
}

/** What both parts are made from. */
interface All {
  readonly file: File
  readonly graph: Graph
  readonly needs: readonly Need[]
  readonly purpose: Purpose
}

const doing = ({ file, purpose }: All): string =>
  `icebreaker ${purpose}${purpose === 'apply' ? ' with its verification' : purpose === 'doctor' ? ' --probe' : ''} of the file ${file.name}`

function vaultPart(all: All): VaultPart {
  const { file, purpose, needs } = all
  const { namespace } = file.vault
  const name = `icebreaker-${file.name}-${purpose}`
  const rules = vaultRules(needs)
  const head = [
    `${HEADER}: what ${doing(all)} needs in Vault, and nothing else.`,
    ...(namespace === undefined ? [] : [`It belongs into the namespace ${namespace}.`]),
    `vault policy write ${name} FILE   (or: bao policy write ${name} FILE)`,
  ]
  const optional = vaultRules(wishesOf(file, purpose))
  const policy = policyText(head, rules, optional)
  return { ...(namespace !== undefined && { namespace }), name, rules, optional, policy }
}

function clusterPart(all: All, cluster: string, subjects: readonly Subject[]): ClusterPart {
  const { file, purpose, needs, graph } = all
  const rules = withoutMade(needs, cluster)
  const head = [
    `${HEADER}: what ${doing(all)} needs on the cluster ${cluster}.`,
    'kubectl apply -f FILE, as somebody who has these rights and may give them away.',
    ...(subjects.length === 0 ? ['Nobody has them yet: bind the roles, or say --bind-to.'] : []),
  ]
  const name = `icebreaker-permissions:${file.name}:${purpose}`
  return { rules, manifests: manifestsText(head, name, rules, namespaceManifests(graph, cluster, rules), subjects) }
}

const HEADER = 'Made by icebreaker permissions'

function clustersOf(known: readonly string[], { cluster, parts, out }: PermissionsOptions): readonly string[] {
  if (cluster === undefined) {
    if (known.length === 1 || parts.includes('vault') || out !== undefined) return known
    throw new IceError(USAGE.wrongUsage, {
      message: `The file has several clusters, each with rights of its own: ${known.join(', ')}.`,
      next: ['Add --cluster NAME, or --out FOLDER for a file for each.'],
    })
  }
  if (known.includes(cluster)) return [cluster]
  const meant = nearest(cluster, known)
  throw new IceError(USAGE.wrongUsage, {
    message: `--cluster: the file has no cluster ${JSON.stringify(cluster)}.`,
    next: [meant === undefined ? `It has: ${known.join(', ')}.` : `Did you mean ${meant}?`],
  })
}

/** A namespace that gets a Role is made together with it, by whoever gives the rights: then nobody else has to. */
function withoutMade(needs: readonly Need[], cluster: string): KubernetesRule[] {
  const withRole = new Set(kubernetesRules(needs, cluster).flatMap(({ namespace }) => namespace ?? []))
  const isMade = ({ call }: Need): boolean =>
    call.api === 'kubernetes' &&
    call.access.resource === 'namespaces' &&
    call.access.verb !== 'get' &&
    withRole.has(call.access.name ?? '')
  return kubernetesRules(
    needs.filter((need) => !isMade(need)),
    cluster,
  )
}

async function save(folder: string, { vault, clusters = {} }: PermissionsResult): Promise<readonly string[]> {
  const files = [
    ...(vault === undefined ? [] : [{ path: join(folder, 'vault-policy.hcl'), text: vault.policy }]),
    ...Object.entries(clusters).map(([cluster, { manifests }]) => ({
      path: join(folder, `kubernetes-${cluster}.yaml`),
      text: manifests,
    })),
  ]
  try {
    await mkdir(folder, { recursive: true })
    const foreign = await Promise.all(files.map(({ path }) => isForeign(path)))
    const taken = files.find((_, index) => foreign[index])
    if (taken !== undefined) throw notSaved(`${taken.path} is there, and was not made by this command`)
    for (const { path, text } of files) {
      await using handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | NO_LINK)
      await handle.writeFile(text)
    }
  } catch (error) {
    if (isIceError(error)) throw error
    throw notSaved(`${folder} cannot be written to (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`)
  }
  return files.map(({ path }) => path)
}

// Not on every system.
const NO_LINK = (constants as { O_NOFOLLOW?: number }).O_NOFOLLOW ?? 0

const notSaved = (why: string): IceError =>
  new IceError(USAGE.wrongUsage, { message: `${why}.`, next: ['Name another folder with --out.'] })

/** What this command made before may be made anew. */
async function isForeign(path: string): Promise<boolean> {
  try {
    return !(await readFile(path, 'utf8')).startsWith(`# ${HEADER}`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
