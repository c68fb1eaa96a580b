import { X509Certificate } from 'node:crypto'
import type { File } from '../config/file.js'
import type { AuthConfigMark } from '../kinds/auth-config.js'
import { KINDS } from '../kinds/index.js'
import type { Address } from '../kinds/contract.js'
import { vaultAddress } from '../kinds/address.js'
import { reviewerOf } from '../kinds/reviewer.js'
import { lookupSelf } from '../vault/index.js'
import { serversOf } from './describe.js'
import type { FileOptions } from './options.js'
import type { Servers } from './results.js'
import { openSession, type Session } from './session.js'

/** One cluster and the auth mount by which its workloads log in. */
export interface Trust {
  readonly cluster: string
  readonly mount: string
  readonly apiServer: string
  readonly reviewer: string
  /** How the reviewer's token is had: `secret`, `bound` … */
  readonly token: string
  /** So many roles of the file are on the mount. */
  readonly roles: number
  /** Is the mount's config on the record? */
  readonly applied: boolean
}

/** Something that ends at a time; `left`: seconds until then, negative when it is over. */
export interface Expiry {
  readonly what: string
  readonly at: string
  readonly left: number
}

export interface StatusResult {
  readonly operation: 'status'
  readonly file: string
  readonly servers: Servers
  readonly trusts: readonly Trust[]
  /** What the record says is ours, by the title of its kind. */
  readonly owned: Readonly<Record<string, number>>
  /** Of these the file no longer speaks: prune removes them. */
  readonly unwanted: readonly string[]
  readonly appliedAt?: string
  /** When prune, destroy or `role delete` last took something away. */
  readonly removedAt?: string
  readonly verifiedAt?: string
  /** The soonest first. */
  readonly expires: readonly Expiry[]
}

/** What stands, since when, and what ends when: from the record and a few questions, without comparing every object. */
export async function status(options: FileOptions): Promise<StatusResult> {
  const session = await openSession(options)
  try {
    const { file, store, graph } = session
    const { objects, appliedAt, removedAt, verifiedAt } = store.inventory
    const titles = new Map(KINDS.map(({ kind, title }) => [kind, title]))
    const owned: Record<string, number> = {}
    for (const { kind } of Object.values(objects)) {
      const title = titles.get(kind) ?? kind
      owned[title] = (owned[title] ?? 0) + 1
    }
    return {
      operation: 'status',
      file: file.name,
      servers: serversOf(session),
      trusts: trustsOf(session),
      owned,
      unwanted: Object.keys(objects).filter((address) => !graph.has(address as Address)),
      ...(appliedAt !== undefined && { appliedAt }),
      ...(removedAt !== undefined && { removedAt }),
      ...(verifiedAt !== undefined && { verifiedAt }),
      expires: await expiriesOf(session),
    }
  } finally {
    await session.close()
  }
}

function trustsOf({ file, context, store }: Session): Trust[] {
  return Object.entries(file.clusters).map(([name, { auth }]) => ({
    cluster: name,
    ...askingOf(auth),
    mount: auth.path,
    apiServer: context.clusters[name]?.apiServer ?? '',
    roles: Object.values(file.roles).filter(({ clusters }) => clusters?.includes(name) ?? true).length,
    applied: store.inventory.objects[vaultAddress(`auth/${auth.path}/config`)]?.mark !== undefined,
  }))
}

/** As whom Vault asks, and with which token. */
function askingOf(auth: File['clusters'][string]['auth']): Pick<Trust, 'reviewer' | 'token'> {
  if (auth.method === 'jwt') return { reviewer: 'none', token: `method: jwt, keys: ${auth.keys}` }
  const reviewer = reviewerOf(auth)
  const { token } = auth.reviewer
  return {
    reviewer: reviewer === undefined ? 'each client' : `${reviewer.namespace}/${reviewer.serviceAccount}`,
    token,
  }
}

async function expiriesOf({ file, context, store, io }: Session): Promise<Expiry[]> {
  const now = Date.now()
  const found: (readonly [what: string, at: Date | undefined])[] = []
  for (const [name, { auth }] of Object.entries(file.clusters)) {
    const mark = store.inventory.objects[vaultAddress(`auth/${auth.path}/config`)]?.mark as AuthConfigMark | undefined
    found.push([`the reviewer’s token of ${name}`, dateOf(mark?.['expiresAt'])])
    const ca = context.clusters[name]?.ca ?? ''
    if (ca !== '') found.push([`the CA of ${name}`, new Date(new X509Certificate(ca).validTo)])
  }
  const { ttlSeconds } = await lookupSelf(io.vault)
  if (ttlSeconds > 0) found.push(['your Vault token', new Date(now + ttlSeconds * 1000)])
  return found
    .flatMap(([what, at]) =>
      at === undefined ? [] : [{ what, at: at.toISOString(), left: Math.floor((at.getTime() - now) / 1000) }],
    )
    .toSorted((a, b) => a.left - b.left)
}

const dateOf = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text))
