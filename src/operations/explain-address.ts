import { resolve } from 'node:path'
import { isIceError } from '../catalogue/index.js'
import type { ClusterFacts, File } from '../config/file.js'
import { loadConfig } from '../config/index.js'
import { readBeside } from '../config/load.js'
import { pathText } from '../config/words.js'
import { KINDS, type Resource } from '../kinds/index.js'
import { buildGraph } from '../reconcile/graph.js'
import { checkedAddresses } from './addresses.js'
import type { ExplainOptions } from './explain.js'
import { placeOf } from './print-commands.js'
import type { ExplainResult } from './results.js'
import { scriptOf } from './script.js'
import { openCluster } from './session.js'

/** What an object of the file is, who needs it, and the commands that would make it. Contacts nothing. */
export async function explainAddress(address: string, options: Omit<ExplainOptions, 'what'>): Promise<ExplainResult> {
  const configFile = resolve(options.file)
  const loaded = await loadConfig(configFile)
  const { file, texts } = loaded
  const graph = buildGraph(KINDS, file, { clusters: await supposed(file, configFile, options), texts })
  checkedAddresses([address], { graph })
  const resource = graph.get(address as Resource['address']) as Resource
  const { kind, id, desired, from, after } = resource
  const place = placeOf(options, file, configFile)
  const at = loaded.locate(from)
  return {
    operation: 'explain',
    what: 'object',
    address: resource.address,
    kind: kind.kind,
    title: kind.title,
    about: kind.about,
    from: pathText(from),
    ...(at !== undefined && { at: { ...at, file: options.file } }),
    needs: after.map((needed) => titled(graph.get(needed) as Resource)),
    neededBy: [...graph.values()].filter((other) => other.after.includes(resource.address)).map(titled),
    section: kind.sections.find((path) => path.startsWith(String(from[0]))) ?? '',
    script: scriptOf(
      [
        {
          address: resource.address,
          title: kind.title,
          action: 'create',
          commands: kind.commands(id, desired, undefined, place.programs),
        },
      ],
      place,
    ),
  }
}

const titled = ({ address, kind }: Resource) => ({ address, title: kind.title })

/** The clusters as the file and the kubeconfig have them; whether that is what Vault must use, only a plan finds out. */
async function supposed(
  file: File,
  configFile: string,
  options: Pick<ExplainOptions, 'kubeconfig'>,
): Promise<Record<string, ClusterFacts>> {
  const facts = await Promise.all(
    Object.entries(file.clusters).map(async ([name, section]) => {
      const { server = '', ca = '' } = await kubeconfigOf(name, section, configFile, options)
      const { apiServer = server, apiServerCA } = section
      const known = { apiServer, caFrom: 'kubeconfig', proof: { by: 'operator' } } as const
      if (apiServerCA === 'system') return [name, { ...known, ca: '' }] as const
      if (typeof apiServerCA !== 'object') return [name, { ...known, ca }] as const
      return [name, { ...known, ca: await readBeside(configFile, apiServerCA.file, undefined) }] as const
    }),
  )
  return Object.fromEntries(facts)
}

/** Nothing where this machine has no kubeconfig for it. */
async function kubeconfigOf(
  name: string,
  section: File['clusters'][string],
  configFile: string,
  options: Pick<ExplainOptions, 'kubeconfig'>,
): Promise<{ readonly server?: string; readonly ca?: string | undefined }> {
  try {
    const cluster = await openCluster(options, name, section, configFile, new AbortController().signal)
    await cluster.close()
    return { server: cluster.server, ca: cluster.certificateAuthority }
  } catch (error) {
    if (isIceError(error)) return {}
    throw error
  }
}
