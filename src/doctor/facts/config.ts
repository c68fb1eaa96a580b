import { isIceError } from '../../catalogue/index.js'
import { metOf, type Met } from '../../kinds/auth-config-met.js'
import { statusOf } from '../../vault/index.js'
import { fact } from '../contract.js'
import type { MountSubject } from '../subject.js'
import { clusterOf } from './cluster.js'
import { mountRow, writtenConfig } from './mount.js'
import { fresh } from './path.js'
import { elsewhere, place, type Elsewhere } from './vault-state.js'

type OfMount = Pick<MountSubject, 'mount' | 'method' | 'cluster'>
const byPath = ({ mount }: OfMount): string => mount

/** An auth mount that the namespace which was asked has not, and where it is. */
export interface Moved {
  readonly mount: string
  /** Empty: the root namespace. */
  readonly own: string
  readonly elsewhere: readonly Elsewhere[]
}

/** The namespaces of Vault that have this mount for this cluster, where the one that was asked has none. */
export const movedMount = fact({
  what: 'whether the auth mount is in another namespace',
  key: byPath,
  from: 'operator',
  async fetch(subject: OfMount, look): Promise<Moved> {
    const { mount } = subject
    const { namespace: own = '' } = await look.ask(place, undefined)
    if ((await look.ask(mountRow, subject)) !== undefined) return { mount, own, elsewhere: [] }
    const there = await look.ask(elsewhere, subject)
    const hosts = hostsOf(subject, look.scene)
    const meant = there.filter(
      ({ type, host }) => type === subject.method && host !== undefined && hosts.has(plain(host)),
    )
    return { mount, own, elsewhere: meant }
  },
})

/** The same of all auth mounts of the file. */
export const movedMounts = fact({
  what: 'whether the auth mounts are in another namespace',
  key: () => '',
  from: 'operator',
  async fetch(_subject: unknown, { ask, scene }): Promise<readonly Moved[]> {
    const all = Object.entries(scene.file.clusters).map(([cluster, { auth }]) =>
      ask(movedMount, { mount: auth.path, method: auth.method, cluster }),
    )
    return Promise.all(all)
  },
})

/** The addresses by which the API server of the cluster is known here. */
function hostsOf(subject: OfMount, scene: Parameters<typeof clusterOf>[1]['scene']): ReadonlySet<string> {
  const said = scene.file.clusters[subject.cluster ?? '']?.apiServer
  try {
    return new Set(
      [said, clusterOf(subject, { scene }).server].flatMap((host) => (host === undefined ? [] : plain(host))),
    )
  } catch (error) {
    if (isIceError(error)) return new Set(said === undefined ? [] : [plain(said)])
    throw error
  }
}

const plain = (host: string): string => URL.parse(host)?.origin ?? host

/** What Vault meets with the stored config where that has no CA; undefined: it has one. */
export const metWithoutCA = fact({
  what: 'whether Vault does without a stored CA',
  key: byPath,
  from: 'vault',
  async fetch(subject: OfMount, { ask }): Promise<Met | undefined> {
    const { kubernetes_ca_cert: ca } = await ask(writtenConfig, subject)
    if (typeof ca === 'string' && ca.trim() !== '') return undefined
    try {
      return (await ask(fresh, subject)).met
    } catch (error) {
      // Where Vault finds no CA of its own, it refuses the config before it asks anybody.
      if (isIceError(error) && statusOf(error) === 400) return metOf(error.message)
      throw error
    }
  },
})
