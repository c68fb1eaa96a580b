import { setTimeout as sleep } from 'node:timers/promises'
import type { Emit } from '../../events/index.js'
import { phase } from '../../events/index.js'
import { mapBounded } from '../../http/limit.js'
import { capabilitiesSelf, path, statusOf, type Vault } from '../../vault/index.js'
import { isIceError } from '../../catalogue/index.js'
import { orUndefined } from '../step-shown.js'

/** A token as its accessor shows it; the token itself nobody sees. */
export interface FoundToken {
  readonly accessor: string
  /** Where it was made: `auth/demo/login`, `auth/token/create`. */
  readonly path: string
  /** Of a login. */
  readonly role?: string
  /** NAMESPACE/NAME, where the login says it. */
  readonly account?: string
  readonly entityId?: string
  readonly policies: readonly string[]
  /** ISO 8601. */
  readonly issuedAt: string
  /** Undefined: it does not end. */
  readonly expiresAt?: string
  readonly ttlSeconds: number
  readonly renewable: boolean
  /** It does not end with the token that made it. */
  readonly orphan: boolean
}

/** Whose tokens are meant, on one auth mount. */
export type Scope =
  | { readonly kind: 'role'; readonly mount: string; readonly role: string }
  | { readonly kind: 'workload'; readonly mount: string; readonly account: string }
  | { readonly kind: 'mount'; readonly mount: string }

/** The tokens that somebody holds. */
export interface Held {
  /** Of logins. */
  readonly logins: readonly FoundToken[]
  /** Made by a token of the same identity: they end with the one that made them, which nothing tells. */
  readonly children: readonly FoundToken[]
  /** Made by nobody who is known, and later than the first of these logins. */
  readonly orphans: readonly FoundToken[]
  /** The accessors of all tokens that there are. */
  readonly listed: ReadonlySet<string>
}

interface Looked {
  readonly accessor: string
  readonly path: string
  readonly creation_time: number
  readonly expire_time?: string | null
  readonly ttl: number
  readonly meta?: Readonly<Record<string, string>> | null
  readonly entity_id?: string
  readonly policies?: readonly string[] | null
  readonly identity_policies?: readonly string[] | null
  readonly renewable?: boolean
  readonly orphan: boolean
}

/**
 * Looks at every token that Vault has, a bounded number at a time, and keeps those that are meant. Needs `list` with `sudo`
 * on auth/token/accessors, and `update` on auth/token/lookup-accessor. Batch tokens have no accessor: nobody can list them.
 * @param entities the identities of a workload, for logins that do not say who it was
 * @param before what was listed earlier: it need not be waited for
 */
export async function heldTokens(
  scope: Scope,
  vault: Vault,
  emit: Emit,
  entities: ReadonlySet<string> = new Set(),
  before: ReadonlySet<string> = new Set(),
): Promise<Held> {
  const accessors = await vault.list(path`auth/token/accessors`)
  const found = await phase(emit, `Look at ${accessors.length} tokens`, async () => {
    if (accessors.some((accessor) => !before.has(accessor))) await sleep(RIPE_MS)
    const lookUp = looker(vault)
    return mapBounded(accessors, async (accessor) => {
      const token = await lookUp(accessor)
      return token !== undefined && mayMatter(token, scope) ? token : undefined
    })
  })
  const tokens = found.filter((token) => token !== undefined)
  const logins = tokens.filter((token) => isMeant(token, scope, entities))
  const own = new Set([...entities, ...logins.flatMap(({ entityId }) => entityId ?? [])])
  const children = tokens.filter((token) => isChild(token) && own.has(token.entityId ?? ''))
  const first = logins.map(({ issuedAt }) => issuedAt).sort()[0]
  const orphans = tokens.filter((token) => isMadeOrphan(token) && first !== undefined && token.issuedAt >= first)
  return { logins, children, orphans, listed: new Set(accessors) }
}

const isChild = ({ path: made, orphan, entityId }: FoundToken): boolean =>
  made.startsWith('auth/token/') && !orphan && entityId !== undefined
const isMadeOrphan = ({ path: made, orphan }: FoundToken): boolean => made.startsWith('auth/token/') && orphan
const mayMatter = (token: FoundToken, { mount }: Scope): boolean =>
  isLogin(token, mount) || isChild(token) || isMadeOrphan(token)
const isLogin = ({ path: made }: FoundToken, mount: string): boolean => made === `auth/${mount}/login`

function isMeant(token: FoundToken, scope: Scope, entities: ReadonlySet<string>): boolean {
  if (!isLogin(token, scope.mount)) return false
  switch (scope.kind) {
    case 'mount':
      return true
    case 'role':
      // The plug-in finds roles whatever the letters' case, and notes the name as it was typed.
      return token.role?.toLowerCase() === scope.role.toLowerCase()
    case 'workload':
      return token.account === undefined ? entities.has(token.entityId ?? '') : token.account === scope.account
  }
}

/**
 * A login stores its token a moment before its lease, and whoever looks a token without a lease up makes Vault revoke it
 * (token_store.go, lookupInternal; seen with Vault 1.21): so what was just listed is given time to become whole.
 */
const RIPE_MS = 1000

/** Looks tokens up; undefined: it has ended meanwhile. Vault says 403 of one that is about to, as of one that we may not look up. */
function looker(vault: Vault): (accessor: string) => Promise<FoundToken | undefined> {
  let permitted: Promise<boolean> | undefined
  const mayLook = () =>
    (permitted ??= capabilitiesSelf(vault, [LOOKUP.text]).then((may) =>
      ['update', 'root'].some((capability) => may.get(LOOKUP.text)?.includes(capability)),
    ))
  return async (accessor) => {
    try {
      const { data } = await vault.write<Looked>(LOOKUP, { accessor }, { repeatable: true })
      return foundToken(data)
    } catch (error) {
      if (isGone(error) || (statusOf(error) === 403 && (await mayLook()))) return undefined
      throw error
    }
  }
}

const LOOKUP = path`auth/token/lookup-accessor`

/** Vault's words for an accessor that is none (any more), with one status or another. */
const isGone = (error: unknown): boolean =>
  statusOf(error) === 404 ||
  (isIceError(error) && /invalid accessor|bad token/.test(String(error.details.evidence?.['said'])))

function foundToken(data: Looked): FoundToken {
  const { meta, entity_id: entityId = '' } = data
  const [role, namespace, name] = ['role', 'service_account_namespace', 'service_account_name'].map(
    (key) => meta?.[key] ?? '',
  )
  return {
    accessor: data.accessor,
    path: data.path,
    ...(role && { role }),
    ...(namespace && name && { account: `${namespace}/${name}` }),
    ...(entityId !== '' && { entityId }),
    policies: [...new Set([...(data.policies ?? []), ...(data.identity_policies ?? [])])],
    issuedAt: new Date(data.creation_time * 1000).toISOString(),
    ...(typeof data.expire_time === 'string' && { expiresAt: new Date(data.expire_time).toISOString() }),
    ttlSeconds: data.ttl,
    renewable: data.renewable === true,
    orphan: data.orphan,
  }
}

/**
 * The identities by which Vault may know a workload: by the uid of its account, or by its name. What may not be looked up
 * stays unknown: logins mostly say themselves who it was.
 */
export async function entitiesOf(
  account: string,
  uid: string | undefined,
  accessor: string,
  vault: Vault,
): Promise<ReadonlySet<string>> {
  const names = [account, `system:serviceaccount:${account.replace('/', ':')}`, ...(uid === undefined ? [] : [uid])]
  const found = await Promise.all(
    names.map((name) =>
      orUndefined(() =>
        vault.write<{ id?: string }>(
          path`identity/lookup/entity`,
          { alias_name: name, alias_mount_accessor: accessor },
          { repeatable: true },
        ),
      ),
    ),
  )
  return new Set(found.flatMap((answer) => answer?.data.id ?? []))
}

/** Ends a token with all that it made, and the leases of all of them. */
export async function revokeToken(accessor: string, vault: Vault): Promise<void> {
  try {
    await vault.write(path`auth/token/revoke-accessor`, { accessor }, { repeatable: true })
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/** Which of these Vault still knows. */
export async function stillKnown(accessors: readonly string[], vault: Vault): Promise<readonly string[]> {
  const listed = new Set(await vault.list(path`auth/token/accessors`))
  const left = accessors.filter((accessor) => listed.has(accessor))
  const lookUp = looker(vault)
  const looked = await mapBounded(left, async (accessor) => ((await lookUp(accessor)) ? [accessor] : []))
  return looked.flat()
}

/** The accessor of our own token: it is never ended. Undefined where it may not look itself up. */
export async function ownAccessor(vault: Vault): Promise<string | undefined> {
  const answer = await orUndefined(() => vault.read<{ accessor: string }>(path`auth/token/lookup-self`))
  return answer?.data.accessor
}
