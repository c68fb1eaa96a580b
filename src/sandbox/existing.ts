import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { IceError, SANDBOX } from '../catalogue/index.js'

/**
 * Finds a context of the kubeconfig: `kubeconfig`, else KUBECONFIG (which may list several files), else ~/.kube/config.
 * Only looks: nothing is sent to the cluster.
 * @throws IceError ICE6003
 */
export async function existingCluster(
  context: string,
  kubeconfig: string | undefined,
): Promise<{ context: string; kubeconfig: string }> {
  const { parse } = await import('yaml')
  const given = kubeconfig ?? (process.env['KUBECONFIG'] || join(homedir(), '.kube', 'config'))
  const files = given
    .split(delimiter)
    .filter(Boolean)
    .map((file) => resolve(file))
  const contexts = files.flatMap((file) => {
    try {
      const { contexts } = parse(readFileSync(file, 'utf8')) as { contexts: { name: string }[] }
      return contexts.map(({ name }) => name)
    } catch {
      // Not there, not readable, not a kubeconfig: it has no contexts, like kubectl sees it.
      return []
    }
  })
  if (contexts.includes(context)) return { context, kubeconfig: files.join(delimiter) }
  throw new IceError(SANDBOX.unknownContext, {
    message: `There is no context ${JSON.stringify(context)} in ${files.join(', ')}.`,
    evidence: { contexts: contexts.join(', ') || 'none' },
  })
}
