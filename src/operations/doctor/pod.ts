import { existsSync } from 'node:fs'
import { IceError, USAGE } from '../../catalogue/index.js'
import { nearest } from '../../catalogue/nearest.js'
import { loadConfig } from '../../config/index.js'
import type { PodScope } from '../../doctor/scope-pod.js'
import type { FileOptions } from '../options.js'

/**
 * Which pod is meant.
 * @param pod NAMESPACE/NAME
 * @throws IceError USAGE.wrongUsage where it is none, or the file has no such cluster; those of a wrong file
 */
export async function podScope(
  options: Pick<FileOptions, 'file' | 'fileMustExist'>,
  pod: string,
  where: Pick<PodScope, 'cluster' | 'mount'>,
): Promise<PodScope> {
  const [namespace = '', name = '', ...more] = pod.split('/')
  if (namespace === '' || name === '' || more.length > 0)
    throw new IceError(USAGE.wrongUsage, {
      message: `${JSON.stringify(pod)} names no pod.`,
      next: ['Name it as NAMESPACE/NAME: kubectl get pods -A'],
    })
  await mustKnow(where.cluster, options)
  return { namespace, name, ...where }
}

async function mustKnow(
  cluster: string | undefined,
  { file: at, fileMustExist }: Pick<FileOptions, 'file' | 'fileMustExist'>,
): Promise<void> {
  if (cluster === undefined || (fileMustExist !== true && !existsSync(at))) return
  const known = Object.keys((await loadConfig(at)).file.clusters)
  if (known.includes(cluster)) return
  const meant = nearest(cluster, known)
  throw new IceError(USAGE.wrongUsage, {
    message: `There is no cluster ${JSON.stringify(cluster)} in the file.`,
    next: [meant === undefined ? `It has ${known.join(', ')}.` : `Did you mean ${meant}?`],
  })
}
