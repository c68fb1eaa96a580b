import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve, sep } from 'node:path'
import { parse, YAMLParseError } from 'yaml'
import { IceError, KUBERNETES } from '../catalogue/index.js'
import { nearest } from '../catalogue/nearest.js'
import type { Variable } from '../catalogue/variable.js'

type Json = Record<string, unknown>

/** What a context of the merged kubeconfig files stands for, still as it is written there; paths are absolute. */
export interface Chosen {
  readonly context: string
  readonly cluster: Json
  readonly clusterName: string
  readonly user: Json
  readonly userName: string
}

interface Merged {
  readonly files: readonly string[]
  readonly current: string | undefined
  readonly contexts: ReadonlyMap<string, Json>
  readonly clusters: ReadonlyMap<string, Json>
  readonly users: ReadonlyMap<string, Json>
}

/**
 * Reads kubeconfig files as kubectl does: of several the first that sets a value wins, those that are missing are passed
 * over, relative paths are relative to their file.
 * (client-go, tools/clientcmd/loader.go. client-node's own loader lets the last win, refuses the whole file for an entry
 * that is not used, does not know `tokenFile`, and falls back to http://localhost:8080 where it finds nothing.)
 * @throws IceError KUBERNETES.kubeconfigMissing, kubeconfigInvalid, contextUnknown
 */
export async function chooseContext(
  { kubeconfig, context }: { kubeconfig?: string | undefined; context?: string | undefined },
  env: NodeJS.ProcessEnv,
): Promise<Chosen> {
  const merged = await readKubeconfigs(kubeconfigPaths(kubeconfig, env))
  const name = context ?? merged.current
  const names = [...merged.contexts.keys()]
  const found = name === undefined ? undefined : merged.contexts.get(name)
  if (name === undefined || found === undefined) throw unknownContext(name, names, merged.files)
  const clusterName = text(found['cluster'])
  const userName = text(found['user'])
  const cluster = merged.clusters.get(clusterName)
  const user = merged.users.get(userName)
  if (cluster === undefined || user === undefined) {
    const what = cluster === undefined ? `cluster ${quoted(clusterName)}` : `user ${quoted(userName)}`
    throw invalid(`The context ${quoted(name)} refers to the ${what}, which is not there.`, merged.files)
  }
  return { context: name, cluster, clusterName, user, userName }
}

/** What leads to a cluster, here and in kubeconfig.ts. */
export const KUBERNETES_VARIABLES: readonly Variable[] = [
  { names: ['KUBECONFIG'], meaning: 'One or several files, as for kubectl; default: ~/.kube/config.' },
  {
    names: ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'],
    meaning: 'Set in pods; used with inCluster: true.',
  },
  { names: ['HOME'], meaning: 'Where .kube/config is.' },
]

/**
 * The contexts of the merged kubeconfig files, and which of them is the current one, if it is there.
 * @throws IceError KUBERNETES.kubeconfigMissing, kubeconfigInvalid
 */
export async function kubeconfigContexts(
  { kubeconfig }: { kubeconfig?: string | undefined },
  env: NodeJS.ProcessEnv,
): Promise<{ current: string | undefined; names: readonly string[] }> {
  const { contexts, current } = await readKubeconfigs(kubeconfigPaths(kubeconfig, env))
  return { current: current !== undefined && contexts.has(current) ? current : undefined, names: [...contexts.keys()] }
}

function kubeconfigPaths(explicit: string | undefined, env: NodeJS.ProcessEnv): readonly string[] {
  const list = explicit ?? env['KUBECONFIG'] ?? ''
  const paths = list.split(delimiter).filter((path) => path !== '')
  return paths.length > 0 ? paths : [join(env['HOME'] || homedir(), '.kube', 'config')]
}

async function readKubeconfigs(paths: readonly string[]): Promise<Merged> {
  const files: string[] = []
  let current: string | undefined
  const [contexts, clusters, users] = [new Map<string, Json>(), new Map<string, Json>(), new Map<string, Json>()]
  for (const path of paths) {
    const content = await readFile(path, 'utf8').catch((error: unknown) => {
      const code = (error as NodeJS.ErrnoException).code ?? ''
      if (code === 'ENOENT') return undefined
      throw invalid(`The kubeconfig ${path} cannot be read (${code}).`, [path])
    })
    if (content === undefined) continue
    files.push(path)
    const config = parseKubeconfig(content, path)
    current ??= text(config['current-context']) || undefined
    collect(contexts, config, 'contexts', 'context', path)
    collect(clusters, config, 'clusters', 'cluster', path)
    collect(users, config, 'users', 'user', path)
  }
  if (files.length === 0) throw missing(paths)
  return { files, current, contexts, clusters, users }
}

function parseKubeconfig(content: string, path: string): Json {
  try {
    return record(parse(content, { prettyErrors: true, logLevel: 'error' }) ?? {})
  } catch (error) {
    // The library's message quotes the line, which may hold a credential.
    const place = error instanceof YAMLParseError ? error.linePos?.[0] : undefined
    const at = place === undefined ? '' : `:${place.line}:${place.col}`
    throw invalid(`The kubeconfig ${path}${at} is not valid YAML with a mapping at its top.`, [path])
  }
}

/** Adds a list's named entries to those that earlier files gave. */
function collect(into: Map<string, Json>, config: Json, list: string, member: string, path: string): void {
  const entries = config[list] ?? []
  if (!Array.isArray(entries)) throw invalid(`${list} in the kubeconfig ${path} is not a list.`, [path])
  for (const entry of entries as unknown[]) {
    const { name, [member]: value } = asRecord(entry)
    if (typeof name === 'string' && !into.has(name)) into.set(name, absolute(asRecord(value), dirname(path)))
  }
}

const PATHS = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile']

function absolute(entry: Json, folder: string): Json {
  const result = { ...entry }
  for (const key of PATHS)
    if (typeof entry[key] === 'string' && entry[key] !== '') result[key] = resolve(folder, entry[key])
  const exec = asRecord(entry['exec'])
  const command = exec['command']
  // A bare command is looked up on PATH; one with a slash is relative to the file.
  if (typeof command === 'string' && command.includes(sep))
    result['exec'] = { ...exec, command: resolve(folder, command) }
  return result
}

function unknownContext(name: string | undefined, names: readonly string[], files: readonly string[]): IceError {
  const near = name === undefined ? undefined : nearest(name, names)
  const list = names.length === 0 ? 'It has none.' : `It has: ${names.map(quoted).join(', ')}.`
  return new IceError(KUBERNETES.contextUnknown, {
    message:
      name === undefined
        ? `The kubeconfig has no current context, and none was named. ${list}`
        : `The kubeconfig has no context ${quoted(name)}.${near === undefined ? '' : ` Do you mean ${quoted(near)}?`} ${list}`,
    evidence: { files: files.join(delimiter) },
  })
}

function missing(paths: readonly string[]): IceError {
  return new IceError(KUBERNETES.kubeconfigMissing, {
    message: `No kubeconfig was found at ${paths.join(' or ')}.`,
    evidence: { files: paths.join(delimiter) },
  })
}

function invalid(message: string, files: readonly string[]): IceError {
  return new IceError(KUBERNETES.kubeconfigInvalid, { message, evidence: { files: files.join(delimiter) } })
}

function record(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('not a mapping')
  return value as Json
}

function asRecord(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function quoted(name: string): string {
  return JSON.stringify(name)
}
