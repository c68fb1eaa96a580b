import { resolveBindings } from '../../access/bindings.js'
import { isIceError } from '../../catalogue/index.js'
import { isLoopback } from '../../http/host.js'
import { concerns } from '../consumers/concern.js'
import { consumersOf, oneOfEach, type Consumer, type Implied } from '../consumers/index.js'
import { fact, type Look } from '../contract.js'
import type { ConsumerSubject } from '../subject.js'
import { account, namespaces } from './cluster.js'
import { mountRow, role, type LiveRole } from './mount.js'
import { world, type OfWorld } from './world.js'

const byWorld = ({ cluster, within }: OfWorld): string => `${cluster ?? ''} ${within ?? ''}`

/** Every object that makes somebody log in. */
export const consumers = fact({
  what: 'who receives secrets',
  key: byWorld,
  from: 'operator',
  fetch: async (subject: OfWorld, { ask }): Promise<readonly Consumer[]> => consumersOf(await ask(world, subject)),
})

/** Those that the file is about, one of each that are alike; without a file all. */
export const concerned = fact({
  what: 'who receives secrets by what is examined',
  key: byWorld,
  from: 'operator',
  async fetch(subject: OfWorld, look): Promise<readonly Consumer[]> {
    const all = await look.ask(consumers, subject)
    const { file, isWritten } = look.scene
    const { cluster } = subject
    if (!isWritten || cluster === undefined) return oneOfEach(all)
    const isElsewhere = (login: Implied): boolean => elsewhereOf(login, look) !== undefined
    return oneOfEach(all.filter((one) => concerns(one, cluster, file, isElsewhere)))
  },
})

/** The subject that an object is. */
export function subjectOf({ cluster = '', within }: OfWorld, { object }: Consumer): ConsumerSubject {
  const { metadata, kind = '', apiVersion = '' } = object
  return {
    kind: 'consumer',
    cluster,
    apiVersion,
    object: kind,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    ...(within !== undefined && { within }),
  }
}

export type OfConsumer = Omit<ConsumerSubject, 'kind'>
export const byObject = ({ cluster, object, namespace, name }: OfConsumer): string =>
  `${cluster} ${object} ${namespace}/${name}`

/** What the object says; several ways may read one pod. */
export const consumer = fact({
  what: 'what the object asks for',
  key: byObject,
  from: 'operator',
  async fetch(subject: OfConsumer, { ask }): Promise<readonly Consumer[]> {
    const all = await ask(consumers, subject)
    return all.filter(
      ({ object }) =>
        object.kind === subject.object &&
        object.metadata.name === subject.name &&
        (object.metadata.namespace ?? '') === subject.namespace,
    )
  },
})

/** A login that an object makes, and what it meets, as far as it can be read. */
export interface Met {
  readonly way: string
  readonly implied: Implied
  /** It speaks to another Vault: which. */
  readonly elsewhere?: string
  /** The mount: its type; undefined where there is none. */
  readonly type?: string
  /** The mount is that of another cluster of the file. */
  readonly ofCluster?: string
  readonly role?: LiveRole
  /** Undefined: no account is named. */
  readonly accountThere?: boolean
  /** Undefined: only the login can tell. */
  readonly bound?: boolean
}

/** Every login that the object makes, with what it meets. */
export const impliedLogins = fact({
  what: 'the logins that the object makes',
  key: byObject,
  from: 'operator',
  async fetch(subject: OfConsumer, look): Promise<readonly Met[]> {
    const all = await look.ask(consumer, subject)
    return Promise.all(all.flatMap(({ way, implied }) => implied.map((one) => meet(way, one, subject, look))))
  },
})

/** The types of auth mount that take a token of a service account, at the same path with the same members. */
const TYPES: readonly string[] = ['kubernetes', 'jwt', 'oidc']
export const isUsable = ({ type, ofCluster, implied }: Met): boolean =>
  implied.noPath === undefined && ofCluster === undefined && TYPES.includes(type ?? '')

async function meet(way: string, implied: Implied, { cluster }: OfConsumer, look: Look): Promise<Met> {
  const elsewhere = elsewhereOf(implied, look)
  if (elsewhere !== undefined || implied.noPath !== undefined)
    return { way, implied, ...(elsewhere !== undefined && { elsewhere }) }
  const mount = { mount: implied.mount, method: 'kubernetes', cluster } as const
  const row = await look.ask(mountRow, mount)
  const ofCluster = ownerOf(implied.mount, cluster, look)
  const met: Met = {
    way,
    implied,
    ...(row !== undefined && { type: row.type }),
    ...(ofCluster !== undefined && { ofCluster }),
  }
  if (!isUsable(met)) return met
  const who = implied.account
  const [live, there] = await Promise.all([
    implied.role === '' ? undefined : look.ask(role, { ...mount, role: implied.role }),
    who && look.ask(account, { cluster, namespace: who.namespace, serviceAccount: who.name }),
  ])
  const isJudged = who !== undefined && live !== undefined && met.type === 'kubernetes'
  return {
    ...met,
    ...(live && { role: live }),
    ...(who && { accountThere: there !== undefined }),
    ...(isJudged && { bound: await isBound(live, who, cluster, look) }),
  }
}

/** Another cluster of the file whose auth mount this is. Two names of one API server are one cluster. */
function ownerOf(mount: string, cluster: string, { scene }: Look): string | undefined {
  if (!scene.isWritten || scene.file.clusters[cluster]?.auth.path === mount) return undefined
  const owner = Object.entries(scene.file.clusters).find(([, { auth }]) => auth.path === mount)?.[0]
  return owner === undefined || serverOf(owner, scene) === serverOf(cluster, scene) ? undefined : owner
}

function serverOf(cluster: string, scene: Look['scene']): string {
  try {
    return scene.cluster(cluster).server
  } catch (error) {
    if (isIceError(error)) return cluster
    throw error
  }
}

/**
 * At which other Vault the login is. A name of a service of the cluster is this Vault where the operator comes to it
 * through a tunnel: then no address tells them apart.
 */
export function elsewhereOf({ address, vaultNamespace }: Implied, { scene }: Pick<Look, 'scene'>): string | undefined {
  const { file, vault } = scene
  if (address !== undefined && !isOwn(address, [vault.address, file.vault.address, file.vault.podAddress]))
    return address
  const bare = (name: string | undefined): string => (name ?? '').replace(/^\/|\/$/g, '')
  if (vaultNamespace !== undefined && bare(vaultNamespace) !== bare(vault.namespace))
    return `the Vault namespace ${vaultNamespace}`
  return undefined
}

function isOwn(address: string, known: readonly (string | undefined)[]): boolean {
  const url = URL.parse(address)
  // A socket of a proxy beside it: where that leads to is not said.
  if (url === null || !/^https?:$/.test(url.protocol)) return true
  const own = known.flatMap((one) => URL.parse(one ?? '') ?? [])
  if (own.some(({ origin }) => origin === url.origin)) return true
  const service = serviceOf(url)
  return service !== undefined && own.some((one) => serviceOf(one) === service || isLoopback(one))
}

/** `vault.vault` of `vault.vault.svc.cluster.local` */
const serviceOf = ({ hostname }: URL): string | undefined => /^([^.]+\.[^.]+)\.svc(?:\.|$)/.exec(hostname)?.[1]

/** Does the role let in the account? */
export async function isBound(
  { role: live }: LiveRole,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  cluster: string,
  { ask }: Pick<Look, 'ask'>,
): Promise<boolean> {
  const labels = live.bindings.selector === undefined ? undefined : await ask(namespaces, { cluster })
  const accounts = new Map([[namespace, new Map([[name, { namespace, name }]])]])
  const view = { name: cluster, namespaces: labels ?? new Map([[namespace, {}]]), accounts, whole: false }
  return resolveBindings(live.bindings, view).accounts.some((one) => one.namespace === namespace && one.name === name)
}
