import { isIceError, type IceError } from '../../catalogue/index.js'
import type { ClusterView } from '../../access/model.js'
import { phase } from '../../events/index.js'
import { mapBounded } from '../../http/limit.js'
import type { Io } from '../../kinds/contract.js'
import type { Vault } from '../../vault/index.js'
import { pathOf, settledLeases } from '../lease/leases.js'
import { heldTokens, revokeToken, stillKnown, type FoundToken } from '../lease/tokens.js'
import type { StepSession } from '../step-session.js'
import { databasesOf, usersGone, usersOf, type Database } from './databases.js'
import { seeTokens, type Place, type Seen } from './look.js'
import type { LockdownCheck, LockdownLeases, LockdownOptions, LockdownTokens } from './types.js'

type Shown = Pick<Cut['result'], 'tokens' | 'leases'>

const NONE: Seen = {
  held: { logins: [], children: [], orphans: [], listed: new Set() },
  leases: [],
  makesOrphans: false,
  own: undefined,
  entities: new Set(),
}

/** What there is, before anything of it is ended. */
export function previewTokens({ held, leases, unknown, own, makesOrphans }: Seen = NONE): Shown {
  const { logins, children, listed, orphans } = held
  return {
    tokens: {
      of: listed.size,
      logins,
      children,
      suspects: makesOrphans ? orphans : [],
      revoked: 0,
      left: [],
      own: logins.some(({ accessor }) => accessor === own),
    },
    leases: { before: leases, gone: [], others: [], stuck: [], ...(unknown !== undefined && { unknown }) },
  }
}

interface Cut {
  readonly seen: Seen
  readonly result: {
    readonly tokens: LockdownTokens
    readonly leases: LockdownLeases
    readonly errors: readonly IceError[]
  }
  readonly databases: readonly LockdownCheck[]
  /** Looks whether somebody slipped in meanwhile, ends those tokens, too, and says what is left. */
  again(): Promise<Again>
}

interface Again {
  readonly tokens: LockdownTokens
  readonly errors: readonly IceError[]
  readonly check: LockdownCheck
}

/** Ends the tokens that are there now, and waits until what hung on them is gone. */
export async function closeTokens(
  place: Place,
  view: ClusterView,
  options: LockdownOptions,
  session: StepSession,
  earlier: Seen | undefined,
): Promise<Cut> {
  const io = await session.vaultIo()
  const { vault, emit } = io
  const seen = await seeTokens(place, view, session, earlier?.held.listed)
  const databases = await databasesBehind(seen, options, io)
  const look = () => Promise.all(databases.map((database) => usersOf(database, session.signal)))
  const before = await look()
  const first = await revokeAll(seen, session)
  const settled = await phase(emit, 'Wait until what hung on them is gone', () =>
    settledLeases(seen.leases, vault, session.stop),
  )
  const after = await look()
  const shown = previewTokens(seen)
  const gone = seen.leases.filter(({ id }) => settled.gone.includes(id))
  return {
    seen,
    result: {
      tokens: { ...shown.tokens, revoked: first.revoked.length, left: first.left },
      leases: { ...shown.leases, ...settled },
      errors: first.errors,
    },
    databases: databases.flatMap((database, index) =>
      usersGone(
        database,
        before[index] ?? { why: '?' },
        after[index] ?? { why: '?' },
        gone.filter(({ id }) => database.paths.has(pathOf(id))).length,
      ),
    ),
    again: () => cutAgain(place, seen, first, session),
  }
}

/** What cannot be looked up must not keep tokens alive: then leases alone tell. */
async function databasesBehind({ leases }: Seen, options: LockdownOptions, io: Io): Promise<Database[]> {
  try {
    return await databasesOf(
      leases.map(({ path }) => path),
      options,
      io,
    )
  } catch (error) {
    if (!isIceError(error)) throw error
    return []
  }
}

interface Revoked {
  readonly revoked: readonly FoundToken[]
  readonly left: readonly string[]
  readonly errors: readonly IceError[]
}

/** Side by side; after Ctrl-C none is begun. Our own is never ended. */
async function revokeAll({ held, own }: Pick<Seen, 'held' | 'own'>, session: StepSession): Promise<Revoked> {
  const vault = await session.vault()
  const { emit } = await session.vaultIo()
  const errors: IceError[] = []
  const tokens = held.logins.filter(({ accessor }) => accessor !== own)
  const done = await phase(emit, `Revoke ${tokens.length} tokens`, () =>
    mapBounded(tokens, async ({ accessor }) => {
      if (session.stop.aborted) return false
      try {
        await revokeToken(accessor, vault)
        return true
      } catch (error) {
        if (!isIceError(error)) throw error
        errors.push(error)
        return false
      }
    }),
  )
  return {
    revoked: tokens.filter((_token, index) => done[index]),
    left: tokens.filter((_token, index) => !done[index]).map(({ accessor }) => accessor),
    errors: distinct(errors),
  }
}

/** One error for each cause. */
const distinct = (errors: readonly IceError[]): IceError[] => [
  ...new Map(errors.map((error) => [`${error.code} ${error.message}`, error])).values(),
]

/** So often logins are looked for that were under way when the roles were written. */
const ROUNDS = 5

async function cutAgain(place: Place, seen: Seen, first: Revoked, session: StepSession): Promise<Again> {
  const { emit, vault } = await session.vaultIo()
  const revoked = [...first.revoked]
  const late: FoundToken[] = []
  let [left, errors] = [first.left, [] as readonly IceError[]]
  let held = seen.held
  for (let round = 0; round < ROUNDS; round++) {
    held = await heldTokens(place.scope, vault, emit, seen.entities, held.listed)
    const logins = held.logins.filter(({ accessor }) => accessor !== seen.own)
    if (logins.length === 0 || session.stop.aborted) break
    late.push(...logins.filter(({ accessor }) => !left.includes(accessor)))
    const more = await revokeAll({ held, own: seen.own }, session)
    revoked.push(...more.revoked)
    left = more.left
    errors = more.errors
    if (more.revoked.length === 0) break
  }
  const { tokens } = previewTokens(seen)
  const known = await stillThere(revoked, vault)
  const check = { check: 'tokens', ...verdict(revoked.length, left.length + known.length, late.length, tokens.own) }
  return {
    tokens: { ...tokens, logins: [...tokens.logins, ...late], revoked: revoked.length, left: [...left, ...known] },
    errors,
    check,
  }
}

const stillThere = (revoked: readonly FoundToken[], vault: Vault): Promise<readonly string[]> =>
  stillKnown(
    revoked.map(({ accessor }) => accessor),
    vault,
  )

function verdict(revoked: number, left: number, late: number, own: boolean): Omit<LockdownCheck, 'check'> {
  if (left > 0) return { verdict: 'failed', detail: `${left} could not be ended` }
  const during = late === 0 ? '' : `, ${late} of them made while this ran`
  const kept = own ? '; the one that runs this is kept' : ''
  if (revoked === 0) return { verdict: 'passed', detail: `there were none${kept}` }
  return { verdict: 'passed', detail: `${revoked} revoked${during}: Vault knows none of them any more${kept}` }
}
