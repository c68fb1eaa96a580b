import { IceError, isIceError, VAULT } from '../../catalogue/index.js'
import { presentedCertificate } from '../../http/certificate.js'
import { isLoopback } from '../../http/host.js'
import { path, statusOf } from '../../vault/index.js'
import { proxySetting } from '../../vault/proxy.js'
import { fact } from '../contract.js'
import { version } from './cluster.js'
import { health, mounts, operatorToken } from './vault.js'

const one = (): string => ''

/** Where Vault is, as the operator names it; contacts nothing. */
export const place = fact({
  what: 'the address of Vault',
  key: one,
  from: 'operator',
  fetch(_subject: unknown, { scene: { vault, file } }) {
    const { address, namespace } = vault
    // Through a port-forward of the file it is not this machine's, whatever the address.
    const isHere = isLoopback(new URL(address)) && file.vault.portForward === undefined
    return Promise.resolve({ address, namespace, isHere })
  },
})

/** The paths of the audit devices. @throws IceError VAULT.notPermitted where only the root namespace would tell */
export const auditDevices = fact({
  what: 'the audit devices',
  key: one,
  from: 'operator',
  async fetch(_subject: unknown, { ask, scene: { vault } }): Promise<readonly string[]> {
    await ask(mounts, undefined)
    if (vault.namespace !== undefined)
      throw new IceError(VAULT.notPermitted, { message: 'Audit devices are shown in the root namespace only.' })
    return Object.keys((await vault.read(path`sys/audit`))?.data ?? {})
  },
})

/** A rate limit of Vault, by its name. */
export interface Quota {
  readonly name: string
  /** Empty: of the whole server. */
  readonly path: string
  /** Requests, in so many seconds. */
  readonly rate: number
  readonly interval: number
}

/** The rate limit quotas, where one of them turned the operator away; undefined: none did. */
export const usedUp = fact({
  what: 'the quotas that turn the operator away',
  key: one,
  from: 'operator',
  async fetch(_subject: unknown, { ask, scene: { vault } }): Promise<readonly Quota[] | undefined> {
    try {
      await Promise.all([ask(operatorToken, undefined), ask(mounts, undefined)])
      return undefined
    } catch (error) {
      if (!isIceError(error)) throw error
      if (error.code !== VAULT.rateLimited.code) return undefined
    }
    // They are likely to be kept back by the same quota.
    const names = await orNone(() => vault.list(path`sys/quotas/rate-limit`, { rootNamespace: true }))
    return Promise.all(
      names.map(async (name) => {
        const at = path`sys/quotas/rate-limit/${name}`
        const rule = (await vault.read<Partial<Quota>>(at, { rootNamespace: true }))?.data
        return { name, path: rule?.path ?? '', rate: rule?.rate ?? 0, interval: rule?.interval ?? 0 }
      }),
    )
  },
})

/** A proxy that keeps Vault from being reached. */
export interface Obstacle {
  /** The variable that names it. */
  readonly from: string
  /** Its address, without a user. */
  readonly proxy: string
  /** Whom the certificate names that the address shows without the proxy; undefined: it cannot be reached without either. */
  readonly direct: string | undefined
}

const LOOK_MS = 3000
/** What a failing proxy looks like. A certificate that is not trusted is one that somebody shows: then it is the answer that counts. */
const BY_PROXY: readonly string[] = [
  VAULT.proxyFailed.code,
  VAULT.timedOut.code,
  VAULT.connectionLost.code,
  VAULT.notVault.code,
]

/** The proxy of the environment, where Vault cannot be reached through it; undefined: there is none, or it does no harm. */
export const obstacle = fact({
  what: 'a proxy before Vault',
  key: one,
  from: 'operator',
  async fetch(_subject: unknown, { ask, scene }): Promise<Obstacle | undefined> {
    const url = new URL((await ask(place, undefined)).address)
    const setting = proxySetting(url, process.env)
    if (setting === undefined || url.protocol !== 'https:') return undefined
    try {
      await ask(health, undefined)
      return undefined
    } catch (error) {
      if (!isIceError(error) || !BY_PROXY.includes(error.code)) throw error
      const signal = AbortSignal.any([scene.signal, AbortSignal.timeout(LOOK_MS)])
      const shown = await presentedCertificate(url, signal)
      const proxy = URL.parse(setting.value.includes('://') ? setting.value : `http://${setting.value}`)
      return { from: setting.from, proxy: proxy?.host ?? '(no URL)', direct: shown?.subject }
    }
  },
})

/** By how much clocks are ahead of this machine's, milliseconds. */
export interface Clocks {
  readonly vault: number
  /** By cluster; those that cannot be asked are left out. */
  readonly clusters: Readonly<Record<string, number>>
}

/** Vault’s clock and those of the API servers, each as it was when it answered. */
export const clocks = fact({
  what: 'the clocks',
  key: one,
  from: 'operator',
  async fetch(_subject: unknown, { ask, scene }): Promise<Clocks> {
    const { serverTime, seenAt } = await ask(health, undefined)
    const all = await Promise.all(
      Object.keys(scene.file.clusters).map(async (cluster) => {
        try {
          const { date, seenAt } = await ask(version, { cluster })
          return date === undefined ? [] : [[cluster, date.getTime() - seenAt] as const]
        } catch (error) {
          if (isIceError(error)) return []
          throw error
        }
      }),
    )
    return { vault: serverTime * 1000 - seenAt, clusters: Object.fromEntries(all.flat()) }
  },
})

/** Another namespace that has a mount of a path. */
export interface Elsewhere {
  /** Its path; empty: the root namespace. */
  readonly namespace: string
  readonly type: string
  /** The API server of its config; undefined: it may not be read, or was never written. */
  readonly host: string | undefined
}

type Table = Readonly<Record<string, { readonly type?: string } | undefined>>

/**
 * Which other namespaces have an auth mount at this path, as far as the token sees: the root, what is below it, and what is
 * below the one that was asked.
 */
export const elsewhere = fact({
  what: 'the other namespaces',
  key: ({ mount }: { readonly mount: string }) => mount,
  from: 'operator',
  async fetch({ mount }, { scene: { vault } }): Promise<readonly Elsewhere[]> {
    const own = vault.namespace
    const [below, top] = await Promise.all([
      orNone(() => vault.list(path`sys/namespaces`)),
      own === undefined ? [] : orNone(() => vault.list(path`sys/namespaces`, { rootNamespace: true })),
    ])
    const trimmed = (name: string): string => name.replace(/\/$/, '')
    const others = new Set([
      ...below.map((name) => (own === undefined ? trimmed(name) : `${own}/${trimmed(name)}`)),
      ...top.map(trimmed),
      ...(own === undefined ? [] : ['']),
    ])
    others.delete(own ?? '')
    const found = await Promise.all(
      [...others].map(async (namespace): Promise<readonly Elsewhere[]> => {
        const at = (text: ReturnType<typeof path>): ReturnType<typeof path> =>
          namespace === '' ? text : within(namespace, text)
        const read = async (text: ReturnType<typeof path>) =>
          orNothing(async () => (await vault.read(at(text), { rootNamespace: true }))?.data)
        const row = ((await read(path`sys/auth`)) as Table | undefined)?.[`${mount}/`]
        if (row === undefined) return []
        const host = (await read(path`auth/${mount}/config`))?.['kubernetes_host']
        return [{ namespace, type: row.type ?? '', host: typeof host === 'string' ? host : undefined }]
      }),
    )
    return found.flat()
  },
})

/** A path below a namespace is a path of that namespace. */
function within(namespace: string, { text, encoded }: ReturnType<typeof path>): ReturnType<typeof path> {
  const place = path`${namespace}/`
  return { text: `${place.text}${text}`, encoded: `${place.encoded}${encoded}` }
}

/** Undefined: it may not be asked, or there is no such thing. */
async function orNothing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (statusOf(error) !== undefined) return undefined
    throw error
  }
}

const orNone = async (ask: () => Promise<readonly string[]>): Promise<readonly string[]> => (await orNothing(ask)) ?? []
