import { isIceError, type IceError } from '../../catalogue/index.js'
import type { File } from '../../config/file.js'
import { mapBounded } from '../../http/limit.js'
import type { Json, Remark } from '../../kinds/contract.js'
import { TOOL } from '../../kinds/kubernetes-object.js'
import {
  createCluster,
  kubeconfigContexts,
  loadConnection,
  proveCertificate,
  refs,
  type Cluster,
} from '../../kubernetes/index.js'
import { examineCluster } from '../discover.js'
import { free, labelOf } from '../init/names.js'
import { findReviewer, unknownReviewer } from './reviewer.js'
import type { ImportOptions, Left, LiveCluster, LiveConfig, LiveMount } from './types.js'

/** Milliseconds for one request. */
const REQUEST = 30_000
const HANDSHAKE = 5000
/** Where a pod finds the API server of its own cluster. */
const IN_CLUSTER = 'https://kubernetes.default.svc'

const NO_CONTEXT = 'FILL IN'

interface Place {
  readonly name: string
  readonly context?: string
}

/**
 * The clusters of the auth mounts, in their order: each is the one whose API server Vault was told of, or the one that the
 * operator names. Of one that is not found, or cannot be asked, there are holes.
 * @throws IceError KUBERNETES.kubeconfigMissing … only where --context names what is not there
 */
export async function collectClusters(
  mounts: readonly LiveMount[],
  options: ImportOptions,
  signal: AbortSignal,
): Promise<readonly LiveCluster[]> {
  const servers = await serversOf(options)
  const places: Place[] = []
  for (const { path, config } of mounts) {
    const context = contextFor(path, config, servers, options.contexts)
    const shares = mounts.length > 1 && places.some((place) => place.context === context)
    const label = labelOf((shares ? undefined : context) ?? path) ?? labelOf(path) ?? 'cluster'
    const name = free(
      label,
      places.map((place) => place.name),
    )
    places.push({ name, ...(context !== undefined && { context }) })
  }
  return mapBounded(mounts.keys(), (index) =>
    lookAt(places[index] as Place, mounts[index] as LiveMount, options, signal),
  )
}

/** The API servers of the kubeconfig, by context; a context that cannot be used is none. */
async function serversOf({ kubeconfig }: ImportOptions): Promise<ReadonlyMap<string, string>> {
  const selection = kubeconfig === undefined ? {} : { kubeconfig }
  const names = await orNothing(async () => (await kubeconfigContexts(selection, process.env)).names)
  const found = await mapBounded(names ?? [], async (context) => {
    const connection = await orNothing(() => loadConnection({ ...selection, context }))
    return connection === undefined ? [] : [[context, connection.server] as const]
  })
  return new Map(found.flat())
}

async function orNothing<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (isIceError(error)) return undefined
    throw error
  }
}

function contextFor(
  path: string,
  config: LiveConfig | undefined,
  servers: ReadonlyMap<string, string>,
  said: readonly string[],
): string | undefined {
  const own = said.find((one) => one.startsWith(`${path}=`))?.slice(path.length + 1)
  // Names of contexts may hold an equals sign, and paths too: what begins with no path of ours is meant for all.
  const all = said.find((one) => servers.has(one) || !one.includes('='))
  return own ?? all ?? [...servers].find(([, server]) => server === config?.host)?.[0]
}

async function lookAt(
  { name, context }: Place,
  mount: LiveMount,
  options: ImportOptions,
  signal: AbortSignal,
): Promise<LiveCluster> {
  const { config } = mount
  if (context === undefined) return unplaced(name, mount)
  const connection = await loadConnection({ kubeconfig: options.kubeconfig, context })
  const cluster = await createCluster({ name, connection, signal, timeoutMs: REQUEST, fieldManager: TOOL })
  try {
    const [reviewer, accounts] = await Promise.all([
      findReviewer(cluster, config, options.reviewer),
      accountsOf(cluster, mount),
    ])
    const usual = reviewer.section['token'] === 'pod' ? IN_CLUSTER : cluster.server
    const section = {
      context,
      ...(config !== undefined && config.host !== '' && config.host !== usual && { apiServer: config.host }),
    }
    const auth = { method: 'kubernetes', path: mount.path, reviewer: reviewer.section }
    const certificate = await certificateOf({ ...section, auth }, config, cluster, signal)
    return {
      name,
      section: { ...section, ...certificate.section },
      reviewer: reviewer.section,
      holes: reviewer.holes,
      remarks: [...certificate.remarks, ...reviewer.remarks],
      ...(certificate.ca !== undefined && { ca: certificate.ca }),
      ...('found' in accounts && { accounts: accounts.found }),
      left: [...('left' in accounts ? [accounts.left] : []), ...(reviewer.left ?? [])],
    }
  } catch (error) {
    if (!isIceError(error) || signal.aborted) throw error
    return unseen(name, context, error, mount)
  } finally {
    await cluster.close()
  }
}

function unplaced(name: string, { path, config }: LiveMount): LiveCluster {
  const told =
    config === undefined ? 'it has no config' : `no context of the kubeconfig has the API server ${config.host}`
  const reviewer = unknownReviewer(config, 'its cluster was not found')
  return {
    name,
    // Without a context the current one would be meant, whichever that is.
    section: { context: NO_CONTEXT, ...(config !== undefined && config.host !== '' && { apiServer: config.host }) },
    reviewer: reviewer.section,
    holes: [
      {
        at: ['context'],
        text: `Which cluster this is: ${told}. Name its context, or import again with --context ${path}=CONTEXT.`,
      },
      ...reviewer.holes,
    ],
    remarks: [],
    ...caOf(config),
    left: [],
  }
}

function unseen(name: string, context: string, { message }: IceError, { config }: LiveMount): LiveCluster {
  const reviewer = unknownReviewer(config, 'the cluster could not be asked')
  return {
    name,
    section: { context, ...(config !== undefined && config.host !== '' && { apiServer: config.host }) },
    reviewer: reviewer.section,
    holes: reviewer.holes,
    remarks: [],
    ...caOf(config),
    left: [{ what: `what is in the cluster ${name}`, why: message.replace(/\.$/, '') }],
  }
}

/** Of a cluster that was not seen, what Vault was told stays. */
const caOf = (config: LiveConfig | undefined): Pick<LiveCluster, 'ca'> =>
  config === undefined || config.ca === '' ? {} : { ca: config.ca }

interface Certificate {
  readonly section: Readonly<Record<string, Json>>
  readonly remarks: readonly Remark[]
  readonly ca?: string
}

/** Says where the CA comes from that Vault has: from the cluster, where one of its own is the same, else from a file. */
async function certificateOf(
  section: Readonly<Record<string, Json>>,
  config: LiveConfig | undefined,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<Certificate> {
  if (config === undefined) return { section: {}, remarks: [] }
  for (const apiServerCA of [undefined, 'rootConfigMap', 'system'] as const) {
    const examined = await orNothing(() =>
      examineCluster(
        cluster.name,
        { ...section, ...(apiServerCA && { apiServerCA }) } as unknown as File['clusters'][string],
        cluster,
        '',
        signal,
      ),
    )
    if (examined?.facts.ca.trim() === config.ca.trim())
      return { section: apiServerCA ? { apiServerCA } : {}, remarks: [] }
  }
  if (config.ca.trim() === '') {
    const text =
      'Vault was told no CA: it takes the one of its pod, or the roots of its machine. apply will tell it the one of the cluster.'
    return { section: {}, remarks: [{ at: ['auth'], text }] }
  }
  const proof = await proveCertificate(config.host, config.ca, { timeoutMs: HANDSHAKE, signal })
  if (proof.verdict === 'refused') {
    const text =
      'The CA that Vault has did not sign the certificate of the API server. apply will tell it the one of the cluster.'
    return { section: {}, remarks: [{ at: ['auth'], text }] }
  }
  return { section: {}, remarks: [], ca: config.ca }
}

/** The accounts of the mount's roles that are there. */
async function accountsOf(
  cluster: Cluster,
  { roles }: LiveMount,
): Promise<{ readonly found: readonly string[] } | { readonly left: Left }> {
  const list = (value: Json | undefined): readonly string[] =>
    ((value ?? []) as readonly string[]).filter((name) => !name.includes('*'))
  const named = roles.flatMap(({ told: { section } }) =>
    list(section['namespaces']).flatMap((namespace) =>
      list(section['serviceAccounts']).map((name) => ({ namespace, name })),
    ),
  )
  const wanted = new Map(named.map((account) => [`${account.namespace}/${account.name}`, account]))
  try {
    const found = await mapBounded(wanted, async ([key, { namespace, name }]) =>
      (await cluster.get(refs.serviceAccount(namespace, name))) === undefined ? [] : [key],
    )
    return { found: found.flat() }
  } catch (error) {
    if (!isIceError(error)) throw error
    return {
      left: { what: `the service accounts of the cluster ${cluster.name}`, why: error.message.replace(/\.$/, '') },
    }
  }
}
