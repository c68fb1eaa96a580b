import { APPLY, IceError, isIceError, USAGE } from '../../catalogue/index.js'
import { phase } from '../../events/index.js'
import { mapBounded } from '../../http/limit.js'
import type { Vault } from '../../vault/index.js'
import { withStepSession, type StepSession } from '../step-session.js'
import { renewLease, renewToken, revokeLease, settledLeases, type FoundLease } from './leases.js'
import { found, scopeOf, type Found, type LeaseOptions, type LeaseScope } from './scope.js'
import { ownAccessor, revokeToken, stillKnown, type FoundToken } from './tokens.js'

export interface LeaseActOptions extends LeaseOptions {
  readonly dryRun: boolean
  /** Shows what is meant and asks; false: nothing is done (exit 7). */
  confirm(result: LeaseActResult): Promise<boolean>
}

export interface LeaseRenewOptions extends LeaseActOptions {
  /** Seconds to live from now; default: as the engine or the role says. */
  readonly increment?: number
}

export interface LeaseOutcome {
  readonly what: 'token' | 'lease'
  /** The accessor of a token, or the id of a lease. */
  readonly id: string
  /** Whose token it is; the path that gave the lease. */
  readonly of: string
  /** planned: not yet, or a dry run. skipped: the run was stopped before, or it is kept for the reason given. */
  readonly state: 'planned' | 'done' | 'failed' | 'skipped'
  /** After a renewal. */
  readonly ttlSeconds?: number
  readonly reason?: string
  readonly error?: IceError
}

export interface LeaseActResult {
  readonly operation: 'lease renew' | 'lease revoke'
  readonly scope: LeaseScope
  readonly dryRun: boolean
  readonly outcomes: readonly LeaseOutcome[]
  /** May hang on these tokens, and end with them. */
  readonly below: readonly FoundLease[]
  /** After a revocation: of those below, how many are gone. */
  readonly belowGone?: number
  /** Have ended, and Vault cannot remove what they stand for. */
  readonly stuck?: readonly string[]
  readonly interrupted: boolean
  readonly seconds: number
}

/** Makes tokens or leases live longer. What cannot be renewed is left as it is, and named. */
export function leaseRenew(options: LeaseRenewOptions): Promise<LeaseActResult> {
  return act('lease renew', options, {
    token: ({ accessor }, vault) => renewToken(accessor, options.increment, vault),
    lease: ({ id }, vault) => renewLease(id, options.increment, vault),
    skips: ({ renewable }) => (renewable ? undefined : 'it cannot be renewed'),
  })
}

/**
 * Ends tokens, with all that they made, or leases, with what they stand for. The token that runs this is never ended.
 * @throws IceError USAGE.wrongUsage where nothing, or everything, is meant
 */
export function leaseRevoke(options: LeaseActOptions): Promise<LeaseActResult> {
  return act('lease revoke', options, {
    async token({ accessor }, vault) {
      await revokeToken(accessor, vault)
      if ((await stillKnown([accessor], vault)).length > 0) throw still(accessor)
      return undefined
    },
    async lease({ id }, vault) {
      await revokeLease(id, vault)
      return undefined
    },
    skips: (one, own) => ('accessor' in one && one.accessor === own ? 'it is the token that runs this' : undefined),
  })
}

const still = (accessor: string): IceError =>
  new IceError(APPLY.changedMeanwhile, { message: `Vault has taken the revocation, and still knows ${accessor}.` })

interface Deed {
  readonly token: (token: FoundToken, vault: Vault) => Promise<number | undefined>
  readonly lease: (lease: FoundLease, vault: Vault) => Promise<number | undefined>
  /** Why it is left as it is. */
  readonly skips: (one: FoundToken | FoundLease, own: string | undefined) => string | undefined
}

interface Task {
  readonly base: Pick<LeaseOutcome, 'what' | 'id' | 'of'>
  readonly skip: string | undefined
  readonly run: () => Promise<number | undefined>
}

async function act(
  operation: LeaseActResult['operation'],
  options: LeaseActOptions,
  deed: Deed,
): Promise<LeaseActResult> {
  const scope = scopeOf(options)
  if (scope.kind === 'all')
    throw new IceError(USAGE.wrongUsage, {
      message: 'What is meant? Name leases, or say --role, --workload, --engine or --prefix.',
    })
  if (/^auth(?:\/|$)/.test(scope.of) && scope.kind !== 'workload' && scope.kind !== 'role')
    throw new IceError(USAGE.wrongUsage, {
      message: 'Below auth/ are the leases of tokens; --role and --workload mean tokens.',
    })
  return withStepSession(options, (session) => carryOut(operation, options, deed, session), true)
}

async function carryOut(
  operation: LeaseActResult['operation'],
  options: LeaseActOptions,
  deed: Deed,
  session: StepSession,
): Promise<LeaseActResult> {
  const began = performance.now()
  const [all, vault] = [await found(options, session), await session.vault()]
  const own = await ownAccessor(vault)
  const tasks = tasksOf(all, deed, vault, own)
  const missing = options.ids.filter((id) => !all.leases.some((lease) => lease.id === id))
  const gone = missing.map((id): LeaseOutcome => ({
    what: 'lease',
    id,
    of: '',
    state: 'skipped',
    reason: 'it is gone',
  }))
  const below = all.maybe ? all.leases : []
  const result = (outcomes: readonly LeaseOutcome[], more: Partial<LeaseActResult> = {}): LeaseActResult => ({
    operation,
    scope: all.scope,
    dryRun: options.dryRun,
    outcomes: [...outcomes, ...gone],
    below,
    interrupted: options.stop.aborted,
    seconds: (performance.now() - began) / 1000,
    ...more,
  })
  const shown = result(
    tasks.map(({ base, skip }) => ({ ...base, ...(skip === undefined ? { state: 'planned' } : skipped(skip)) })),
  )
  if (options.dryRun || tasks.every(({ skip }) => skip !== undefined)) return shown
  session.stop.throwIfAborted()
  if (!(await options.confirm(shown))) throw new IceError(APPLY.declined, { message: 'Nothing was changed.' })
  const { emit } = await session.vaultIo()
  const outcomes = await phase(emit, operation === 'lease renew' ? 'Renew' : 'Revoke', () =>
    mapBounded(tasks, (task) => perform(task, session.stop)),
  )
  if (operation === 'lease renew' || below.length === 0) return result(outcomes)
  const { gone: belowGone, stuck } = await settledLeases(below, vault, session.stop)
  return result(outcomes, { belowGone: belowGone.length, ...(stuck.length > 0 && { stuck }) })
}

const skipped = (reason: string) => ({ state: 'skipped', reason }) as const

/** Tokens take their leases along; those are not touched one by one. */
function tasksOf({ held, leases, maybe }: Found, deed: Deed, vault: Vault, own: string | undefined): Task[] {
  const tokens = (held?.logins ?? []).map((token): Task => {
    const of = `${token.account ?? '?'} by ${token.role ?? '?'}`
    return {
      base: { what: 'token', id: token.accessor, of },
      skip: deed.skips(token, own),
      run: () => deed.token(token, vault),
    }
  })
  if (maybe) return tokens
  return leases.map((lease) => ({
    base: { what: 'lease', id: lease.id, of: lease.path },
    skip: deed.skips(lease, own),
    run: () => deed.lease(lease, vault),
  }))
}

async function perform({ base, skip, run }: Task, stop: AbortSignal): Promise<LeaseOutcome> {
  if (skip !== undefined) return { ...base, ...skipped(skip) }
  if (stop.aborted) return { ...base, ...skipped('the run was stopped') }
  try {
    const ttl = await run()
    return { ...base, state: 'done', ...(typeof ttl === 'number' && { ttlSeconds: ttl }) }
  } catch (error) {
    if (!isIceError(error)) throw error
    return { ...base, state: 'failed', error }
  }
}
