import type { File } from '../config/file.js'
import { resolveBeside } from '../config/index.js'
import { TOOL } from '../kinds/kubernetes-object.js'
import { createCluster, loadConnection, type Cluster, type Connection } from '../kubernetes/index.js'
import type { FileOptions } from './options.js'

/** For one call with its repeats, milliseconds. */
export const REQUEST_TIMEOUT = 60_000

type Section = Pick<File['clusters'][string], 'context' | 'kubeconfig' | 'inCluster'>

/** Where a cluster of the file is, and as whom one speaks to it. @throws IceError where its kubeconfig is not one */
export async function connectionOf(
  options: Pick<FileOptions, 'kubeconfig'>,
  section: Section,
  configFile: string,
): Promise<Connection> {
  const kubeconfig =
    options.kubeconfig ?? (section.kubeconfig === undefined ? undefined : resolveBeside(configFile, section.kubeconfig))
  return loadConnection({ kubeconfig, context: section.context, inCluster: section.inCluster })
}

/** One cluster of the file; contacts nothing yet. @throws IceError where its kubeconfig is not one */
export async function openCluster(
  options: Pick<FileOptions, 'kubeconfig'>,
  name: string,
  section: Section,
  configFile: string,
  signal: AbortSignal,
): Promise<Cluster> {
  const connection = await connectionOf(options, section, configFile)
  return createCluster({ name, connection, signal, timeoutMs: REQUEST_TIMEOUT, fieldManager: TOOL })
}
