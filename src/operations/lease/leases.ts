import { setTimeout as sleep } from 'node:timers/promises'
import { IceError, isIceError, VAULT } from '../../catalogue/index.js'
import { mapBounded } from '../../http/limit.js'
import { path, statusOf, type Vault } from '../../vault/index.js'
import type { FoundToken } from './tokens.js'

/** A lease, as Vault shows it. Whose it is it does not say. */
export interface FoundLease {
  readonly id: string
  /** The path that gave it: `postgres/creds/app`. */
  readonly path: string
  /** ISO 8601. */
  readonly issuedAt: string
  /** Undefined: it does not end. */
  readonly expiresAt?: string
  readonly ttlSeconds: number
  readonly renewable: boolean
  /** It has ended, and what it stands for is still there: Vault has not yet been able to revoke it. */
  readonly stuck: boolean
}

interface Looked {
  readonly id: string
  readonly issue_time: string
  readonly expire_time: string | null
  readonly ttl: number
  readonly renewable: boolean
}

/** The leases below a prefix by their ids. Needs `list` with `sudo` on sys/leases/lookup/…. */
async function leaseIds(prefix: string, vault: Vault): Promise<readonly string[]> {
  const keys = await vault.list(path`sys/leases/lookup/${prefix}`)
  const inside = keys.filter((key) => key.endsWith('/'))
  const nested = await mapBounded(inside, (key) => leaseIds(`${prefix}/${key.slice(0, -1)}`, vault))
  return [...keys.filter((key) => !key.endsWith('/')).map((key) => `${prefix}/${key}`), ...nested.flat()]
}

/** Engines that give no lease. */
const LEASELESS: readonly string[] = ['kv', 'generic', 'cubbyhole', 'identity', 'system', 'transit', 'ns_system']

/**
 * All leases but those of tokens, engine by engine: listing what is below sys/leases/lookup itself takes a rule for exactly
 * that path, which no glob gives.
 */
async function everyLeaseId(vault: Vault): Promise<readonly string[]> {
  const rows = (await vault.read<Readonly<Record<string, { readonly type: string }>>>(path`sys/mounts`))?.data ?? {}
  const mounts = Object.entries(rows).filter(([, { type }]) => !LEASELESS.includes(type))
  const ids = await mapBounded(mounts, ([mount]) => leaseIds(mount.replace(/\/$/, ''), vault))
  return ids.flat()
}

/** @returns undefined where it is gone */
export async function lookUpLease(id: string, vault: Vault): Promise<FoundLease | undefined> {
  try {
    const { data } = await vault.write<Looked>(path`sys/leases/lookup`, { lease_id: id }, { repeatable: true })
    const { issue_time: issued, expire_time: expires, ttl, renewable } = data
    const isOver = expires !== null && ttl <= 0
    return {
      id,
      path: pathOf(id),
      issuedAt: new Date(issued).toISOString(),
      ...(expires !== null && { expiresAt: new Date(expires).toISOString() }),
      ttlSeconds: Math.max(ttl, 0),
      renewable,
      stuck: isOver,
    }
  } catch (error) {
    if (isNoLease(error)) return undefined
    throw error
  }
}

export const isNoLease = (error: unknown): boolean =>
  statusOf(error) === 404 ||
  (isIceError(error) && /invalid lease|lease not found/.test(String(error.details.evidence?.['said'])))

/** All leases below a prefix; `''`: all but those of tokens. */
export async function leasesBelow(prefix: string, vault: Vault): Promise<FoundLease[]> {
  const ids = prefix === '' ? await everyLeaseId(vault) : await leaseIds(prefix, vault)
  const found = await mapBounded(ids, (id) => lookUpLease(id, vault))
  return found.filter((lease) => lease !== undefined).sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** What stands before the last part of an id is the path that gave it. */
export const pathOf = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf('/')))

/** Waits until what it stands for is gone. @throws IceError VAULT.badRequest where the engine cannot end it */
export async function revokeLease(id: string, vault: Vault): Promise<void> {
  try {
    await vault.write(path`sys/leases/revoke`, { lease_id: id, sync: true }, { repeatable: true })
  } catch (error) {
    if (!isNoLease(error)) throw error
  }
}

/** @returns the seconds that it lives from now */
export async function renewLease(id: string, seconds: number | undefined, vault: Vault): Promise<number> {
  const body = { lease_id: id, ...(seconds !== undefined && { increment: seconds }) }
  return (await vault.write(path`sys/leases/renew`, body, { repeatable: true })).leaseSeconds ?? 0
}

/** @returns the seconds that it lives from now */
export async function renewToken(accessor: string, seconds: number | undefined, vault: Vault): Promise<number> {
  const body = { accessor, ...(seconds !== undefined && { increment: `${seconds}s` }) }
  const { login } = await vault.write(path`auth/token/renew-accessor`, body, { repeatable: true })
  if (login === undefined)
    throw new IceError(VAULT.notVault, { message: 'The answer to the renewal says no lifetime.' })
  return login.ttlSeconds
}

/**
 * The leases that may be of these tokens: Vault does not say of a lease which token it hangs on, but a token cannot have one
 * that it may not read, nor one that is older than itself.
 */
export async function leasesOf(tokens: readonly FoundToken[], vault: Vault): Promise<FoundLease[]> {
  const first = tokens.map(({ issuedAt }) => issuedAt).sort()[0]
  if (first === undefined) return []
  const ids = await everyLeaseId(vault)
  const paths = [...new Set(ids.map(pathOf))]
  const reach = await reachable(tokens, paths, vault)
  const within = ids.filter((id) => reach.has(pathOf(id)))
  const found = await mapBounded(within, (id) => lookUpLease(id, vault))
  // Tokens say whole seconds.
  return found.filter((lease) => lease !== undefined).filter(({ issuedAt }) => issuedAt >= first)
}

/** Many tokens have the same policies: one of each kind is asked about. */
async function reachable(
  tokens: readonly FoundToken[],
  paths: readonly string[],
  vault: Vault,
): Promise<ReadonlySet<string>> {
  const kinds = Map.groupBy(tokens, ({ policies, entityId = '' }) => `${[...policies].sort().join(' ')} ${entityId}`)
  const sets = await mapBounded(kinds.values(), async ([token]) =>
    token === undefined ? [] : readableBy(token.accessor, paths, vault),
  )
  return new Set(sets.flat())
}

const BATCH = 100
const GIVES: readonly string[] = ['read', 'update', 'create', 'root']

async function readableBy(accessor: string, paths: readonly string[], vault: Vault): Promise<string[]> {
  const capabilities = await capabilitiesOf(accessor, paths, vault)
  // Of a token that ended meanwhile nothing is known: what it could reach is not left out.
  if (capabilities === undefined) return [...paths]
  return paths.filter((each) => (capabilities[each] ?? []).some((capability) => GIVES.includes(capability)))
}

/** What the holder of an accessor may do at each path; undefined where it has ended. */
export async function capabilitiesOf(
  accessor: string,
  paths: readonly string[],
  vault: Vault,
): Promise<Readonly<Record<string, readonly string[]>> | undefined> {
  const batches = Array.from({ length: Math.ceil(paths.length / BATCH) }, (_, index) =>
    paths.slice(index * BATCH, (index + 1) * BATCH),
  )
  try {
    const answers = await Promise.all(
      batches.map((batch) =>
        vault.write<Record<string, readonly string[]>>(
          path`sys/capabilities-accessor`,
          { accessor, paths: batch },
          { repeatable: true },
        ),
      ),
    )
    return Object.assign({}, ...answers.map(({ data }) => data)) as Record<string, readonly string[]>
  } catch (error) {
    if (isIceError(error) && statusOf(error) === 400) return undefined
    throw error
  }
}

/** What has become of leases, by their ids. */
export interface Settled {
  readonly gone: readonly string[]
  /** They live on: other tokens have them. */
  readonly others: readonly string[]
  /** They have ended, and Vault cannot remove what they stand for. */
  readonly stuck: readonly string[]
}

/** A lease that hangs on a token that is gone ends at once; what it stands for goes a moment later. */
const SETTLE_MS = 5000

/** What has become of the leases that might have hung on the tokens. */
export async function settledLeases(before: readonly FoundLease[], vault: Vault, stop: AbortSignal): Promise<Settled> {
  const deadline = Date.now() + SETTLE_MS
  for (let pause = 50; ; pause = Math.min(pause * 2, 1000)) {
    const now = await mapBounded(before, async ({ id }) => ({ id, lease: await lookUpLease(id, vault) }))
    const ids = (fits: (lease: FoundLease | undefined) => boolean) =>
      now.filter(({ lease }) => fits(lease)).map(({ id }) => id)
    const stuck = ids((lease) => lease?.stuck === true)
    if (stuck.length === 0 || Date.now() > deadline || stop.aborted)
      return { gone: ids((lease) => lease === undefined), others: ids((lease) => lease?.stuck === false), stuck }
    await sleep(pause)
  }
}
