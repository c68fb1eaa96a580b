import { IceError, isIceError, VAULT } from '../catalogue/index.js'
import { path } from './path.js'
import type { Vault } from './types.js'

/** What auth/token/lookup-self says of a token; the token itself is left out. */
export interface TokenFacts {
  readonly accessor: string
  readonly displayName: string
  /** The token's own and its entity's. */
  readonly policies: readonly string[]
  /** Seconds left; 0 for a token that never expires. */
  readonly ttlSeconds: number
  /** Undefined for a token that never expires. */
  readonly expireTime: Date | undefined
  /** Uses left; 0: no limit. */
  readonly numUses: number
  readonly renewable: boolean
  readonly orphan: boolean
  readonly isRoot: boolean
}

interface LookupSelf {
  readonly accessor: string
  readonly display_name: string
  readonly policies?: readonly string[] | null
  readonly identity_policies?: readonly string[] | null
  readonly ttl: number
  readonly expire_time: string | null
  readonly num_uses: number
  readonly renewable?: boolean
  readonly orphan: boolean
}

/** How many paths one call may ask about. */
const BATCH = 100

/** @throws IceError VAULT.tokenInvalid; VAULT.notPermitted where the token lacks the default policy */
export async function lookupSelf(vault: Vault): Promise<TokenFacts> {
  const answer = await vault.read<LookupSelf>(path`auth/token/lookup-self`)
  if (!answer) throw new IceError(VAULT.notVault, { message: 'auth/token/lookup-self answered with nothing.' })
  const { data } = answer
  const policies = [...(data.policies ?? []), ...(data.identity_policies ?? [])]
  return {
    accessor: data.accessor,
    displayName: data.display_name,
    policies,
    ttlSeconds: data.ttl,
    expireTime: data.expire_time === null ? undefined : new Date(data.expire_time),
    numUses: data.num_uses,
    renewable: data.renewable ?? false,
    orphan: data.orphan,
    isRoot: policies.includes('root'),
  }
}

/**
 * What the token may do at each path: `create`, `read`, `update`, `delete`, `list`, `sudo` …, or `root` alone, or `deny`
 * alone (sys/capabilities-self).
 */
export async function capabilitiesSelf(
  vault: Vault,
  paths: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const unique = [...new Set(paths)]
  const batches = Array.from({ length: Math.ceil(unique.length / BATCH) }, (_, index) =>
    unique.slice(index * BATCH, (index + 1) * BATCH),
  )
  const answers = await Promise.all(
    batches.map((batch) =>
      vault.write<Record<string, readonly string[]>>(
        path`sys/capabilities-self`,
        { paths: batch },
        { repeatable: true },
      ),
    ),
  )
  return new Map(unique.map((name, index) => [name, answers[Math.floor(index / BATCH)]?.data[name] ?? ['deny']]))
}

/** Revokes the token and all that was made with it. One that is revoked or expired already is fine. */
export async function revokeSelf(vault: Vault): Promise<void> {
  try {
    await vault.write(path`auth/token/revoke-self`, {}, { repeatable: true })
  } catch (error) {
    if (!isIceError(error) || error.code !== VAULT.tokenInvalid.code) throw error
  }
}
